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
 * first bar on, the others from the bar on which they are warmed up. Three tight loops take turns block by
 * block: one loop over all ten columns has more arrays than there are registers and runs at a fifth of the
 * speed, and three whole passes would fetch the closes from memory three times.
 */
export function fiveColumns(bars: CandleColumns, into: FiveColumns): void {
  const n = bars.close.length;
  const averages = new Float64Array(4);
  const means = new Float64Array(3);
  for (let from = 0; from < n; from += REBUILD_EVERY) {
    const to = Math.min(n, from + REBUILD_EVERY);
    averageBlock(bars.close, into, from, to, averages);
    wilderBlock(bars, into, from, to, means);
    bandBlock(bars.close, into.bollingerUpper, into.bollingerLower, from, to);
  }
}

/** `state`: EMA, fast, slow and signal as the block before left them. */
function averageBlock(
  close: Float64Array,
  { ema, macd, macdSignal }: FiveColumns,
  from: number,
  to: number,
  state: Float64Array,
): void {
  const weight = 2 / (EMA + 1);
  const weightFast = 2 / 13;
  const weightSlow = 2 / 27;
  const weightSignal = 2 / 10;
  const rest = 1 - weight;
  const restFast = 1 - weightFast;
  const restSlow = 1 - weightSlow;
  const restSignal = 1 - weightSignal;
  if (from === 0) state.fill(close[0]!, 0, 3);
  let mean = state[0]!;
  let fast = state[1]!;
  let slow = state[2]!;
  let signal = state[3]!;
  if (from === 0) {
    ema[0] = mean;
    macd[0] = 0;
    macdSignal[0] = 0;
  }
  for (let i = Math.max(1, from); i < to; i++) {
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
  state[0] = mean;
  state[1] = fast;
  state[2] = slow;
  state[3] = signal;
}

/** `state`: means of rises, falls and ranges as the block before left them. */
function wilderBlock(
  { high, low, close }: CandleColumns,
  { rsi, atr }: FiveColumns,
  from: number,
  to: number,
  state: Float64Array,
): void {
  if (close.length <= WILDER) return;
  const weight = 1 / WILDER;
  const rest = 1 - weight;
  let up = state[0]!;
  let down = state[1]!;
  let range = state[2]!;
  let i = from;
  if (from === 0) {
    for (i = 1; i <= WILDER; i++) {
      const change = close[i]! - close[i - 1]!;
      up += Math.max(0, change) / WILDER;
      down += Math.max(0, -change) / WILDER;
      range += trueRange(high[i]!, low[i]!, close[i - 1]!) / WILDER;
    }
    rsi[WILDER] = up + down === 0 ? 50 : (100 * up) / (up + down);
    atr[WILDER] = range;
  }
  let before = close[i - 1]!;
  for (; i < to; i++) {
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
  state[0] = up;
  state[1] = down;
  state[2] = range;
}

/** Sums start afresh in every block, from the window before it, relative to a price near it. */
function bandBlock(
  close: Float64Array,
  upper: Float64Array,
  lower: Float64Array,
  from: number,
  to: number,
): void {
  let i = Math.max(from, BAND - 1);
  if (i >= to) return;
  const reference = close[from]!;
  let sum = 0;
  let squares = 0;
  for (let k = i - BAND + 1; k < i; k++) {
    const x = close[k]! - reference;
    sum += x;
    squares += x * x;
  }
  let gone = 0;
  for (; i < to; i++) {
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
}
