import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStoredPlan, type Approved } from './approved.ts';
import { exampleReview } from './example-review.ts';
import type { EntryPlan } from './plan.ts';
import { reviewEntry } from './review.ts';

const root = join(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

describe('approved', () => {
  test('only the three reviews can approve', () => {
    const makers = sources(root)
      .filter((path) =>
        /import\s*\{[^}]*\bapprove\b[^}]*\}\s*from/.test(readFileSync(path, 'utf8')),
      )
      .map((path) => path.slice(root.length + 1));
    expect(makers.sort()).toEqual([
      'shared/risk/review-rebalance.ts',
      'shared/risk/review-reduction.ts',
      'shared/risk/review.ts',
    ]);
  });

  test('the compiler takes nothing else for approved', () => {
    const send = (plan: Approved<EntryPlan>): string => plan.quantity;
    const { plan } = reviewEntry(exampleReview());
    if (plan === null) throw new Error('the example is approved');
    // @ts-expect-error: a copy that was written by hand is not approved
    send({ ...(plan as EntryPlan), quantity: '1000' });
    expect(send(plan)).toBe('33.44');
  });

  test('a stored plan reads back as it was approved', () => {
    const { plan } = reviewEntry(exampleReview());
    expect(readStoredPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  const reduction = { kind: 'reduce', pair: 'BTC/USDT', order: 'stop-loss', price: '98' };
  const leg = { kind: 'rebalance', pair: 'BTC/USDT', referencePrice: '100', notionalUsdt: '1000' };
  const reserve = { asset: 'BTC', amount: '10' };
  test.each([
    { ...reduction, side: 'sell', timeInForce: 'gtc', quantity: '4' },
    { ...reduction, side: 'buy', timeInForce: 'ioc', quantity: '4' },
    { ...leg, side: 'sell', quantity: '10', reserve },
    { ...leg, side: 'buy', quantity: '10', reserve },
  ])('a stored order to $kind and $side reads back', (stored) => {
    const read = readStoredPlan(stored);
    // what was stored before there was margin is of spot
    expect(read).toEqual(stored.kind === 'reduce' ? { ...stored, leverage: null } : stored);
  });

  test('a reduction on margin keeps its leverage, and none is 1', () => {
    const stored = { ...reduction, side: 'buy', timeInForce: 'gtc', quantity: '4' };
    expect(readStoredPlan({ ...stored, leverage: 2 })).toMatchObject({ leverage: 2 });
    expect(() => readStoredPlan({ ...stored, leverage: 1 })).toThrow('leverage');
  });

  test('a stored leg must say what it holds of the balance', () => {
    const stored = { ...leg, side: 'sell', quantity: '10', reserve: {} };
    expect(() => readStoredPlan(stored)).toThrow('expected string');
  });

  test('a stored entry at a limit reads back; one that says nothing of post-only is none', () => {
    const { plan } = reviewEntry(
      exampleReview({
        decision: { entry: { type: 'limit', price: 99.9 }, takeProfitPct: [8, 12] },
      }),
    );
    if (plan === null) throw new Error('the example is approved');
    expect(readStoredPlan(plan)).toEqual(plan);
    const { postOnly: _, ...entry } = plan.entry;
    expect(readStoredPlan({ ...plan, entry })).toMatchObject({ entry: { postOnly: false } });
  });

  test('a stored entry that says nothing of margin binds none', () => {
    const { plan } = reviewEntry(exampleReview());
    const { marginUsdt: _, ...before } = plan!;
    expect(readStoredPlan(before)).toEqual(plan);
  });

  test.each([
    { name: 'nothing', change: null, message: 'expected object' },
    { name: 'a number for a quantity', change: { quantity: 33.44 }, message: 'expected string' },
    { name: 'an exponent', change: { quantity: '1e9' }, message: 'not a plain decimal' },
    { name: 'a pair that is none', change: { pair: 'BTC-USDT' }, message: 'not a pair' },
    { name: 'a leverage below 1', change: { leverage: 0.5 }, message: 'leverage' },
    { name: 'no targets', change: { targets: [] }, message: 'targets' },
    { name: 'more than a plan', change: { note: 'hello' }, message: 'note' },
    { name: 'an unknown kind', change: { kind: 'double' }, message: 'kind' },
  ])('$name in the store is an error', ({ change, message }) => {
    const { plan } = reviewEntry(exampleReview());
    expect(() => readStoredPlan(change === null ? null : { ...plan, ...change })).toThrow(message);
  });
});
