import { newColumns, sliceColumns } from '../shared/candle-columns.ts';
import type { CandleColumns } from '../shared/candle.ts';
import type { Pair } from '../shared/pair.ts';
import { isoTime, TIMEFRAMES, timeframeMs, type Timeframe } from '../shared/timeframe.ts';
import type { CandleFile } from './candle-files.ts';
import { loadCandles } from './load-candles.ts';

const DAY_MS = 86_400_000;

export interface BaseTimeframe {
  timeframe: Timeframe;
  /** The chosen file of each pair, in the order of the pairs. */
  files: CandleFile[];
  /** Finer timeframes that were passed over, each with the reason. */
  passedOver: { timeframe: Timeframe; reason: string }[];
}

/**
 * The finest timeframe that every pair has throughout [`fromMs`, `toMs`): rows from within a day of the start
 * to within a day of the end and no gap above a day in between. Without bounds the pairs' common range
 * counts. When every candidate has such a gap (a lost period), the one that lacks least is taken. Throws
 * naming pairs and reasons when no timeframe reaches both ends. `load` may bring cached columns.
 */
export function chooseBaseTimeframe(
  files: readonly CandleFile[],
  pairs: readonly Pair[],
  fromMs?: number,
  toMs?: number,
  load: (file: CandleFile) => CandleColumns = loadCandles,
): BaseTimeframe {
  const passedOver: BaseTimeframe['passedOver'] = [];
  let best: { timeframe: Timeframe; files: CandleFile[]; lackingMs: number } | null = null;
  for (const timeframe of TIMEFRAMES) {
    const chosen: CandleFile[] = [];
    for (const pair of pairs) {
      const file = files.find((f) => f.pair === pair && f.timeframe === timeframe);
      if (file !== undefined) chosen.push(file);
    }
    if (chosen.length < pairs.length) {
      const without = pairs.filter((p) => !chosen.some((f) => f.pair === p));
      passedOver.push({ timeframe, reason: `no file for ${without.join(', ')}` });
      continue;
    }
    const times = chosen.map((file) => ({ name: file.name, times: load(file).timeMs }));
    const coverage = coverageOf(times, timeframe, fromMs, toMs);
    if (coverage.lackingMs === 0) return { timeframe, files: chosen, passedOver };
    passedOver.push({ timeframe, reason: coverage.reason });
    if (coverage.lackingMs < (best?.lackingMs ?? Infinity)) {
      best = { timeframe, files: chosen, lackingMs: coverage.lackingMs };
    }
  }
  if (best !== null) {
    const index = TIMEFRAMES.indexOf(best.timeframe);
    const finer = passedOver.filter((p) => TIMEFRAMES.indexOf(p.timeframe) < index);
    return { timeframe: best.timeframe, files: best.files, passedOver: finer };
  }
  const reasons = passedOver.map((p) => `${p.timeframe}: ${p.reason}`).join('; ');
  const range = [fromMs, toMs].map((t) => (t === undefined ? '' : isoTime(t))).join('..');
  throw new Error(
    `no timeframe has candles for ${pairs.join(', ')} throughout ${range} (${reasons}); ` +
      'choose other pairs or another range, or add candle files',
  );
}

/** How much of the range is lost in gaps above a day; infinite when a file does not reach an end. */
function coverageOf(
  files: readonly { name: string; times: Float64Array }[],
  timeframe: Timeframe,
  fromMs: number | undefined,
  toMs: number | undefined,
): { lackingMs: number; reason: string } {
  const step = timeframeMs(timeframe);
  const slack = Math.max(DAY_MS, step);
  const from = fromMs ?? Math.max(...files.map((f) => f.times[0] ?? Infinity));
  const to = toMs ?? Math.min(...files.map((f) => (f.times.at(-1) ?? -Infinity) + step));
  let lackingMs = 0;
  let reason = '';
  for (const { name, times } of files) {
    const first = lowerBound(times, from);
    const end = lowerBound(times, to);
    const firstTime = times[first];
    const lastTime = times[end - 1];
    if (firstTime === undefined || lastTime === undefined || end <= first) {
      return { lackingMs: Infinity, reason: `${name} has no rows in the range` };
    }
    if (firstTime > from + slack) {
      return { lackingMs: Infinity, reason: `${name} starts at ${isoTime(firstTime)}` };
    }
    if (lastTime + step < to - slack) {
      return { lackingMs: Infinity, reason: `${name} ends at ${isoTime(lastTime)}` };
    }
    for (let i = first + 1; i < end; i += 1) {
      const gap = (times[i] as number) - (times[i - 1] as number) - step;
      if (gap <= slack) continue;
      lackingMs += gap;
      reason ||= `${name} has a gap after ${isoTime(times[i - 1] as number)}`;
    }
  }
  return { lackingMs, reason };
}

/** Index of the first time at or after `timeMs`. */
export function lowerBound(times: Float64Array, timeMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Candles of a longer timeframe built from shorter ones: open of the first, close of the last, extremes and
 * sum of volume. A long bar exists when at least one short one does; a running last bar is included.
 */
export function aggregateCandles(
  columns: CandleColumns,
  from: Timeframe,
  to: Timeframe,
): CandleColumns {
  const length = timeframeMs(to);
  if (length < timeframeMs(from)) throw new Error(`cannot build ${to} candles from ${from}`);
  if (from === to) return sliceColumns(columns, 0, columns.timeMs.length);
  const count = columns.timeMs.length;
  const out = newColumns(count);
  let rows = -1;
  let current = -Infinity;
  for (let i = 0; i < count; i += 1) {
    const bar = Math.floor((columns.timeMs[i] as number) / length) * length;
    const high = columns.high[i] as number;
    const low = columns.low[i] as number;
    if (bar !== current) {
      current = bar;
      rows += 1;
      out.timeMs[rows] = bar;
      out.open[rows] = columns.open[i] as number;
      out.high[rows] = high;
      out.low[rows] = low;
      out.volume[rows] = 0;
    }
    if (high > (out.high[rows] as number)) out.high[rows] = high;
    if (low < (out.low[rows] as number)) out.low[rows] = low;
    out.close[rows] = columns.close[i] as number;
    out.volume[rows] = (out.volume[rows] as number) + (columns.volume[i] as number);
  }
  return sliceColumns(out, 0, rows + 1);
}
