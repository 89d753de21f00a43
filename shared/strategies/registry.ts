import { breakoutStrategy } from './breakout.ts';
import type { StrategyOptions } from './entry.ts';
import { holdStrategy } from './hold.ts';
import { trendStrategy } from './trend.ts';
import type { Strategy } from './strategy.ts';

/** Names of the strategies a profile may list as deciders. */
export const STRATEGY_NAMES = ['trend', 'breakout', 'hold'] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

export function createStrategy(name: StrategyName, options: StrategyOptions = {}): Strategy {
  switch (name) {
    case 'trend':
      return trendStrategy(options);
    case 'breakout':
      return breakoutStrategy(options);
    case 'hold':
      return holdStrategy();
    default:
      return name satisfies never;
  }
}
