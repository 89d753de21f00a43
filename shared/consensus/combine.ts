import type { DeciderAnswer, Decision } from '../decision.ts';
import type { Consensus } from './consensus.ts';
import { median } from './median.ts';
import { mergeDecisions, type Voice } from './merge-decisions.ts';
import { pooledProbability, spreadOfSide } from './pool.ts';
import { quorumOf, type Side } from './quorum.ts';
import {
  CONSENSUS_KINDS,
  type ConsensusKind,
  type ConsensusSettings,
  type DeciderRecord,
} from './settings.ts';
import { refusedByValue } from './value-gate.ts';

type Rule = Omit<ConsensusSettings, 'kind'>;

/**
 * The one decision of a desk. `roster` are the ids of the enabled deciders in the profile's order; answers of
 * others count only as the fallback, a decider that is not answered for is absent, and of two answers of one
 * decider the first counts. The result does not depend on the order of the answers.
 *
 * - `quorum`: see `quorumOf`; confidence is the median of those who agree, levels are their medians.
 * - `single`, `champion`: the decision of that one as it is; a hold when it is absent.
 * - `weighted`: the side that is likelier by `pooledProbability` acts from the threshold on; levels are the medians
 *   of those who said so, and somebody must have. It needs its least answers, and no more spread between them
 *   than the settings allow. A close needs more than half of the roster.
 *
 * An entry then passes the value gate, if there is one. When all are absent the fallback is followed.
 */
export function combineDecisions(
  kind: ConsensusKind,
  answers: readonly DeciderAnswer[],
  roster: readonly string[],
  settings: Rule,
  records: Readonly<Record<string, DeciderRecord>> = {},
): Consensus {
  const decisionOf = (decider: string): Decision | null => {
    const answer = answers.find((a) => a.decider === decider);
    return answer?.kind === 'answered' ? answer.decision : null;
  };
  const enabled = [...new Set(roster)];
  const voices = enabled.map((decider) => ({ decider, decision: decisionOf(decider) }));
  const votes = voices.map(({ decider, decision }) => ({
    decider,
    vote: decision?.action ?? ('absent' as const),
  }));
  const result = (action: Decision['action'], decision: Decision | null, reason: string) => ({
    action,
    confidence: decision?.confidence ?? null,
    decision,
    votes,
    reason,
  });
  const hold = (reason: string): Consensus => result('hold', null, reason);
  const act = (decision: Decision, reason: string): Consensus => {
    if (decision.action === 'hold') return hold(reason);
    if (decision.action === 'close') return result('close', decision, reason);
    const refused = refusedByValue(decision, settings.valueGate);
    return refused === null ? result(decision.action, decision, reason) : hold(refused);
  };
  const follow = (decider: string, as: string): Consensus => {
    const decision = decisionOf(decider);
    if (decision === null) return hold(`${as} ${decider} is absent`);
    return act(decision, `${as} ${decider} says ${decision.action}`);
  };

  const answered = voices.filter((v): v is Voice => v.decision !== null);
  if (answered.length === 0 && settings.fallback !== null) {
    return follow(settings.fallback, 'nobody answered, fallback');
  }
  const merged = (side: Side, confidence: number | null, reason: string): Consensus => {
    const agreeing = answered.filter((v) => v.decision.action === side);
    const sure = confidence ?? median(agreeing.map((v) => v.decision.confidence));
    if (sure === null) return hold(`${reason}, but nobody says ${side}`);
    const names = agreeing.map((v) => v.decider).join(', ');
    return act(mergeDecisions(agreeing, sure, `${reason}: ${names}`), reason);
  };

  switch (kind) {
    case 'quorum': {
      const { side, reason } = quorumOf(votes, settings);
      return side === null ? hold(reason) : merged(side, null, reason);
    }
    case 'single':
    case 'champion': {
      const named = (kind === 'single' ? settings.decider : settings.champion) ?? enabled[0];
      return named === undefined ? hold('the roster is empty') : follow(named, kind);
    }
    case 'weighted': {
      const closes = votes.filter((v) => v.vote === 'close').length;
      if (closes * 2 > votes.length) {
        return merged('close', null, `${closes} of ${votes.length} say close`);
      }
      const forecasts = voices.map(({ decider, decision }) => ({
        vote: decision?.action ?? ('absent' as const),
        confidence: decision?.confidence ?? NaN,
        record: records[decider] ?? null,
      }));
      if (forecasts.length === 0) return hold('the roster is empty');
      if (answered.length < settings.leastAnswers) {
        return hold(
          `${answered.length} of ${voices.length} answered, ${settings.leastAnswers} needed`,
        );
      }
      const of = (side: 'long' | 'short') => pooledProbability(side, forecasts, settings.sharpness);
      const isShort = votes.some((v) => v.vote === 'short') && of('short') > of('long');
      const side = isShort ? 'short' : 'long';
      const sure = of(side);
      const reason = `pooled probability ${sure.toFixed(2)} of ${side}`;
      if (sure < settings.threshold) return hold(`${reason} is below ${settings.threshold}`);
      if (!votes.some((v) => v.vote === side)) return hold(`${reason}, but nobody says ${side}`);
      const spread = spreadOfSide(side, forecasts);
      // Records from before this setting do not have it.
      if (spread > (settings.mostSpread ?? Infinity)) {
        return hold(`${reason}, but they differ by ${spread.toFixed(2)}`);
      }
      return merged(side, sure, reason);
    }
    default:
      return kind satisfies never;
  }
}

/** What each way of combining would have made of the same answers, to be recorded beside the one that counts. */
export function compareConsensus(
  answers: readonly DeciderAnswer[],
  roster: readonly string[],
  settings: Rule,
  records: Readonly<Record<string, DeciderRecord>> = {},
): Record<ConsensusKind, Pick<Consensus, 'action' | 'confidence' | 'reason'>> {
  const of = (kind: ConsensusKind) => {
    const { action, confidence, reason } = combineDecisions(
      kind,
      answers,
      roster,
      settings,
      records,
    );
    return { action, confidence, reason };
  };
  const entries = CONSENSUS_KINDS.map((kind) => [kind, of(kind)] as const);
  return Object.fromEntries(entries) as ReturnType<typeof compareConsensus>; // one entry per kind
}
