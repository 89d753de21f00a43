import { expect, test } from 'vitest';
import { volatility } from './volatility.ts';

const bars = (closes: number[]) => {
  const column = Float64Array.from(closes);
  const timeMs = column.map((_, i) => i * 3_600_000);
  return { timeMs, open: column, high: column, low: column, close: column, volume: column };
};
/** Closes that go up and down by the factor in turn. */
const swinging = (count: number, factor: number): number[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 100 : 100 * factor));

test('a year has so many bars of a day or an hour, each as volatile as those seen', () => {
  // log returns +x and -x in turn, as many of each: deviation x * sqrt(n / (n - 1)) with n = 100
  const x = Math.log(1.01);
  const deviation = x * Math.sqrt(100 / 99);
  const seen = (timeframe: '1d' | '1h') =>
    volatility(bars(swinging(101, 1.01)), timeframe).volatilityPctPerYear;
  expect(seen('1d')).toBeCloseTo(100 * deviation * Math.sqrt(365.25), 8);
  expect(seen('1h')).toBeCloseTo(100 * deviation * Math.sqrt(365.25 * 24), 8);
});

test('a price that stands still has none', () => {
  expect(volatility(bars(swinging(100, 1)), '1h')).toEqual({
    ...{ atrPct: 0, volatilityRatio: null, volatilityPctPerYear: 0 },
  });
});

test('is not told before a day of hours has been seen', () => {
  expect(volatility(bars(swinging(24, 1.01)), '1h').volatilityPctPerYear).toBeNull();
  expect(volatility(bars(swinging(25, 1.01)), '1h').volatilityPctPerYear).not.toBeNull();
});

test('sees the last 720 bars alone', () => {
  const calm = swinging(720, 1);
  expect(volatility(bars([...swinging(500, 1.5), ...calm]), '1h').volatilityPctPerYear).toBe(0);
});
