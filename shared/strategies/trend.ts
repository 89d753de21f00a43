import { directionStrategy } from './direction-strategy.ts';
import type { StrategyOptions } from './entry.ts';
import type { Strategy } from './strategy.ts';

export const TREND_HORIZON_HOURS = 72;

/**
 * Long for as long as an up-trend stands on the timeframe (TrendState: EMA 21 over 50, close above
 * both's slower, ADX 14 with hysteresis), close when it does not and a position is there.
 */
export function trendStrategy(options: StrategyOptions = {}): Strategy {
  return directionStrategy(
    {
      name: 'trend',
      horizonHours: TREND_HORIZON_HOURS,
      read(at, { price }, timeframe) {
        const { trendDirection: direction, atr14, ema21, ema50, adx14 } = at;
        if (direction === null || atr14 === null) return null;
        if (ema21 === null || ema50 === null || adx14 === null) return null;
        const seen = [
          `EMA 21 ${ema21 > ema50 ? 'above' : 'below'} EMA 50 on ${timeframe}`,
          `close ${price > ema50 ? 'above' : 'below'} EMA 50`,
          `ADX 14 at ${adx14.toFixed(1)}`,
        ];
        return { direction, atr14, seen };
      },
      words: {
        unknown: 'no trend',
        over: 'the trend that carried the position is over',
        none: 'no up-trend stands',
        stands: (direction, timeframe) =>
          `${direction === 1 ? 'up' : 'down'}-trend stands on ${timeframe}`,
      },
    },
    options,
  );
}
