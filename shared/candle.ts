/**
 * Closed bars of one pair and timeframe as columns, oldest first, all of one length. `timeMs` is each
 * bar's open time. Missing bars are absent, never filled. Floats: candles feed indicators and fills,
 * the money that follows from them is Decimal.
 */
export interface CandleColumns {
  timeMs: Float64Array;
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** In the base asset. */
  volume: Float64Array;
}

export interface Candle {
  timeMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}
