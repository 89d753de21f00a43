import { sliceColumns } from '../../shared/candle-columns.ts';
import type { Invalidation } from '../../shared/backtest/guarded-exits.ts';
import { computeIndicators } from '../../shared/indicators/indicator-set.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import type { PairData } from './study.ts';

/** Bars that a series is reckoned over, as shadow accounts do. */
const WINDOW_BARS = 720;

/** Values of the series that invalidations name; null on another timeframe than the study's. */
export function watchedSeries(data: readonly PairData[], timeframe: Timeframe) {
  return (pair: number, bar: number, of: Invalidation): number | null => {
    if (of.timeframe !== timeframe) return null;
    const { bars } = data[pair]!;
    if (of.series === 'close') return bars.close[bar]!;
    const window = sliceColumns(bars, Math.max(0, bar + 1 - WINDOW_BARS), bar + 1);
    return computeIndicators(window)[of.series];
  };
}
