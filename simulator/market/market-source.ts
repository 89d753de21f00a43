import { findCandleFiles, type CandleFile } from '../../candles/candle-files.ts';
import { loadCandles } from '../../candles/load-candles.ts';
import { aggregateCandles, chooseBaseTimeframe, lowerBound } from '../../candles/timeframes.ts';
import { newColumns, sliceColumns } from '../../shared/candle-columns.ts';
import type { Candle, CandleColumns } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { isoTime, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { BookFeed, FeedBar } from './book-feed.ts';
import { instrumentFor, type Instrument } from './instruments.ts';

/** Where prices come from: candles of one base timeframe that move the market, and the history behind them. */
export interface MarketSource {
  readonly pairs: readonly Pair[];
  readonly instruments: ReadonlyMap<Pair, Instrument>;
  readonly baseTimeframe: Timeframe;
  readonly fromMs: number;
  /** The end, not included; null when the market never ends. */
  readonly toMs: number | null;
  /** Names of the candle files read. */
  readonly files: readonly string[];
  /** Finer timeframes that do not serve, each with its reason. */
  readonly passedOver: readonly { timeframe: Timeframe; reason: string }[];
  /** The base candle that opens at `openMs`, or null when the data lack it. */
  candle(pair: Pair, openMs: number): Candle | null;
  /** One candle over the base candles that open in [`fromMs`, `toMs`), or null when there is none. */
  fold(pair: Pair, fromMs: number, toMs: number): Candle | null;
  /** The newest `count` bars that have closed at `atMs`, oldest first. */
  bars(pair: Pair, timeframe: Timeframe, atMs: number, count: number): FeedBar[];
  /** A venue's books and trades that move the market in place of candles: then `candle` and `fold` have none. */
  readonly books?: BookFeed;
}

const DAY_MS = 86_400_000;

export interface CandleMarketOptions {
  pairs?: readonly Pair[];
  fromMs?: number;
  toMs?: number;
  log?: (line: string) => void;
}

/**
 * The market of a folder of candle files. Prices move on the finest timeframe that all pairs have throughout
 * the range; longer bars are built from it, and rows before its first one come from the longer files.
 * Without `fromMs` it starts where every pair has 250 days behind it, or in the middle of a shorter range.
 * Throws with pairs, range and folder when the data do not serve.
 */
export function createCandleMarket(dir: string, options: CandleMarketOptions = {}): MarketSource {
  const files = findCandleFiles(dir, options);
  const pairs = options.pairs ?? [...new Set(files.map((f) => f.pair))];
  if (pairs.length === 0) throw new Error(`no candle files in ${dir}; see docs/simulator.md`);
  const without = pairs.filter((p) => !files.some((f) => f.pair === p));
  if (without.length > 0) {
    throw new Error(
      `no candle file for ${without.join(', ')} in ${dir}; it has ` +
        `${[...new Set(findCandleFiles(dir).map((f) => f.pair))].join(', ') || 'none'}`,
    );
  }
  const cache = new Map<string, CandleColumns>();
  const instruments = new Map<Pair, Instrument>();
  const load = (file: CandleFile): CandleColumns => {
    let columns = cache.get(file.path);
    if (columns === undefined) {
      columns = loadCandles(file);
      const instrument =
        instruments.get(file.pair) ?? instrumentFor(file.pair, columns.close[0] ?? 1);
      instruments.set(file.pair, instrument);
      roundToTick(columns, instrument.priceDecimals);
      cache.set(file.path, columns);
    }
    return columns;
  };
  const base = chooseBaseTimeframe(files, pairs, options.fromMs, options.toMs, load);
  const step = timeframeMs(base.timeframe);
  const times = base.files.map((f) => load(f).timeMs);
  const first = Math.max(...times.map((t) => t[0] ?? Infinity));
  const last = Math.min(...times.map((t) => (t.at(-1) ?? -Infinity) + step));
  const fromMs =
    options.fromMs ?? floor(Math.min(first + 250 * DAY_MS, (first + last) / 2), DAY_MS);
  const toMs = options.toMs ?? last;
  if (!(fromMs < toMs)) {
    throw new Error(
      `the range ${isoTime(fromMs)}..${isoTime(toMs)} is empty; check --from and --to`,
    );
  }
  if (fromMs % step !== 0 || toMs % step !== 0) {
    throw new Error(`--from and --to must lie on the ${base.timeframe} grid of the candles`);
  }
  const used = new Set(base.files.map((f) => f.name));
  const columnsOf = new Map(base.files.map((f) => [f.pair, load(f)]));
  const barsOf = barCache((pair, timeframe) => {
    const parts = files.filter(
      (f) =>
        f.pair === pair &&
        timeframeMs(f.timeframe) > step &&
        timeframeMs(f.timeframe) <= timeframeMs(timeframe),
    );
    let out = aggregateCandles(mustGet(columnsOf, pair), base.timeframe, timeframe);
    for (const file of parts)
      out = withHistory(out, aggregateCandles(load(file), file.timeframe, timeframe));
    return out;
  });
  for (const file of files) if (timeframeMs(file.timeframe) > step) used.add(file.name);
  return {
    pairs,
    instruments,
    baseTimeframe: base.timeframe,
    fromMs,
    toMs,
    files: [...used],
    passedOver: base.passedOver,
    ...readers(base.timeframe, (pair) => mustGet(columnsOf, pair), barsOf),
  };
}

/** Readers over columns that are whole in memory. */
export function readers(
  base: Timeframe,
  columnsOf: (pair: Pair) => CandleColumns,
  barsOf: (pair: Pair, timeframe: Timeframe) => CandleColumns,
): Pick<MarketSource, 'candle' | 'fold' | 'bars'> {
  return {
    candle(pair, openMs) {
      const columns = columnsOf(pair);
      const index = lowerBound(columns.timeMs, openMs);
      return columns.timeMs[index] === openMs ? rowOf(columns, index) : null;
    },
    fold(pair, fromMs, toMs) {
      const columns = columnsOf(pair);
      return foldRows(
        columns,
        lowerBound(columns.timeMs, fromMs),
        lowerBound(columns.timeMs, toMs),
      );
    },
    bars(pair, timeframe, atMs, count) {
      const columns = timeframeMs(timeframe) < timeframeMs(base) ? null : barsOf(pair, timeframe);
      if (columns === null) return [];
      const end = lowerBound(columns.timeMs, atMs - timeframeMs(timeframe) + 1);
      const rows: Candle[] = [];
      for (let i = Math.max(0, end - count); i < end; i += 1) rows.push(rowOf(columns, i));
      return rows;
    },
  };
}

/** `build`, done once for each pair and timeframe. */
export function barCache(
  build: (pair: Pair, timeframe: Timeframe) => CandleColumns,
): (pair: Pair, timeframe: Timeframe) => CandleColumns {
  const cache = new Map<string, CandleColumns>();
  return (pair, timeframe) => {
    const key = `${pair} ${timeframe}`;
    let columns = cache.get(key);
    if (columns === undefined) {
      columns = build(pair, timeframe);
      cache.set(key, columns);
    }
    return columns;
  };
}

function rowOf(c: CandleColumns, i: number): Candle {
  return {
    timeMs: c.timeMs[i] as number,
    open: c.open[i] as number,
    high: c.high[i] as number,
    low: c.low[i] as number,
    close: c.close[i] as number,
    volume: c.volume[i] as number,
  };
}

function foldRows(c: CandleColumns, from: number, to: number): Candle | null {
  if (to <= from) return null;
  const out = rowOf(c, from);
  for (let i = from + 1; i < to; i += 1) {
    out.high = Math.max(out.high, c.high[i] as number);
    out.low = Math.min(out.low, c.low[i] as number);
    out.volume += c.volume[i] as number;
  }
  out.close = c.close[to - 1] as number;
  return out;
}

/** `columns` with the rows of `older` in front that come before its first row. */
function withHistory(columns: CandleColumns, older: CandleColumns): CandleColumns {
  const first = columns.timeMs[0];
  if (first === undefined) return older;
  const count = lowerBound(older.timeMs, first);
  if (count === 0) return columns;
  const head = sliceColumns(older, 0, count);
  const out = newColumns(count + columns.timeMs.length);
  for (const key of ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const) {
    out[key].set(head[key]);
    out[key].set(columns[key], count);
  }
  return out;
}

/** Prices rounded to the venue's tick: what a client sees and what orders are matched on is one. */
function roundToTick(columns: CandleColumns, decimals: number): void {
  const scale = 10 ** decimals;
  for (const key of ['open', 'high', 'low', 'close'] as const) {
    const values = columns[key];
    for (let i = 0; i < values.length; i += 1) {
      values[i] = Math.max(1, Math.round((values[i] as number) * scale)) / scale;
    }
  }
}

function mustGet<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`unknown pair ${String(key)}`);
  return value;
}

const floor = (value: number, step: number): number => Math.floor(value / step) * step;
