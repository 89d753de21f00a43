import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  breakEvenPrice,
  exitAfterBar,
  isNearerStop,
  stopFrom,
  stopOnTick,
  type ClosedBar,
  type ExitMove,
  type PositionAtClose,
} from './exit-after-bar.ts';
import type { ExitTerms } from './exit-terms.ts';

type Terms = Pick<ExitTerms, 'breakEven' | 'trailing' | 'invalidation'>;
const none: Terms = { breakEven: null, trailing: null, invalidation: null };
/** Bought at 100 with the stop at 98: 1 R is 2. */
const position: PositionAtClose = { entryPrice: 100, firstStop: 98, stop: 98, rungsSold: 0 };
const bar: ClosedBar = { close: 101, highest: 101, atr: 1, watched: null };
const even = { afterRung: null, afterR: 1, offsetPct: 0 };
const below = { series: 'ema21', comparator: 'below', level: 99, timeframe: '4h' } as const;

const cases: {
  name: string;
  terms: Partial<Terms>;
  position?: Partial<PositionAtClose>;
  bar?: Partial<ClosedBar>;
  expected: ExitMove;
}[] = [
  { name: 'stays without rules', terms: {}, expected: { kind: 'stay' } },
  {
    name: 'stays below 1 R', // (101.99 - 100) / 2 = 0.995
    terms: { breakEven: even },
    bar: { highest: 101.99 },
    expected: { kind: 'stay' },
  },
  {
    name: 'goes to break-even at 1 R', // (102 - 100) / 2 = 1
    terms: { breakEven: even },
    bar: { highest: 102 },
    expected: { kind: 'stop', price: 100 },
  },
  {
    name: 'goes a little above the entry for its costs', // 100 x 1.005
    terms: { breakEven: { ...even, offsetPct: 0.5 } },
    bar: { highest: 102 },
    expected: { kind: 'stop', price: 100.49999999999999 },
  },
  {
    name: 'waits with break-even while the price is not above it',
    terms: { breakEven: even },
    bar: { highest: 102, close: 100 },
    expected: { kind: 'stay' },
  },
  {
    name: 'goes to break-even after the first rung',
    terms: { breakEven: { afterRung: 1, afterR: null, offsetPct: 0 } },
    position: { rungsSold: 1 },
    expected: { kind: 'stop', price: 100 },
  },
  {
    name: 'stays before the second rung',
    terms: { breakEven: { afterRung: 2, afterR: null, offsetPct: 0 } },
    position: { rungsSold: 1 },
    expected: { kind: 'stay' },
  },
  {
    name: 'trails the highest high', // 108 - 3 x 2 = 102
    terms: { trailing: { atr: 3, afterR: 0 } },
    bar: { highest: 108, close: 107, atr: 2 },
    expected: { kind: 'stop', price: 102 },
  },
  {
    name: 'does not trail before its R', // 3.9 / 2 = 1.95 R
    terms: { trailing: { atr: 1, afterR: 2 } },
    bar: { highest: 103.9, close: 103 },
    expected: { kind: 'stay' },
  },
  {
    name: 'does not trail without an ATR',
    terms: { trailing: { atr: 3, afterR: 0 } },
    bar: { highest: 108, atr: null },
    expected: { kind: 'stay' },
  },
  {
    name: 'never loosens when the ATR grows', // 108 - 3 x 4 = 96
    terms: { trailing: { atr: 3, afterR: 0 } },
    position: { stop: 102 },
    bar: { highest: 108, close: 107, atr: 4 },
    expected: { kind: 'stay' },
  },
  {
    name: 'closes on a close below the line', // 108 - 3 = 105, closed at 104
    terms: { trailing: { atr: 3, afterR: 0 } },
    bar: { highest: 108, close: 104, atr: 1 },
    expected: { kind: 'close', reason: 'trailing' },
  },
  {
    name: 'takes the higher of the two', // break-even 100, line 104 - 3 = 101
    terms: { breakEven: even, trailing: { atr: 3, afterR: 0 } },
    bar: { highest: 104, close: 103 },
    expected: { kind: 'stop', price: 101 },
  },
  {
    name: 'closes when the invalidation comes true',
    terms: { invalidation: below, breakEven: even },
    bar: { watched: 98.9, highest: 110 },
    expected: { kind: 'close', reason: 'invalidated' },
  },
  {
    name: 'is not invalidated exactly at the level',
    terms: { invalidation: below },
    bar: { watched: 99 },
    expected: { kind: 'stay' },
  },
  {
    name: 'is not invalidated by a series that is not known',
    terms: { invalidation: below },
    expected: { kind: 'stay' },
  },
  {
    name: 'is invalidated from the other side too',
    terms: { invalidation: { ...below, comparator: 'above', series: 'rsi14', level: 80 } },
    bar: { watched: 80.1 },
    expected: { kind: 'close', reason: 'invalidated' },
  },
];

