import { DecisionSchema, type DeciderAnswer, type Decision } from '../../shared/decision.ts';
import type { Profile, StrategyDecider } from '../../shared/profile.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { StrategySignal } from '../../shared/strategies/strategy.ts';
import { createStrategy } from '../../shared/strategies/registry.ts';
import type { DocumentStore } from '../ledger/documents.ts';
import { strategyView } from './strategy-view.ts';

export interface DeciderDeps {
  profile: Profile;
  documents: DocumentStore;
}

export type DeciderActivities = ReturnType<typeof createDeciderActivities>;

export function createDeciderActivities({ profile, documents }: DeciderDeps) {
  const roster = new Map(
    profile.deciders
      .filter((d) => d.provider === 'strategy')
      .map((d) => [
        d.id,
        { profile: d, strategy: createStrategy(d.strategy, { timeframe: profile.timeframe }) },
      ]),
  );
  return {
    /** Asks a strategy of the profile: a pure function of the snapshot. */
    async askDecider(ask: { decider: string; snapshot: string }): Promise<DeciderAnswer> {
      const decider = roster.get(ask.decider);
      if (decider === undefined) {
        return { kind: 'absent', decider: ask.decider, cause: 'not in the profile any more' };
      }
      const snapshot = (await documents.get(ask.snapshot)) as Snapshot; // its hash says it is ours
      const signal = decider.strategy.decide(strategyView(snapshot));
      return {
        kind: 'answered',
        decider: ask.decider,
        decision: DecisionSchema.parse(decisionOf(signal, decider.profile)),
      };
    },
  };
}

/** A strategy's signal as a decision; its confidence is the profile's constant. */
function decisionOf(signal: StrategySignal, decider: StrategyDecider): Decision {
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
