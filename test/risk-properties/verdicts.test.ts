import fc from 'fast-check';
import { test } from 'vitest';
import type { EntryReviewInput } from '../../shared/risk/entry-input.ts';
import { reviewEntry, reviewReduction } from '../../shared/risk/review.ts';
import { saneInput } from './arbitraries.fixture.ts';
import { assertProperty } from './assert-property.fixture.ts';

test('a verdict is a function of its input, which it leaves as it is', () => {
  assertProperty(
    'a verdict is a function of its input, which it leaves as it is',
    fc.property(saneInput, (input) => {
      const before = JSON.stringify(input);
      const first = JSON.stringify(reviewEntry(deepFrozen(input)));
      const again = JSON.stringify(reviewEntry(JSON.parse(before) as EntryReviewInput));
      return first === again && JSON.stringify(input) === before;
    }),
  );
});

test('a reduction never closes what is not open, and closes what is', () => {
  const amount = fc.integer({ min: 0, max: 100_000_000 }).map((n) => (n / 1e8).toFixed(8));
  assertProperty(
    'a reduction never closes what is not open, and closes what is',
    fc.property(amount, amount, amount, fc.boolean(), (quantity, held, inExitOrders, short) => {
      const { plan } = reviewReduction({
        pair: 'BTC/USDT',
        side: short ? 'buy' : 'sell',
        leverage: short ? 2 : null,
        order: 'market',
        price: null,
        timeInForce: 'ioc',
        quantity,
        held,
        inExitOrders,
      });
      const units = (text: string): number => Math.round(Number(text) * 1e8);
      const most = Math.max(0, units(held) - units(inExitOrders));
      if (plan !== null && (plan.side === 'buy') !== (plan.leverage !== null)) return false;
      return units(plan?.quantity ?? '0') === Math.min(units(quantity), most);
    }),
  );
});

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFrozen);
    Object.freeze(value);
  }
  return value;
}
