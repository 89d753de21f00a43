import { expect, test } from 'vitest';
import { reviewEntry } from './review.ts';
import { exampleReview } from './example-review.ts';
import { vetoesOf } from './verdict.ts';

test('approves an entry that breaks no rule and says what may be sent', () => {
  const verdict = reviewEntry(exampleReview());
  expect(vetoesOf(verdict)).toEqual([]);
  expect(verdict.kind).toBe('approved');
  expect(verdict.plan).toEqual({
    kind: 'enter',
    pair: 'BTC/USDT',
    side: 'buy',
    entry: { type: 'market', price: null },
    quantity: '33.44', // 100 / 2.99 = 33.444...
    referencePrice: '100',
    stopPrice: '98',
    targets: [{ price: '108', share: '1' }],
    leverage: 1,
    riskUsdt: '99.9856', // 33.44 x 2.99
    notionalUsdt: '3344',
    reserve: { asset: 'USDT', amount: '3360.72' }, // 3344 x 1.005
    expiresAtMs: null,
  });
});

test('lists every rule once, also after a veto', () => {
  const approved = reviewEntry(exampleReview()).rules.map((r) => r.rule);
  const vetoed = reviewEntry(exampleReview({ decision: { confidence: 0 } })).rules;
  expect(vetoed.map((r) => r.rule)).toEqual(approved);
  expect(new Set(approved).size).toBe(approved.length);
});

test('a purchase paid in an asset that is not held is vetoed by free-balance', () => {
  const verdict = reviewEntry(
    exampleReview({
      pair: 'XRP/BTC',
      market: { bid: '0.01', ask: '0.01' },
      instrument: { tick: '0.0000001', minCost: '0.00002' },
    }),
  );
  expect(vetoesOf(verdict)).toEqual(['free-balance']);
});
