import { expect, test } from 'vitest';
import { interestPct, marginLeverage, MarginSettingsSchema, rolloversDue } from './margin.ts';

const HOUR_MS = 3_600_000;

test.each([
  { offered: [2, 3, 4, 5], most: 3, expected: 3 },
  { offered: [2, 3, 4, 5], most: 3.9, expected: 3 },
  { offered: [2, 5], most: 4, expected: 2 },
  { offered: [3, 5], most: 2, expected: null },
  { offered: [1, 2], most: 1, expected: null }, // 1 is none on margin
  { offered: [2.5, NaN, Infinity], most: 10, expected: null },
  { offered: [], most: 10, expected: null },
])('of $offered up to $most the leverage is $expected', ({ offered, most, expected }) => {
  expect(marginLeverage(offered, most)).toBe(expected);
});

test.each([
  { hours: 0, expected: 0.02 },
  { hours: 1, expected: 0.03 },
  { hours: 4, expected: 0.03 },
  { hours: 4.1, expected: 0.04 },
  { hours: 24, expected: 0.08 }, // 0.02 + 6 x 0.01
])('a short of $hours hours pays $expected %', ({ hours, expected }) => {
  expect(interestPct({ open: 0.02, rollover: 0.01 }, hours)).toBeCloseTo(expected, 12);
});

test('a rollover is due every four hours from the open', () => {
  const after = (hours: number) => rolloversDue(HOUR_MS, HOUR_MS + hours * HOUR_MS);
  expect([-1, 0, 3.99, 4, 7.99, 8, 24].map(after)).toEqual([0, 0, 0, 1, 1, 2, 6]);
});

test('margin names its leverage, a whole number from 2 to 10, and nothing else', () => {
  expect(MarginSettingsSchema.parse({ leverage: 2 })).toEqual({ leverage: 2 });
  for (const bad of [{}, { leverage: 1 }, { leverage: 2.5 }, { leverage: 11 }]) {
    expect(MarginSettingsSchema.safeParse(bad).success).toBe(false);
  }
  expect(MarginSettingsSchema.safeParse({ leverage: 2, longs: true }).success).toBe(false);
});
