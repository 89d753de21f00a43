import { DecisionSchema, type Decision } from '../decision.ts';
import type { Profile, StrategyDecider } from '../profile.ts';
import type { Snapshot } from '../snapshot.ts';
import { createStrategy } from './registry.ts';
import type { StrategySignal } from './strategy.ts';
import { strategyView } from './strategy-view.ts';

/** A strategy of a profile as a decider: a pure function of the snapshot. */
export function strategyDecider(
  decider: StrategyDecider,
  { timeframe }: Pick<Profile, 'timeframe'>,
): (snapshot: Snapshot) => Decision {
  const strategy = createStrategy(decider.strategy, { timeframe });
  return (snapshot) =>
    DecisionSchema.parse(decisionOf(strategy.decide(strategyView(snapshot)), decider));
}

/** A strategy's signal as a decision; its confidence is a constant that is set for it. */
export function decisionOf(
  signal: StrategySignal,
  decider: Pick<StrategyDecider, 'confidence'>,
): Decision {
  const isEntry = signal.action === 'long' || signal.action === 'short';
  return {
    evidenceFor: signal.evidenceFor,
    evidenceAgainst: signal.evidenceAgainst,
    action: signal.action,
    confidence: decider.confidence,
    horizonHours: signal.horizonHours > 0 ? signal.horizonHours : 24,
    entry: { type: 'market', price: null },
    stopLossPct: isEntry ? signal.stopPct : null,
    takeProfitPct: isEntry && signal.targetPct > 0 ? [signal.targetPct] : [],
    sizePct: null,
    leverage: null,
    expectedReturnPct: isEntry ? signal.expectedReturnPct : null,
    invalidation: null,
    reasoning: signal.reasoning,
  };
}
