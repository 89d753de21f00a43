import type { RiskLimits } from '../risk/limits.ts';
import type { Snapshot } from '../snapshot.ts';

/** What a prompt is made of, besides its own words. */
export interface PromptParts {
  snapshot: Snapshot;
  /** Hash of the snapshot; part of the delimiters, so that no text inside can know them. */
  snapshotHash: string;
  limits: RiskLimits;
}
