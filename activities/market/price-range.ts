import type { Candle } from '../../shared/candle.ts';

/** Prices that were traded, quote per base. */
export interface PriceRange {
  low: number;
  high: number;
}

/**
 * Turns restatements of a pair's running bar into what was traded since the one before: a bar that grew tells
 * its new extremes, a new bar its whole range, and the first one seen its last price only, for the rest of it
 * may be older than the question.
 */
export function priceRanges(): { read(key: string, candle: Candle): PriceRange } {
  const before = new Map<string, Candle>();
  return {
    read(key, candle) {
      const last = before.get(key);
      if (last === undefined || candle.timeMs >= last.timeMs) before.set(key, candle);
      const { close } = candle;
      if (last === undefined) return { low: close, high: close };
      if (last.timeMs !== candle.timeMs) return { low: candle.low, high: candle.high };
      return {
        low: candle.low < last.low ? candle.low : close,
        high: candle.high > last.high ? candle.high : close,
      };
    },
  };
}
