import { directionStrategy } from './direction-strategy.ts';
import type { StrategyOptions } from './entry.ts';
import type { Strategy } from './strategy.ts';

export const BREAKOUT_HORIZON_HOURS = 48;

/**
 * Long from a close above the 20-bar Donchian channel until a close below the 10-bar one (BreakoutState),
 * close after that when a position is there.
 */
export function breakoutStrategy(options: StrategyOptions = {}): Strategy {
  return directionStrategy(
    {
      name: 'breakout',
      horizonHours: BREAKOUT_HORIZON_HOURS,
      read(at, _view, timeframe) {
        const { breakoutDirection: direction, atr14 } = at;
        if (direction === null || atr14 === null) return null;
        const seen = [
          `20-bar channel ${price(at.donchian20Low)} to ${price(at.donchian20High)} on ${timeframe}`,
          `10-bar channel ${price(at.donchian10Low)} to ${price(at.donchian10High)}`,
        ];
        return { direction, atr14, seen };
      },
      words: {
        unknown: 'no channel',
        over: 'the breakout that carried the position has failed',
        none: 'no upward breakout stands',
        stands: (direction, timeframe) =>
          `${direction === 1 ? 'upward' : 'downward'} breakout stands on ${timeframe}`,
      },
    },
    options,
  );
}

function price(value: number | null): string {
  return value === null ? 'unknown' : String(value);
}
