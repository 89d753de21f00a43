import type { CandleColumns } from '../../shared/candle.ts';

/** A closed bar as the database has it; its volume is not asked for. */
export interface BarRow {
  open_at: Date;
  open: number;
  high: number;
  low: number;
  close: number;
}

/** The bars as columns, volumes 0. */
export function barColumns(rows: readonly BarRow[]): CandleColumns {
  return {
    timeMs: Float64Array.from(rows, (row) => row.open_at.getTime()),
    open: Float64Array.from(rows, (row) => row.open),
    high: Float64Array.from(rows, (row) => row.high),
    low: Float64Array.from(rows, (row) => row.low),
    close: Float64Array.from(rows, (row) => row.close),
    volume: new Float64Array(rows.length),
  };
}
