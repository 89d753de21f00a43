import type { Action, Decision } from '../decision.ts';
import type { ConsensusKind, ConsensusSettings, DeciderRecord } from './settings.ts';

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

/** A decider's record as a cycle used it. */
export interface UsedRecord extends DeciderRecord {
  decider: string;
  /** What the record belongs to: model and prompt version, or strategy. */
  variant: string;
  /** Its share of the pool. */
  weight: number;
}

/** A consensus as it is stored: with the settings that were used, and what every other rule would have done. */
export interface RecordedConsensus extends Consensus {
  kind: ConsensusKind;
  others: Partial<Record<ConsensusKind, Pick<Consensus, 'action' | 'confidence' | 'reason'>>>;
  rule: Omit<ConsensusSettings, 'kind'> & { roster: string[] };
  /** What was known of each of the roster before the decision; absent in old records. */
  records?: UsedRecord[];
  /** Where those who hold want the stop of a position, percent below the price; absent in old records. */
  heldStopPct?: number | null;
}
