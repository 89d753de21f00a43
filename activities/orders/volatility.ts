import type { CandleColumns } from '../../shared/candle.ts';
import { Atr } from '../../shared/indicators/atr.ts';

/** Bars over which the usual volatility is taken: 30 days of hours. */
const USUAL_BARS = 720;

/**
 * ATR 14 in percent of the price, and over its own mean of the last 720 bars (what is there of them);
 * null while not warmed up.
 */
export function volatility(bars: CandleColumns): {
  atrPct: number | null;
  volatilityRatio: number | null;
} {
  const atr = new Atr(14);
  let sum = 0;
  let count = 0;
  let latest: number | null = null;
  for (let i = Math.max(0, bars.close.length - USUAL_BARS); i < bars.close.length; i++) {
    atr.update(bars.high[i]!, bars.low[i]!, bars.close[i]!);
    if (!atr.ready) continue;
    latest = (atr.value / bars.close[i]!) * 100;
    sum += latest;
    count++;
  }
  return {
    atrPct: latest,
    volatilityRatio: latest === null || sum === 0 ? null : latest / (sum / count),
  };
}
