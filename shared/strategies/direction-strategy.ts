import type { IndicatorSet } from '../indicators/indicator-set.ts';
import { againstExtension, entrySignal, type StrategyOptions } from './entry.ts';
import { EXIT_PARAMETERS } from './exits.ts';
import {
  closeSignal,
  holdSignal,
  type Strategy,
  type StrategySignal,
  type StrategyView,
} from './strategy.ts';

/** A state that stands in the snapshot, and how it is told. */
export interface DirectionReading {
  direction: -1 | 0 | 1;
  atr14: number;
  /** What was seen, as evidence. */
  seen: string[];
}

/** What differs between strategies that follow a direction. */
export interface DirectionRule {
  name: string;
  horizonHours: number;
  /** Null while too few bars have closed. */
  read(at: IndicatorSet, view: StrategyView, timeframe: string): DirectionReading | null;
  words: {
    /** What is not known yet, e.g. `no trend`. */
    unknown: string;
    over: string;
    none: string;
    stands(direction: -1 | 1, timeframe: string): string;
  };
}

/**
 * Long for as long as a direction stands on the timeframe, close when it does not and a position is there. A
 * state, not the crossing: a desk that was stopped out or started late still sees it. `short` is said only
 * where the desk allows it.
 */
export function directionStrategy(rule: DirectionRule, options: StrategyOptions): Strategy {
  const timeframe = options.timeframe ?? '1h';
  const exits = options.exits ?? EXIT_PARAMETERS;
  const { name, horizonHours, words } = rule;
  return {
    name,
    decide(view: StrategyView): StrategySignal {
      const at = view.timeframes[timeframe]?.indicators;
      const reading = at === undefined ? null : rule.read(at, view, timeframe);
      if (at === undefined || reading === null) {
        return holdSignal(`${words.unknown} known: too few closed ${timeframe} bars`);
      }
      const { direction, atr14, seen } = reading;
      const held = !view.hasPosition ? null : view.isShort === true ? -1 : 1;
      if (held !== null && direction !== held) return closeSignal(words.over, seen);
      const mayShort = options.canShort === true || view.mayShort === true || held === -1;
      if (direction !== 1 && !(direction === -1 && mayShort)) return holdSignal(words.none, seen);
      return entrySignal(view, direction, atr14, exits, seen, {
        horizonHours,
        reasoning: words.stands(direction, timeframe),
        against: againstExtension(at.rsi14),
      });
    },
  };
}
