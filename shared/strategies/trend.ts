import { againstExtension, entrySignal, type StrategyOptions } from './entry.ts';
import { EXIT_PARAMETERS } from './exits.ts';
import {
  closeSignal,
  holdSignal,
  type Strategy,
  type StrategySignal,
  type StrategyView,
} from './strategy.ts';

/**
 * Long for as long as an up-trend stands on the timeframe (TrendState: EMA 21 over 50, close above
 * both's slower, ADX 14 with hysteresis), close when it does not and a position is there. A state, not
 * the crossing: a desk that was stopped out or started late still sees the trend. `short` is said in a
 * down-trend only where the desk allows it.
 */
export function trendStrategy(options: StrategyOptions = {}): Strategy {
  const timeframe = options.timeframe ?? '1h';
  const exits = options.exits ?? EXIT_PARAMETERS;
  return {
    name: 'trend',
    decide(view: StrategyView): StrategySignal {
      const data = view.timeframes[timeframe];
      const at = data?.indicators;
      if (
        !at ||
        at.trendDirection === null ||
        at.atr14 === null ||
        at.ema21 === null ||
        at.ema50 === null ||
        at.adx14 === null
      ) {
        return holdSignal(`no trend known: too few closed ${timeframe} bars`);
      }
      const seen = [
        `EMA 21 ${at.ema21 > at.ema50 ? 'above' : 'below'} EMA 50 on ${timeframe}`,
        `close ${view.price > at.ema50 ? 'above' : 'below'} EMA 50`,
        `ADX 14 at ${at.adx14.toFixed(1)}`,
      ];
      const wanted = at.trendDirection === 1 || (at.trendDirection === -1 && options.canShort);
      if (!wanted) {
        return view.hasPosition
          ? closeSignal('the trend that carried the position is over', seen)
          : holdSignal('no up-trend stands', seen);
      }
      return entrySignal(view, at.trendDirection, at.atr14, exits, seen, {
        horizonHours: 72,
        reasoning: `${at.trendDirection === 1 ? 'up' : 'down'}-trend stands on ${timeframe}`,
        against: againstExtension(at.rsi14),
      });
    },
  };
}
