import type { CandleColumns } from '../../../shared/candle.ts';
import { Atr } from '../../../shared/indicators/atr.ts';
import { timeframeMs, type Timeframe } from '../../../shared/timeframe.ts';

/** Bars over which the usual volatility is taken: 30 days of hours. */
const USUAL_BARS = 720;
/** Returns below which no yearly volatility is told: a day of hours. */
const LEAST_RETURNS = 24;
const YEAR_MS = 365.25 * 86_400_000;

export interface Volatility {
  /** ATR 14 in percent of the price. */
  atrPct: number | null;
  /** That over its own mean of the bars that are looked at. */
  volatilityRatio: number | null;
  /** Standard deviation of the bars' log returns, scaled to a year, percent. */
  volatilityPctPerYear: number | null;
}

/** How much the pair moves, by its last 720 bars (what is there of them); null while not warmed up. */
export function volatility(bars: CandleColumns, timeframe: Timeframe): Volatility {
  const atr = new Atr(14);
  const returns: number[] = [];
  let sum = 0;
  let count = 0;
  let latest: number | null = null;
  const first = Math.max(0, bars.close.length - USUAL_BARS);
  for (let i = first; i < bars.close.length; i++) {
    const close = bars.close[i]!;
    atr.update(bars.high[i]!, bars.low[i]!, close);
    if (i > first) returns.push(Math.log(close / bars.close[i - 1]!));
    if (!atr.ready) continue;
    latest = (atr.value / close) * 100;
    sum += latest;
    count++;
  }
  return {
    atrPct: latest,
    volatilityRatio: latest === null || sum === 0 ? null : latest / (sum / count),
    volatilityPctPerYear:
      returns.length < LEAST_RETURNS
        ? null
        : 100 * deviation(returns) * Math.sqrt(YEAR_MS / timeframeMs(timeframe)),
  };
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
