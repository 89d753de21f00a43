import { aggregateCandles } from '../../candles/timeframes.ts';
import { newColumns } from '../../shared/candle-columns.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import { instrumentFor } from './instruments.ts';
import { barCache, readers, type MarketSource } from './market-source.ts';

/** Start of the markets of tests. */
export const START = Date.UTC(2026, 0, 1);

/** A candle by hand: open, high, low, close; null is a candle that the data lack. */
export type Row = readonly [open: number, high: number, low: number, close: number] | null;

/**
 * A market of a few candles written by hand, from `START` on; half-spread and stop slippage are round: 0.1 %
 * each way and 0.2 % more for a stop.
 */
export function handMarket(
  rows: Readonly<Record<Pair, readonly Row[]>>,
  options: { timeframe?: Timeframe; toMs?: number | null; fromMs?: number } = {},
): MarketSource {
  const timeframe = options.timeframe ?? '1h';
  const step = timeframeMs(timeframe);
  const pairs = Object.keys(rows);
  const columns = new Map(pairs.map((pair) => [pair, columnsOf(rows[pair] ?? [], step)]));
  const of = (pair: Pair): CandleColumns => columns.get(pair) ?? newColumns(0);
  const count = Math.max(...pairs.map((pair) => rows[pair]?.length ?? 0));
  return {
    pairs,
    instruments: new Map(
      pairs.map((pair) => [
        pair,
        {
          ...instrumentFor(pair, of(pair).close[0] ?? 1),
          halfSpread: 0.001,
          stopSlippage: 0.002,
        },
      ]),
    ),
    baseTimeframe: timeframe,
    fromMs: options.fromMs ?? START,
    toMs: options.toMs === undefined ? START + count * step : options.toMs,
    files: [],
    passedOver: [],
    ...readers(
      timeframe,
      of,
      barCache((pair, to) => aggregateCandles(of(pair), timeframe, to)),
    ),
  };
}

function columnsOf(rows: readonly Row[], step: number): CandleColumns {
  const there = rows.flatMap((row, i) => (row === null ? [] : [{ row, at: START + i * step }]));
  const columns = newColumns(there.length);
  there.forEach(({ row, at }, i) => {
    columns.timeMs[i] = at;
    [columns.open[i], columns.high[i], columns.low[i], columns.close[i]] = row;
    columns.volume[i] = 10;
  });
  return columns;
}
