import { expect, test } from 'vitest';
import type { Candle } from '../../shared/candle.ts';
import { priceRanges } from './price-range.ts';

const bar = (timeMs: number, low: number, high: number, close: number): Candle => ({
  ...{ timeMs, open: low, low, high, close, volume: 1 },
});

test('says what was traded since the restatement before', () => {
  const ranges = priceRanges();
  const cases: [string, Candle, number, number][] = [
    ['the first: its last price', bar(0, 90, 120, 100), 100, 100],
    ['a trade inside the bar', bar(0, 90, 120, 105), 105, 105],
    // From 105 to 125 and back to 110, all between two messages.
    ['a new high between two messages', bar(0, 90, 125, 110), 110, 125],
    ['a new low', bar(0, 80, 125, 110), 80, 110],
    ['a new bar: all of it', bar(60, 95, 130, 100), 95, 130],
    ['the same again', bar(60, 95, 130, 100), 100, 100],
  ];
  for (const [name, candle, low, high] of cases) {
    expect(ranges.read('A', candle), name).toEqual({ low, high });
  }
  expect(ranges.read('B', bar(60, 1, 9, 5)), 'another pair').toEqual({ low: 5, high: 5 });
});
