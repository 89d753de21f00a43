import type { CandleColumns } from './candle.ts';

/** Empty columns with room for `length` bars. */
export function newColumns(length: number): CandleColumns {
  return {
    timeMs: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  };
}

/** The same change made to each column. */
export function mapColumns(
  columns: CandleColumns,
  change: (column: Float64Array) => Float64Array,
): CandleColumns {
  return {
    timeMs: change(columns.timeMs),
    open: change(columns.open),
    high: change(columns.high),
    low: change(columns.low),
    close: change(columns.close),
    volume: change(columns.volume),
  };
}

/** A copy of the bars [`from`, `to`) of `columns`, by index. */
export function sliceColumns(columns: CandleColumns, from: number, to: number): CandleColumns {
  return mapColumns(columns, (column) => column.slice(from, to));
}
