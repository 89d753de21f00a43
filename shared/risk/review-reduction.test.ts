import { describe, expect, test } from 'vitest';
import { reviewReduction, type ReductionReviewInput } from './review-reduction.ts';

const sale: ReductionReviewInput = {
  pair: 'BTC/USDT',
  side: 'sell',
  order: 'stop-loss',
  price: '98.5',
  timeInForce: 'gtc',
  quantity: '4',
  held: '5',
  inExitOrders: '0',
  lot: '0.01',
};

describe('a reduction', () => {
  const cases: {
    name: string;
    change: Partial<ReductionReviewInput>;
    kind: string;
    quantity: string | null;
  }[] = [
    { name: 'less than is held', change: {}, kind: 'approved', quantity: '4' },
    { name: 'all that is held', change: { quantity: '5' }, kind: 'approved', quantity: '5' },
    { name: 'more than is held', change: { quantity: '6' }, kind: 'resized', quantity: '5' },
    { name: 'beside exit orders', change: { inExitOrders: '2' }, kind: 'resized', quantity: '3' },
    { name: 'all in exit orders', change: { inExitOrders: '5' }, kind: 'vetoed', quantity: null },
    { name: 'more in exit orders', change: { inExitOrders: '7' }, kind: 'vetoed', quantity: null },
    { name: 'nothing held', change: { held: '0' }, kind: 'vetoed', quantity: null },
    { name: 'a debt', change: { held: '-1' }, kind: 'vetoed', quantity: null },
    // a record that says less than nothing is in orders gives no right to sell more
    {
      name: 'negative exit orders',
      change: { quantity: '6', inExitOrders: '-3' },
      kind: 'resized',
      quantity: '5',
    },
    {
      name: 'rounds down to the lot',
      change: { quantity: '4.019' },
      kind: 'approved',
      quantity: '4.01',
    },
    {
      name: 'leaves dust below the lot',
      change: { quantity: '5', held: '4.009' },
      kind: 'resized',
      quantity: '4',
    },
    { name: 'less than a lot', change: { quantity: '0.009' }, kind: 'vetoed', quantity: null },
    { name: 'only dust held', change: { held: '0.009' }, kind: 'vetoed', quantity: null },
    { name: 'a zero quantity', change: { quantity: '0' }, kind: 'vetoed', quantity: null },
    { name: 'a negative quantity', change: { quantity: '-4' }, kind: 'vetoed', quantity: null },
    { name: 'no number', change: { quantity: 'all' }, kind: 'vetoed', quantity: null },
    { name: 'a held that is no number', change: { held: '' }, kind: 'vetoed', quantity: null },
    {
      name: 'exit orders that are no number',
      change: { inExitOrders: '' },
      kind: 'vetoed',
      quantity: null,
    },
    { name: 'a lot of 0', change: { lot: '0' }, kind: 'vetoed', quantity: null },
    { name: 'a pair that is none', change: { pair: 'BTC' }, kind: 'vetoed', quantity: null },
    { name: 'a stop without a price', change: { price: null }, kind: 'vetoed', quantity: null },
    { name: 'a stop at 0', change: { price: '0' }, kind: 'vetoed', quantity: null },
    {
      name: 'a market order with a price',
      change: { order: 'market' },
      kind: 'vetoed',
      quantity: null,
    },
    {
      name: 'a market order',
      change: { order: 'market', price: null },
      kind: 'approved',
      quantity: '4',
    },
  ];
  test.each(cases)('$name is $kind', ({ change, kind, quantity }) => {
    const verdict = reviewReduction({ ...sale, ...change });
    expect(verdict.kind).toBe(kind);
    expect(verdict.plan?.quantity ?? null).toBe(quantity);
    const outcome = { approved: 'pass', resized: 'shrink', vetoed: 'veto' }[kind];
    expect(verdict.rules).toMatchObject([{ rule: 'held', outcome }]);
  });

  test('keeps what the order is to be', () => {
    expect(reviewReduction(sale).plan).toEqual({
      kind: 'reduce',
      pair: 'BTC/USDT',
      side: 'sell',
      order: 'stop-loss',
      price: '98.5',
      timeInForce: 'gtc',
      quantity: '4',
      leverage: null,
    });
  });

  test('buys a short back on margin, and never more than is open', () => {
    const short = { ...sale, side: 'buy', price: '102', leverage: 2 } as const;
    expect(reviewReduction(short).plan).toMatchObject({ side: 'buy', quantity: '4', leverage: 2 });
    expect(reviewReduction({ ...short, quantity: '6' })).toMatchObject({
      kind: 'resized',
      plan: { side: 'buy', quantity: '5', leverage: 2 },
    });
  });

  test('has nothing to say about what fits', () => {
    expect(reviewReduction(sale).rules[0]?.note).toBe('');
  });

  test('says what is held and what lies in exit orders', () => {
    expect(reviewReduction({ ...sale, inExitOrders: '2' }).rules[0]).toEqual({
      rule: 'held',
      outcome: 'shrink',
      observed: '4',
      limit: '3',
      unit: 'base asset',
      note: '5 held, 2 in exit orders',
    });
    expect(reviewReduction({ ...sale, held: 'x', quantity: '' }).rules[0]?.note).toBe(
      'unreadable: quantity, held',
    );
  });

  test.each<[Partial<ReductionReviewInput>, string]>([
    [{ lot: '0' }, 'unreadable: lot'],
    [{ lot: 'one' }, 'unreadable: lot'],
    [{ pair: 'BTC', price: 'x' }, 'unreadable: pair, price'],
    [{ price: null }, 'unreadable: price'],
    [{ side: 'buy' }, 'unreadable: leverage'],
    [{ side: 'buy', leverage: 1 }, 'unreadable: leverage'],
    [{ leverage: 1 }, 'unreadable: leverage'],
    [{ leverage: NaN }, 'unreadable: leverage'],
    [{ quantity: '0.009' }, '0.009 is less than one lot'],
    [{ inExitOrders: '5' }, '5 held, 5 in exit orders: nothing to close'],
  ])('%o is refused in words', (change, note) => {
    expect(reviewReduction({ ...sale, ...change }).rules[0]?.note).toBe(note);
  });

  test('shows no endless text', () => {
    const { rules } = reviewReduction({ ...sale, quantity: 'x'.repeat(99) });
    expect(rules[0]?.observed).toBe('x'.repeat(40));
  });

  test('without a lot the quantity is taken as it is', () => {
    const { lot: _, ...noLot } = sale;
    expect(reviewReduction({ ...noLot, quantity: '4.123456789' }).plan?.quantity).toBe(
      '4.123456789',
    );
    expect(reviewReduction({ ...noLot, quantity: 'all', held: '' }).rules[0]?.note).toBe(
      'unreadable: quantity, held',
    );
  });
});
