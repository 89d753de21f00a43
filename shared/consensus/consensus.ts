import type { Action, Decision } from '../decision.ts';
import type { ConsensusKind, ConsensusSettings } from './settings.ts';

export type Vote = Action | 'absent';

/** The decision of a desk, and how it came about. */
export interface Consensus {
  action: Action;
  /** Null for a hold, which no decision stands behind. */
  confidence: number | null;
  /** Null for a hold. */
  decision: Decision | null;
  /** Every decider of the roster, in its order. */
  votes: { decider: string; vote: Vote }[];
  /** One plain sentence. */
  reason: string;
}

/** A consensus as it is stored: with the settings that were used, and what every other rule would have done. */
export interface RecordedConsensus extends Consensus {
  kind: ConsensusKind;
  others: Partial<Record<ConsensusKind, Pick<Consensus, 'action' | 'confidence' | 'reason'>>>;
  rule: Omit<ConsensusSettings, 'kind'> & { roster: string[] };
}
