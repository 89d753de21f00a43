import type { Candle } from '../candle.ts';
import type { IndicatorSet } from '../indicators/indicator-set.ts';
import type { Pair } from '../pair.ts';
import type { Timeframe } from '../timeframe.ts';

/** What a strategy may look at: closed bars only. Prices are in the pair's quote asset. */
export interface StrategyView {
  pair: Pair;
  /** Latest price, the close of the bar that is decided on. */
  price: number;
  /** Null or absent where the timeframe has no data. */
  timeframes: Partial<Record<Timeframe, TimeframeView | null>>;
  hasPosition: boolean;
  /** Whether that is a short; absent: bought. */
  isShort?: boolean;
  /** Whether a short is legal now; absent: only where the strategy is told so. */
  mayShort?: boolean;
}

export interface TimeframeView {
  indicators: IndicatorSet;
  lastCandle: Candle;
}

/**
 * A strategy's answer. Percentages are of the price, e.g. 1.5 for 1.5 %; they and the horizon are 0 for
 * `hold` and `close`. Confidence is not part of it: that is a constant of the profile.
 */
export interface StrategySignal {
  action: 'long' | 'short' | 'hold' | 'close';
  stopPct: number;
  targetPct: number;
  /** Before costs, under the strategy's stated assumption of how often the target is reached. */
  expectedReturnPct: number;
  horizonHours: number;
  evidenceFor: string[];
  evidenceAgainst: string[];
  reasoning: string;
}

/** A decider made of rules: a pure function of the view. */
export interface Strategy {
  name: string;
  decide(view: StrategyView): StrategySignal;
}

export function holdSignal(reasoning: string, against: string[] = []): StrategySignal {
  return {
    action: 'hold',
    stopPct: 0,
    targetPct: 0,
    expectedReturnPct: 0,
    horizonHours: 0,
    evidenceFor: [],
    evidenceAgainst: against,
    reasoning,
  };
}

export function closeSignal(reasoning: string, evidence: string[]): StrategySignal {
  return { ...holdSignal(reasoning), action: 'close', evidenceFor: evidence };
}
