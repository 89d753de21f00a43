import type { ClosedBar } from '../../shared/guard/exit-after-bar.ts';
import type { ExitTerms } from '../../shared/guard/exit-terms.ts';
import { computeIndicators } from '../../shared/indicators/indicator-set.ts';
import type { Pair } from '../../shared/pair.ts';
import { barOpenMs, type Timeframe } from '../../shared/timeframe.ts';
import type { CandleStore } from './candle-store.ts';

/**
 * What a guard looks at when a bar closes: the pair's last bar on the desk's timeframe, the highest high
 * and the lowest low since the bar in which the position was opened, and the series that its invalidation names, on the last closed bar
 * of that timeframe. Null when no such bar is stored.
 */
export async function readExitBar(
  candles: CandleStore,
  of: {
    pair: Pair;
    terms: Pick<ExitTerms, 'timeframe' | 'invalidation'>;
    atMs: number;
    /** Venue time of the first fill. */
    sinceMs: number;
  },
): Promise<ClosedBar | null> {
  const { pair, terms, atMs, sinceMs } = of;
  const read = async (timeframe: Timeframe) => {
    const bars = await candles.closedBy({ pair, timeframe }, atMs);
    return { bars, indicators: computeIndicators(bars) };
  };
  const { bars, indicators } = await read(terms.timeframe);
  const close = bars.close.at(-1);
  if (close === undefined) return null;
  const from = barOpenMs(sinceMs, terms.timeframe);
  const since = (prices: Float64Array) => prices.filter((_, i) => bars.timeMs[i]! >= from);
  const highs = since(bars.high);
  if (highs.length === 0) return null;
  const { invalidation } = terms;
  const watched = invalidation === null ? null : await read(invalidation.timeframe);
  return {
    close,
    highest: Math.max(...highs),
    lowest: Math.min(...since(bars.low)),
    atr: indicators.atr14,
    watched:
      invalidation === null || watched === null
        ? null
        : invalidation.series === 'close'
          ? (watched.bars.close.at(-1) ?? null)
          : watched.indicators[invalidation.series],
  };
}
