import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CandleColumns } from '../candle.ts';
import { computeIndicators, type IndicatorSet } from '../indicators/indicator-set.ts';
import { seededCandles } from '../indicators/seeded-candles.fixture.ts';
import { barStrategyFactory, parseBarStrategy } from './bar-registry.ts';
import { ENTER_LONG, LEAVE_LONG } from './bar-strategy.ts';
import { exitsFromAtr } from './exits.ts';
import { createStrategy } from './registry.ts';
import type { StrategyView } from './strategy.ts';

const HOUR = 3_600_000;

/** Everything an up-trend needs; prices around 100, ATR 1. */
const UP = {
  ...computeIndicators(seededCandles(0, 1)),
  ema21: 99,
  ema50: 98,
  adx14: 30,
  atr14: 1,
  rsi14: 60,
  trendDirection: 1,
  breakoutDirection: 1,
  donchian20High: 99.5,
  donchian20Low: 95,
  donchian10High: 99.5,
  donchian10Low: 97,
} satisfies IndicatorSet;

function viewOf(indicators: IndicatorSet, hasPosition = false): StrategyView {
  return {
    pair: 'BTC/USDT',
    price: 100,
    hasPosition,
    timeframes: {
      '1h': {
        indicators,
        lastCandle: { timeMs: 0, open: 100, high: 101, low: 99, close: 100, volume: 1 },
      },
    },
  };
}

describe('exits', () => {
  it('puts the stop at 1.5 ATR and the target where 2.1 for 1 is left after 1 % of costs', () => {
    // Stop 1.5 * 1 / 100 = 1.5 %; target 2.1 * (1.5 + 1) + 1 = 6.25 %, more than 3 * 1.5.
    expect(exitsFromAtr(100, 1)).toEqual({ stopPct: 1.5, targetPct: 6.25 });
  });

  it('does not squeeze a wide stop', () => {
    // 1.5 * 4 = 6 %, beyond any 2 % rule; target 2.1 * 7 + 1 = 15.7, less than 3 * 6.
    expect(exitsFromAtr(100, 4)).toEqual({ stopPct: 6, targetPct: 18 });
  });
});

describe('trend and breakout', () => {
  const flat: IndicatorSet = { ...UP, trendDirection: 0, breakoutDirection: 0 };
  const down: IndicatorSet = { ...UP, trendDirection: -1, breakoutDirection: -1 };
  const cold = computeIndicators(seededCandles(10, 1));

  it.each([
    { name: 'up and flat: long', indicators: UP, hasPosition: false, action: 'long' },
    {
      name: 'up and in a position: still long, a state',
      indicators: UP,
      hasPosition: true,
      action: 'long',
    },
    { name: 'over and in a position: close', indicators: flat, hasPosition: true, action: 'close' },
    { name: 'over and flat: hold', indicators: flat, hasPosition: false, action: 'hold' },
    { name: 'down on spot: hold', indicators: down, hasPosition: false, action: 'hold' },
    { name: 'too few bars: hold', indicators: cold, hasPosition: true, action: 'hold' },
  ])('$name', ({ indicators, hasPosition, action }) => {
    for (const name of ['trend', 'breakout'] as const) {
      const signal = createStrategy(name).decide(viewOf(indicators, hasPosition));
      expect(signal.action).toBe(action);
      if (action === 'long') expect(signal).toMatchObject({ stopPct: 1.5, targetPct: 6.25 });
      expect(signal.reasoning).not.toBe('');
    }
  });

  it('say short in a down-trend only where that is allowed', () => {
    expect(createStrategy('trend', { canShort: true }).decide(viewOf(down)).action).toBe('short');
    const legal = { ...viewOf(down), mayShort: true };
    expect(createStrategy('trend').decide(legal).action).toBe('short');
  });

  it.each([
    { name: 'down and short: still short', indicators: down, action: 'short' },
    { name: 'over and short: close', indicators: flat, action: 'close' },
    { name: 'up and short: close', indicators: UP, action: 'close' },
  ])('$name', ({ indicators, action }) => {
    const view = { ...viewOf(indicators, true), isShort: true };
    expect(createStrategy('trend').decide(view).action).toBe(action);
    expect(createStrategy('breakout').decide(view).action).toBe(action);
  });

  it('hold without the timeframe, and `hold` always', () => {
    const blind = { pair: 'BTC/USDT', price: 1, hasPosition: true, timeframes: {} };
    expect(createStrategy('trend').decide(blind).action).toBe('hold');
    expect(createStrategy('hold').decide(viewOf(UP)).action).toBe('hold');
  });
});

describe('live and bar by bar', () => {
  it.each(['trend', 'breakout'] as const)(
    '%s says the same from a window of 720 bars as after all bars',
    (name) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 1e9 }),
          fc.integer({ min: 800, max: 1500 }),
          (seed, count) => {
            const bars = seededCandles(count, seed);
            const strategy = barStrategyFactory(parseBarStrategy(name, {}), HOUR)(0);
            let says = 0;
            for (let i = 0; i < count; i++) {
              says = strategy.update(
                bars.timeMs[i]!,
                bars.open[i]!,
                bars.high[i]!,
                bars.low[i]!,
                bars.close[i]!,
                bars.volume[i]!,
              );
            }
            const price = bars.close[count - 1]!;
            const indicators = computeIndicators(tail(bars, 720));
            const live = createStrategy(name).decide({ ...viewOf(indicators, true), price });
            expect(live.action).toBe(
              says === ENTER_LONG ? 'long' : says === LEAVE_LONG ? 'close' : 'hold',
            );
            if (says !== ENTER_LONG) return;
            expect(Math.abs(live.stopPct / strategy.stopPct - 1)).toBeLessThan(1e-9);
            expect(Math.abs(live.targetPct / strategy.targetPct - 1)).toBeLessThan(1e-9);
          },
        ),
        { numRuns: 40 },
      );
    },
  );
});

describe('parameters', () => {
  it('are completed, and a wrong one is named with those that exist', () => {
    expect(parseBarStrategy('ema-cross', { fast: 5 }).parameters).toMatchObject({
      fast: 5,
      slow: 26,
    });
    expect(() => parseBarStrategy('ema-cros', {})).toThrow(
      /unknown strategy "ema-cros"; there are/,
    );
    expect(() => parseBarStrategy('ema-cross', { fats: 5 })).toThrow(/fats.*it takes fast, slow/s);
    expect(() => parseBarStrategy('ema-cross', { fast: 'x' })).toThrow(/fast:/);
  });
});

function tail(bars: CandleColumns, count: number): CandleColumns {
  const cut = (column: Float64Array): Float64Array => column.slice(-count);
  return {
    timeMs: cut(bars.timeMs),
    open: cut(bars.open),
    high: cut(bars.high),
    low: cut(bars.low),
    close: cut(bars.close),
    volume: cut(bars.volume),
  };
}
