import type { CandleColumns } from '../candle.ts';
import { trueRange } from './atr.ts';
import { REBUILD_EVERY } from './rebuild.ts';

/**
 * Whole columns at once: the same values as the incremental classes to 1e-9 relative, NaN where those are
 * not warmed up. Each takes the column to write, so that nothing is allocated for a run over millions of
 * bars.
 */

/** EMA from the first close on (see Ema). */
export function emaColumn(close: Float64Array, period: number, into: Float64Array): void {
  const n = close.length;
  const weight = 2 / (period + 1);
  const rest = 1 - weight;
  let mean = close[0] ?? NaN;
  if (n > 0) into[0] = mean;
  for (let i = 1; i < n; i++) {
    mean = mean * rest + weight * close[i]!;
    into[i] = mean;
  }
}

/** The five that are asked for most, as columns: EMA, RSI, MACD, Bollinger bands and ATR. */
export interface FiveColumns {
  ema: Float64Array;
  rsi: Float64Array;
  macd: Float64Array;
  macdSignal: Float64Array;
  bollingerUpper: Float64Array;
  bollingerLower: Float64Array;
  atr: Float64Array;
}

const EMA = 21;
const WILDER = 14;
const BAND = 20;
const BAND_WIDTH = 2;
const SHARE = 1 / BAND;

/** Columns of `length` bars for `fiveColumns` to write. */
export function newFiveColumns(length: number): FiveColumns {
  const column = (): Float64Array => new Float64Array(length).fill(NaN);
  return {
    ema: column(),
    rsi: column(),
    macd: column(),
    macdSignal: column(),
    bollingerUpper: column(),
    bollingerLower: column(),
    atr: column(),
  };
}

/**
 * EMA 21, RSI 14, MACD 12/26/9, Bollinger 20/2 and ATR 14 of one series. EMA and MACD are written from the
 * first bar on, the others from the bar on which they are warmed up. Three tight loops: one loop over all
 * ten columns runs at a fifth of their speed, because it has more arrays than there are registers.
 */
export function fiveColumns(bars: CandleColumns, into: FiveColumns): void {
  averageColumns(bars.close, into.ema, into.macd, into.macdSignal);
  wilderColumns(bars.high, bars.low, bars.close, into.rsi, into.atr);
  bandColumns(bars.close, into.bollingerUpper, into.bollingerLower);
}

function averageColumns(
  close: Float64Array,
  ema: Float64Array,
  macd: Float64Array,
  macdSignal: Float64Array,
): void {
  const n = close.length;
  if (n === 0) return;
  const weight = 2 / (EMA + 1);
  const weightFast = 2 / 13;
  const weightSlow = 2 / 27;
  const weightSignal = 2 / 10;
  const rest = 1 - weight;
  const restFast = 1 - weightFast;
  const restSlow = 1 - weightSlow;
  const restSignal = 1 - weightSignal;
  let mean = close[0]!;
  let fast = mean;
  let slow = mean;
  let signal = 0;
  ema[0] = mean;
  macd[0] = 0;
  macdSignal[0] = 0;
  for (let i = 1; i < n; i++) {
    const c = close[i]!;
    mean = mean * rest + weight * c;
    fast = fast * restFast + weightFast * c;
    slow = slow * restSlow + weightSlow * c;
    const difference = fast - slow;
    signal = signal * restSignal + weightSignal * difference;
    ema[i] = mean;
    macd[i] = difference;
    macdSignal[i] = signal;
  }
}

function wilderColumns(
  high: Float64Array,
  low: Float64Array,
  close: Float64Array,
  rsi: Float64Array,
  atr: Float64Array,
): void {
  const n = close.length;
  if (n <= WILDER) return;
  const weight = 1 / WILDER;
  const rest = 1 - weight;
  let up = 0;
  let down = 0;
  let range = 0;
  for (let i = 1; i <= WILDER; i++) {
    const change = close[i]! - close[i - 1]!;
    up += Math.max(0, change) / WILDER;
    down += Math.max(0, -change) / WILDER;
    range += trueRange(high[i]!, low[i]!, close[i - 1]!) / WILDER;
  }
  rsi[WILDER] = up + down === 0 ? 50 : (100 * up) / (up + down);
  atr[WILDER] = range;
  let before = close[WILDER]!;
  for (let i = WILDER + 1; i < n; i++) {
    const c = close[i]!;
    const change = c - before;
    const size = Math.abs(change);
    up = up * rest + weight * ((size + change) / 2);
    down = down * rest + weight * ((size - change) / 2);
    const total = up + down;
    rsi[i] = total === 0 ? 50 : (100 * up) / total;
    const h = high[i]!;
    const l = low[i]!;
    range = range * rest + weight * ((h > before ? h : before) - (l < before ? l : before));
    atr[i] = range;
    before = c;
  }
}

function bandColumns(close: Float64Array, upper: Float64Array, lower: Float64Array): void {
  const n = close.length;
  if (n < BAND) return;
  let i = BAND - 1;
  let reference = close[0]!;
  while (i < n) {
    // A fresh start every block: sums from the window, relative to a price near it.
    let sum = 0;
    let squares = 0;
    for (let k = i - BAND + 1; k < i; k++) {
      const x = close[k]! - reference;
      sum += x;
      squares += x * x;
    }
    let gone = 0;
    const end = Math.min(n, i - (i % REBUILD_EVERY) + REBUILD_EVERY);
    for (; i < end; i++) {
      const come = close[i]! - reference;
      sum += come - gone;
      squares += come * come - gone * gone;
      const offset = sum * SHARE;
      const variance = squares * SHARE - offset * offset;
      const band = variance > 0 ? BAND_WIDTH * Math.sqrt(variance) : 0;
      const middle = reference + offset;
      upper[i] = middle + band;
      lower[i] = middle - band;
      gone = close[i - BAND + 1]! - reference;
    }
    reference = close[i - 1]!;
  }
}
