import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { engineCost, rateLimits } from './rate-limits.ts';

describe('the REST counter', () => {
  test('lets 15 calls through at once on the starter tier, then one every 3.03 s', () => {
    const limits = rateLimits('starter');
    const waits = Array.from({ length: 15 }, () => limits.takePrivate('Balance', 0));
    expect(waits).toEqual(Array.from({ length: 15 }, () => 0));
    expect(limits.takePrivate('Balance', 0)).toBe(3031); // 1 / 0.33 s
    expect(limits.takePrivate('Balance', 3031)).toBe(0);
  });

  test('counts history double and order calls not at all', () => {
    const limits = rateLimits('starter');
    for (let n = 0; n < 7; n++) limits.takePrivate('TradesHistory', 0);
    expect(limits.takePrivate('AddOrder', 0)).toBe(0);
    expect(limits.takePrivate('ClosedOrders', 0)).toBe(3031); // 14 + 2 - 15 = 1 too many
    expect(limits.takePrivate('Balance', 0)).toBe(0);
  });

  test('is full after a refusal', () => {
    const limits = rateLimits('pro');
    limits.refused({ kind: 'rest' }, 0);
    expect(limits.takePrivate('Balance', 0)).toBe(1000);
  });
});

describe('the engine counter', () => {
  const place = (protective: boolean) =>
    ({ pair: 'BTC/USDT', change: 'place', protective }) as const;

  test('keeps a quarter for protective orders', () => {
    const limits = rateLimits('starter');
    for (let n = 0; n < 45; n++) expect(limits.takeEngine(place(false), 0)).toBe(0);
    expect(limits.takeEngine(place(false), 0)).toBe(1000);
    for (let n = 0; n < 15; n++) expect(limits.takeEngine(place(true), 0)).toBe(0);
    expect(limits.takeEngine(place(true), 0)).toBe(1000);
  });

  test('is one a pair', () => {
    const limits = rateLimits('starter');
    limits.refused({ kind: 'engine', pair: 'BTC/USDT' }, 0);
    expect(limits.takeEngine(place(true), 0)).toBe(1000);
    expect(limits.takeEngine({ ...place(true), pair: 'XRP/BTC' }, 0)).toBe(0);
  });

  test.each([
    { ageMs: 0, amend: 4, cancel: 8 },
    { ageMs: 9_999, amend: 3, cancel: 6 },
    { ageMs: 10_000, amend: 2, cancel: 5 },
    { ageMs: 44_999, amend: 1, cancel: 4 },
    { ageMs: 299_999, amend: 1, cancel: 1 },
    { ageMs: 300_000, amend: 1, cancel: 0 },
  ])('costs by age: $ageMs ms', ({ ageMs, amend, cancel }) => {
    const use = { pair: 'BTC/USDT', protective: true, ageMs };
    expect(engineCost({ ...use, change: 'amend' })).toBe(amend);
    expect(engineCost({ ...use, change: 'cancel' })).toBe(cancel);
  });
});

test('a caller who waits as told is never above the limit of the venue', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ pauseMs: fc.nat(3000), double: fc.boolean() })), (calls) => {
      const limits = rateLimits('intermediate');
      let nowMs = 0;
      let venue = 0;
      for (const { pauseMs, double } of calls) {
        let stepMs = pauseMs;
        for (;;) {
          nowMs += stepMs;
          venue = Math.max(0, venue - (stepMs / 1000) * 0.5);
          stepMs = limits.takePrivate(double ? 'Ledgers' : 'Balance', nowMs);
          if (stepMs === 0) break;
        }
        venue += double ? 2 : 1;
        expect(venue).toBeLessThanOrEqual(20 + 1e-9);
      }
    }),
  );
});
