import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADX, ATR, BollingerBands, KeltnerChannels, MACD, RSI } from 'technicalindicators';
import { Bollinger } from './bollinger.ts';
import { Donchian } from './donchian.ts';
import { EfficiencyRatio } from './efficiency-ratio.ts';
import { Ema } from './ema.ts';
import { computeIndicators, IndicatorBank } from './indicator-set.ts';
import { Rsi } from './rsi.ts';
import { seededCandles } from './seeded-candles.fixture.ts';
import { Sma } from './sma.ts';
import { RollingVwap } from './vwap.ts';

function last<T>(values: readonly T[]): T {
  return values[values.length - 1]!;
}

function near(actual: number | null, expected: number | undefined): void {
  expect(actual).not.toBeNull();
  expect(Math.abs(actual! - expected!)).toBeLessThanOrEqual(1e-9 * Math.abs(expected!) + 1e-12);
}

describe('single indicators on numbers one can check on paper', () => {
  it('EMA starts at the first close: a = 2/(3+1) = 0.5, so 10, 15, 17.5', () => {
    const ema = new Ema(3);
    const seen = [10, 20, 20].map((x) => (ema.update(x), ema.value));
    expect(seen).toEqual([10, 15, 17.5]);
    expect(ema.ready).toBe(true);
  });

  it('SMA of the last two: NaN, 1.5, 2.5', () => {
    const sma = new Sma(2);
    expect([1, 2, 3].map((x) => (sma.update(x), sma.value))).toEqual([NaN, 1.5, 2.5]);
  });

  it('RSI 2 of 10, 11, 10.5: mean rise 0.5, mean fall 0.25, so 100 * 0.5 / 0.75', () => {
    const rsi = new Rsi(2);
    for (const x of [10, 11, 10.5]) rsi.update(x);
    expect(rsi.value).toBeCloseTo(200 / 3, 12);
  });

  it('RSI of a market that does not move is 50', () => {
    const rsi = new Rsi(2);
    for (const x of [5, 5, 5, 5]) rsi.update(x);
    expect(rsi.value).toBe(50);
  });

  it('Bollinger 2/2 of 1, 3: mean 2, deviation 1, bands 0 and 4', () => {
    const bands = new Bollinger(2, 2);
    for (const x of [1, 3]) bands.update(x);
    expect([bands.lower, bands.middle, bands.upper]).toEqual([0, 2, 4]);
  });

  it('Donchian 2 tells the channel with and before the last bar', () => {
    const channel = new Donchian(2);
    for (const [high, low] of [
      [5, 4],
      [6, 3],
      [4, 2],
    ] as const) {
      channel.update(high, low);
    }
    expect(channel).toMatchObject({ high: 6, low: 2, highBefore: 6, lowBefore: 3 });
  });

  it('efficiency ratio 2 of 1, 3, 2: |2-1| / (2+1)', () => {
    const ratio = new EfficiencyRatio(2);
    for (const x of [1, 3, 2]) ratio.update(x);
    expect(ratio.value).toBeCloseTo(1 / 3, 12);
  });

  it('VWAP forgets what opened 24 hours ago', () => {
    const hour = 3_600_000;
    const vwap = new RollingVwap();
    vwap.update(0, 10, 10, 10, 100);
    vwap.update(hour, 20, 20, 20, 100);
    expect(vwap.value).toBe(15);
    vwap.update(24 * hour, 30, 30, 30, 300); // (20*100 + 30*300) / 400
    expect(vwap.value).toBe(27.5);
  });
});

