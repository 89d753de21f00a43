import type { CandleColumns } from '../../shared/candle.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import type { Pair } from '../../shared/pair.ts';

/** Seeded hours of three pairs, on the venue's ticks: what a desk and a backtest are both given. */
const MARKET: { pair: Pair; scale: number; decimals: number }[] = [
  { pair: 'BTC/USDT', scale: 100, decimals: 1 },
  { pair: 'XRP/USDT', scale: 0.002, decimals: 5 },
  { pair: 'XRP/BTC', scale: 2.1e-7, decimals: 8 },
];

export interface LockstepPair {
  pair: Pair;
  decimals: number;
  bars: CandleColumns;
}

export function lockstepMarket(bars: number, seed: number): LockstepPair[] {
  return MARKET.map(({ pair, scale, decimals }, k) => {
    const columns = seededCandles(bars, seed + k);
    const unit = 10 ** decimals;
    const onTick = (values: Float64Array): Float64Array =>
      values.map((x) => Math.max(1, Math.round(x * scale * unit)) / unit);
    const { timeMs, open, high, low, close, volume } = columns;
    return {
      pair,
      decimals,
      bars: {
        timeMs,
        open: onTick(open),
        high: onTick(high),
        low: onTick(low),
        close: onTick(close),
        volume: volume.map((x) => x / scale),
      },
    };
  });
}
