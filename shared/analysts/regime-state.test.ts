import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  nextMarketRegime,
  nextVolatilityRegime,
  REGIME_PARAMETERS,
  RegimeState,
  type MarketRegime,
  type VolatilityRegime,
} from './regime-state.ts';

describe('the market', () => {
  // A trend begins at an ADX of 25 and ends below 20.
  test.each<[string, MarketRegime, number, 1 | 0 | -1, MarketRegime]>([
    ['weak stays range', 'range', 24.9, 1, 'range'],
    ['strong begins a trend up', 'range', 25, 1, 'trend-up'],
    ['strong begins a trend down', 'range', 25, -1, 'trend-down'],
    ['weaker goes on', 'trend-up', 20, 1, 'trend-up'],
    ['too weak ends', 'trend-up', 19.9, 1, 'range'],
    ['weak on the other side ends', 'trend-up', 24, -1, 'range'],
    ['strong on the other side turns', 'trend-up', 30, -1, 'trend-down'],
    ['strong without a side is range', 'trend-down', 30, 0, 'range'],
  ])('%s', (_, before, adx, side, after) => {
    expect(nextMarketRegime(before, adx, side, REGIME_PARAMETERS)).toBe(after);
  });
});

describe('volatility', () => {
  // Wild from 1.5 until below 1.2, calm from 0.7 until above 0.85.
  test.each<[string, VolatilityRegime, number, VolatilityRegime]>([
    ['usual below the border', 'usual', 1.49, 'usual'],
    ['wild at the border', 'usual', 1.5, 'wild'],
    ['still wild above its end', 'wild', 1.2, 'wild'],
    ['no more wild below it', 'wild', 1.19, 'usual'],
    ['calm at the border', 'usual', 0.7, 'calm'],
    ['still calm below its end', 'calm', 0.85, 'calm'],
    ['no more calm above it', 'calm', 0.86, 'usual'],
    ['from wild to calm at once', 'wild', 0.5, 'calm'],
  ])('%s', (_, before, ratio, after) => {
    expect(nextVolatilityRegime(before, ratio, REGIME_PARAMETERS)).toBe(after);
  });

  test('a value that wavers around a border changes the regime once', () => {
    let regime: VolatilityRegime = 'usual';
    let changes = 0;
    for (const ratio of [1.45, 1.5, 1.45, 1.5, 1.4, 1.5, 1.3]) {
      const next = nextVolatilityRegime(regime, ratio, REGIME_PARAMETERS);
      if (next !== regime) changes++;
      regime = next;
    }
    expect([regime, changes]).toEqual(['wild', 1]);
  });
});

const run = (closes: readonly number[], range = 1): RegimeState => {
  const state = new RegimeState();
  for (const close of closes) state.update(close + range / 2, close - range / 2, close);
  return state;
};

test('a straight rise is a trend up, a straight fall a trend down, standing still a range', () => {
  const bars = Array.from({ length: 150 }, (_, i) => i);
  expect(run(bars.map((i) => 100 + i)).market).toBe('trend-up');
  expect(run(bars.map((i) => 300 - i)).market).toBe('trend-down');
  expect(run(bars.map(() => 100)).market).toBe('range');
  // ADX is there after 28 bars, and counts each bar from then on
  expect(run(bars.map((i) => 100 + i)).marketBars).toBe(150 - 27);
});

test('bars of three times the usual range are wild, and calm down again', () => {
  const state = run(Array.from({ length: 150 }, () => 100));
  expect([state.volatility, state.ratio]).toEqual(['usual', 1]);
  for (let i = 0; i < 10; i++) state.update(101.5, 98.5, 100);
  expect(state.volatility).toBe('wild');
  for (let i = 0; i < 60; i++) state.update(100.5, 99.5, 100);
  expect(state.volatility).not.toBe('wild');
});

test('is ready when both are known, and a number of its words whatever comes', () => {
  // 100 values of ATR 14, the first after 15 bars
  expect(run(Array.from({ length: 113 }, () => 1)).ready).toBe(false);
  expect(run(Array.from({ length: 114 }, () => 1)).ready).toBe(true);
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 120, maxLength: 200 }),
      (closes) => {
        const { ratio, marketBars } = run(closes, 0);
        expect(Number.isFinite(ratio)).toBe(true);
        expect(marketBars).toBeGreaterThan(0);
      },
    ),
    { numRuns: 30 },
  );
});
