import type { DeciderAnswer } from '../../shared/decision.ts';
import type { Profile } from '../../shared/profile.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { strategyDecider } from '../../shared/strategies/strategy-decider.ts';
import type { DocumentStore } from '../ledger/documents.ts';

export interface DeciderDeps {
  profile: Profile;
  documents: DocumentStore;
}

export type DeciderActivities = ReturnType<typeof createDeciderActivities>;

export function createDeciderActivities({ profile, documents }: DeciderDeps) {
  const roster = new Map(
    profile.deciders
      .filter((d) => d.provider === 'strategy')
      .map((d) => [d.id, strategyDecider(d, profile)]),
  );
  return {
    /** Asks a strategy of the profile: a pure function of the snapshot. */
    async askDecider(ask: { decider: string; snapshot: string }): Promise<DeciderAnswer> {
      const decide = roster.get(ask.decider);
      if (decide === undefined) {
        return { kind: 'absent', decider: ask.decider, cause: 'not in the profile any more' };
      }
      const snapshot = (await documents.get(ask.snapshot)) as Snapshot; // its hash says it is ours
      return { kind: 'answered', decider: ask.decider, decision: decide(snapshot) };
    },
  };
}
