import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Atr } from './atr.ts';
import { emaColumn, fiveColumns, newFiveColumns } from './batch.ts';
import { Bollinger } from './bollinger.ts';
import { Ema } from './ema.ts';
import { Macd } from './macd.ts';
import { Rsi } from './rsi.ts';
import { seededCandles } from './seeded-candles.fixture.ts';

describe('batch and incremental forms', () => {
  it('agree to 1e-9 relative, and warm up on the same bar', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.constantFrom(1, 5, 14, 15, 19, 20, 21, 300, 5000),
        (seed, count) => {
          const bars = seededCandles(count, seed);
          const columns = newFiveColumns(count);
          fiveColumns(bars, columns);
          const ema50 = new Float64Array(count);
          emaColumn(bars.close, 50, ema50);
          const ema = new Ema(21);
          const slow = new Ema(50);
          const rsi = new Rsi(14);
          const macd = new Macd();
          const bands = new Bollinger();
          const atr = new Atr(14);
          for (let i = 0; i < count; i++) {
            const close = bars.close[i]!;
            ema.update(close);
            slow.update(close);
            rsi.update(close);
            macd.update(close);
            bands.update(close);
            atr.update(bars.high[i]!, bars.low[i]!, close);
            near(ema50[i]!, slow.value, close);
            near(columns.ema[i]!, ema.value, close);
            near(columns.rsi[i]!, rsi.value, 50);
            // MACD is a difference of prices, so the price is what its error is relative to.
            near(columns.macd[i]!, macd.value, close);
            near(columns.macdSignal[i]!, macd.signal, close);
            near(columns.bollingerUpper[i]!, bands.upper, close);
            near(columns.bollingerLower[i]!, bands.lower, close);
            near(columns.atr[i]!, atr.value, close);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

function near(actual: number, expected: number, scale: number): void {
  if (Number.isNaN(expected) && Number.isNaN(actual)) return;
  if (!(Math.abs(actual - expected) <= 1e-9 * scale)) expect(actual).toBe(expected);
}