describe('against technicalindicators', () => {
  it('gives the same last values on 3,000 seeded bars (its RSI is rounded to two decimals)', () => {
    const bars = seededCandles(3000, 7);
    const set = computeIndicators(bars);
    const close = [...bars.close];
    const high = [...bars.high];
    const low = [...bars.low];
    const range = { high, low, close };
    expect(set.rsi14!.toFixed(2)).toBe(
      last(RSI.calculate({ period: 14, values: close })).toFixed(2),
    );
    expect(set.rsi21!.toFixed(2)).toBe(
      last(RSI.calculate({ period: 21, values: close })).toFixed(2),
    );
    // 3,000 bars on, what is left of the different seeds is (1-2/27)^3000: nothing.
    const macd = last(
      MACD.calculate({
        values: close,
        fastPeriod: 12,
        slowPeriod: 26,
        signalPeriod: 9,
        SimpleMAOscillator: false,
        SimpleMASignal: false,
      }),
    );
    near(set.macd, macd.MACD);
    near(set.macdSignal, macd.signal);
    near(set.atr14, last(ATR.calculate({ period: 14, ...range })));
    const adx = last(ADX.calculate({ period: 14, ...range }));
    near(set.adx14, adx.adx);
    near(set.plusDi14, adx.pdi);
    near(set.minusDi14, adx.mdi);
    const bands = last(BollingerBands.calculate({ period: 20, stdDev: 2, values: close }));
    near(set.bollingerUpper, bands.upper);
    near(set.bollingerLower, bands.lower);
    const keltner = last(
      KeltnerChannels.calculate({
        ...range,
        maPeriod: 20,
        atrPeriod: 20,
        multiplier: 1.5,
        useSMA: false,
      }),
    );
    near(set.keltnerUpper, keltner.upper);
    near(set.keltnerLower, keltner.lower);
  });
});

describe('the set', () => {
  it('is all null without bars, and warms up bar by bar', () => {
    const bars = seededCandles(250, 3);
    const bank = new IndicatorBank();
    const firstReady = new Map<string, number>();
    for (let i = -1; i < 250; i++) {
      if (i >= 0) {
        bank.update(bars.timeMs[i]!, bars.high[i]!, bars.low[i]!, bars.close[i]!, bars.volume[i]!);
      }
      for (const [name, value] of Object.entries(bank.read())) {
        if (value !== null && !firstReady.has(name)) firstReady.set(name, i + 1);
      }
    }
    expect(Object.fromEntries(firstReady)).toMatchObject({
      vwap: 1,
      ema9: 9,
      rsi14: 15,
      atr14: 15,
      bollingerMiddle: 20,
      donchian20High: 21,
      keltnerSqueeze: 21,
      breakoutDirection: 21,
      adx14: 28,
      macdSignal: 34,
      trendDirection: 50,
      donchian55High: 56,
      ema200: 200,
    });
    expect(Math.min(...firstReady.values())).toBe(1);
  });

  it('of a prefix never depends on what comes after it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 1e6 }),
        (cut, seed) => {
          const bank = new IndicatorBank();
          const bars = seededCandles(200, seed);
          let atCut = null;
          for (let i = 0; i < 200; i++) {
            bank.update(
              bars.timeMs[i]!,
              bars.high[i]!,
              bars.low[i]!,
              bars.close[i]!,
              bars.volume[i]!,
            );
            if (i === cut - 1) atCut = bank.read();
          }
          const head = (column: Float64Array): Float64Array => column.slice(0, cut);
          expect(
            computeIndicators({
              timeMs: head(bars.timeMs),
              open: head(bars.open),
              high: head(bars.high),
              low: head(bars.low),
              close: head(bars.close),
              volume: head(bars.volume),
            }),
          ).toEqual(atCut);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('stays true over long runs: bands equal the two-pass deviation after a change of level', () => {
    const bands = new Bollinger(20, 2);
    const closes: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const level = i < 10_000 ? 60_000 : 0.3;
      closes.push(level * (1 + 0.001 * Math.sin(i * 1.7)));
      bands.update(last(closes));
    }
    const window = closes.slice(-20);
    const mean = window.reduce((a, b) => a + b) / 20;
    const deviation = Math.sqrt(window.reduce((a, b) => a + (b - mean) ** 2, 0) / 20);
    expect(Math.abs(bands.upper / (mean + 2 * deviation) - 1)).toBeLessThan(1e-9);
  });
});
