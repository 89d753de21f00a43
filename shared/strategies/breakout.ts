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
 * Long from a close above the 20-bar Donchian channel until a close below the 10-bar one (BreakoutState),
 * close after that when a position is there.
 */
export function breakoutStrategy(options: StrategyOptions = {}): Strategy {
  const timeframe = options.timeframe ?? '1h';
  const exits = options.exits ?? EXIT_PARAMETERS;
  return {
    name: 'breakout',
    decide(view: StrategyView): StrategySignal {
      const at = view.timeframes[timeframe]?.indicators;
      if (!at || at.breakoutDirection === null || at.atr14 === null) {
        return holdSignal(`no channel known: too few closed ${timeframe} bars`);
      }
      const seen = [
        `20-bar channel ${price(at.donchian20Low)} to ${price(at.donchian20High)} on ${timeframe}`,
        `10-bar channel ${price(at.donchian10Low)} to ${price(at.donchian10High)}`,
      ];
      const wanted =
        at.breakoutDirection === 1 || (at.breakoutDirection === -1 && options.canShort);
      if (!wanted) {
        return view.hasPosition
          ? closeSignal('the breakout that carried the position has failed', seen)
          : holdSignal('no upward breakout stands', seen);
      }
      return entrySignal(view, at.breakoutDirection, at.atr14, exits, seen, {
        horizonHours: 48,
        reasoning: `${at.breakoutDirection === 1 ? 'upward' : 'downward'} breakout stands on ${timeframe}`,
        against: againstExtension(at.rsi14),
      });
    },
  };
}

function price(value: number | null): string {
  return value === null ? 'unknown' : String(value);
}