test.each(cases)('a position $name', ({ terms, position: p, bar: b, expected }) => {
  const move = exitAfterBar({ ...none, ...terms }, { ...position, ...p }, { ...bar, ...b });
  expect(move).toEqual(expected);
});

describe('whatever the market does', () => {
  const price = fc.double({ min: 50, max: 200, noNaN: true });
  test('a moved stop lies above the old one and below the close', () => {
    fc.assert(
      fc.property(
        fc.record({
          ...{ stop: price, highest: price, close: price },
          atr: fc.option(fc.double({ min: 0, max: 20, noNaN: true })),
          afterR: fc.double({ min: 0.1, max: 5, noNaN: true }),
          rungsSold: fc.integer({ min: 0, max: 3 }),
        }),
        ({ stop, highest, close, atr, afterR, rungsSold }) => {
          const move = exitAfterBar(
            {
              ...none,
              breakEven: { afterRung: 1, afterR, offsetPct: 0.3 },
              trailing: { atr: 3, afterR: 1 },
            },
            { entryPrice: 100, firstStop: 98, stop, rungsSold },
            { highest: Math.max(highest, close), close, atr, watched: null },
          );
          if (move.kind !== 'stop') return;
          expect(move.price).toBeGreaterThan(stop);
          expect(move.price).toBeLessThan(close);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test.each([
  [100.49999999999999, '0.1', '100.5'], // 100 x 1.005 is meant
  [101.29, '0.1', '101.2'],
  [0.00002347, '0.00000001', '0.00002347'],
])('a stop of %d lies on the tick %s at %s', (price, tick, expected) => {
  expect(stopOnTick(price, tick)).toBe(expected);
});

describe('a short is the mirror image of a long', () => {
  const mirrored = (price: number): number => 200 - price;

  test.each(cases)('and $name', ({ terms, position: p, bar: b, expected }) => {
    const long = { ...position, ...p };
    const short = {
      ...{ side: 'sell' as const, rungsSold: long.rungsSold },
      ...{ entryPrice: mirrored(long.entryPrice), firstStop: mirrored(long.firstStop) },
      stop: mirrored(long.stop),
    };
    const seen = { ...bar, ...b };
    const move = exitAfterBar({ ...none, ...terms }, short, {
      ...{ atr: seen.atr, watched: seen.watched, close: mirrored(seen.close) },
      // the other end of the range must not count
      ...{ lowest: mirrored(seen.highest), highest: 150 },
    });
    if (expected.kind !== 'stop') expect(move).toEqual(expected);
    else if (move.kind !== 'stop') expect(move).toBe('a stop');
    else expect(move.price).toBeCloseTo(mirrored(expected.price), 9);
  });

  test('that has seen no low yet looks at the close alone', () => {
    const short = { ...position, side: 'sell', firstStop: 102, stop: 102 } as const;
    const terms = { ...none, breakEven: even };
    const close = { close: 98.5, highest: 110, atr: 1, watched: null };
    expect(exitAfterBar(terms, short, close)).toEqual({ kind: 'stay' }); // 1.5 / 2 R
    expect(exitAfterBar(terms, short, { ...close, close: 98 })).toEqual({ kind: 'stop', price: 100 }); // prettier-ignore
  });
});

test('without a price seen only a rung makes break-even due', () => {
  const byR = { afterRung: 1, afterR: 1, offsetPct: 0 };
  const short = { side: 'sell', entryPrice: 100, firstStop: 102, stop: 102, rungsSold: 0 } as const;
  expect(breakEvenPrice(byR, position, null)).toBeNull();
  expect(breakEvenPrice(byR, short, null)).toBeNull();
  expect(breakEvenPrice(byR, { ...short, rungsSold: 1 }, null)).toBe(100);
});

test('a nearer stop is a higher one for a long, a lower one for a short', () => {
  expect([isNearerStop('buy', 99, 98), isNearerStop('buy', 98, 98)]).toEqual([true, false]);
  expect([isNearerStop('sell', 101, 102), isNearerStop('sell', 102, 102)]).toEqual([true, false]);
  expect([stopFrom('buy', 200, 1), stopFrom('sell', 200, 1)]).toEqual([198, 202]);
});

test('a stop of a short lies on the tick above', () => {
  expect(stopOnTick(101.21, '0.1', 'sell')).toBe('101.3');
  expect(stopOnTick(100 * 1.005, '0.1', 'sell')).toBe('100.5');
});
