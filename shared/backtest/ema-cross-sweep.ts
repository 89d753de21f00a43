import type { CandleColumns } from '../candle.ts';
import type { EmaCrossParameters } from './ema-cross.ts';
import { EXIT_END, EXIT_SIGNAL, EXIT_STOP, EXIT_TARGET, type TradeSink } from './trade-log.ts';

/** Bars at whose close the fast EMA crossed the slow one, ascending. */
export interface Crossings {
  up: Int32Array;
  down: Int32Array;
}

/** All crossings from bar `warmupBars` on, of one pass over the closes. */
export function emaCrossings(
  close: Float64Array,
  fast: number,
  slow: number,
  warmupBars: number,
): Crossings {
  const n = close.length;
  const weightFast = 2 / (fast + 1);
  const weightSlow = 2 / (slow + 1);
  const restFast = 1 - weightFast;
  const restSlow = 1 - weightSlow;
  let up = new Int32Array(1 << 10);
  let down = new Int32Array(1 << 10);
  let ups = 0;
  let downs = 0;
  let meanFast = close[0] ?? 0;
  let meanSlow = meanFast;
  let before = 0;
  const warm = Math.max(1, warmupBars);
  for (let i = 1; i < n; i++) {
    const c = close[i]!;
    meanFast = meanFast * restFast + weightFast * c;
    meanSlow = meanSlow * restSlow + weightSlow * c;
    const d = meanFast - meanSlow;
    if (d > 0 && before <= 0) {
      if (i >= warm) {
        if (ups === up.length) up = doubled(up);
        up[ups++] = i;
      }
    } else if (d < 0 && before >= 0) {
      if (i >= warm) {
        if (downs === down.length) down = doubled(down);
        down[downs++] = i;
      }
    }
    before = d;
  }
  return { up: up.slice(0, ups), down: down.slice(0, downs) };
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}

/**
 * The trades of `runEmaCross` from its crossings: jumps from signal to signal and reads bars only inside
 * positions, so that many stops and targets share one pass over the averages.
 */
export function runCrossings(
  bars: CandleColumns,
  { up, down }: Crossings,
  parameters: Omit<EmaCrossParameters, 'fast' | 'slow' | 'warmupBars'>,
  sink: TradeSink,
  pair = 0,
): void {
  const { open, high, low, close } = bars;
  const n = close.length;
  const { quantity, stopPct, targetPct } = parameters;
  const byFill = parameters.reference === 'fill';
  const stopFactor = stopPct > 0 ? (100 - stopPct) / 100 : 0;
  const targetFactor = targetPct > 0 ? (100 + targetPct) / 100 : Infinity;
  const fee = (parameters.feePct / 100) * quantity;
  let d = 0;
  let flatFrom = 0;
  for (let u = 0; u < up.length; u++) {
    const signal = up[u]!;
    const entry = signal + 1;
    if (signal < flatFrom || entry >= n) continue;
    while (d < down.length && down[d]! < entry) d++;
    // The position lives at most until the open after the next crossing down.
    const last = d < down.length ? down[d]! : n - 1;
    const entryPrice = open[entry]!;
    const reference = byFill ? entryPrice : close[signal]!;
    const stop = reference * stopFactor;
    const target = reference * targetFactor;
    let k = entry;
    while (k <= last && low[k]! > stop && high[k]! < target) k++;
    let exitPrice: number;
    let reason: number;
    if (k <= last) {
      const o = open[k]!;
      if (o <= stop || (o < target && low[k]! <= stop)) {
        exitPrice = o <= stop ? o : stop;
        reason = EXIT_STOP;
      } else {
        exitPrice = o >= target ? o : target;
        reason = EXIT_TARGET;
      }
    } else if (k < n) {
      exitPrice = open[k]!;
      reason = EXIT_SIGNAL;
    } else {
      k = n - 1;
      exitPrice = close[k]!;
      reason = EXIT_END;
    }
    const fees = fee * (entryPrice + exitPrice);
    const risk = stopPct > 0 ? (entryPrice - stop) * quantity : 0;
    sink.add(pair, 1, reason, entry, k, entryPrice, exitPrice, quantity, fees, risk);
    if (reason === EXIT_END) break;
    // The close of the exit's bar is seen flat.
    flatFrom = k;
  }
}
