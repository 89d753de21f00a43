import type pg from 'pg';
import { recordsByDecider, rosterRecords } from '../../shared/arena/fold-records.ts';
import { variantsOf } from '../../shared/arena/variants.ts';
import { combineDecisions, compareConsensus } from '../../shared/consensus/combine.ts';
import type { Consensus, RecordedConsensus, UsedRecord } from '../../shared/consensus/consensus.ts';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { heldStopPct } from '../../shared/guard/exit-review.ts';
import { rosterOf, type Profile } from '../../shared/profile.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { answersTable, saidBy } from './answers-table.ts';
import { readChampion } from './desk/desk-commands.ts';
import type { DocumentStore } from './documents.ts';

/** What a cycle is told of its consensus; all of it is stored under `hash`. */
export interface CombinedAnswers {
  action: Consensus['action'];
  confidence: number | null;
  reason: string;
  answered: number;
  said: Record<string, string>;
  table: string;
  hash: string;
  /** Where those who hold want the stop of an open position, percent below the price. */
  heldStopPct: number | null;
}

/**
 * Combines the answers by the profile's rule and stores all of it: the answers, the settings and records that
 * were used, and what every other rule would have made of them. `atMs` (venue time) is the close that it is about:
 * records are those of that close. Costs of the value gate are those of the snapshot. Keyed by cycle and decider.
 */
export async function combineAnswers(
  deps: { pool: pg.Pool; desk: string; profile: Profile; documents: DocumentStore },
  of: { cycle: string; atMs: number; snapshot: string; answers: DeciderAnswer[] },
): Promise<CombinedAnswers> {
  const { pool, desk, profile, documents } = deps;
  const { kind, ...settings } = profile.consensus;
  if (kind === 'champion') settings.champion = await readChampion(pool, desk, profile);
  if (settings.valueGate?.costPct === null) {
    const { costs } = (await documents.get(of.snapshot)) as Snapshot; // its hash says it is ours
    const { roundTripPct: costPct, marginRatePct: shortRatePct } = costs;
    settings.valueGate = {
      ...settings.valueGate,
      costPct,
      ...(shortRatePct === undefined ? {} : { shortRatePct }),
    };
  }
  const roster = rosterOf(profile);
  const { rows } = await pool.query<{ records: UsedRecord[] }>(
    `with said as (
       insert into decision (cycle, decider, answer)
       select $1, decider, answer::jsonb from unnest($2::text[], $3::text[]) as a (decider, answer)
       on conflict do nothing)
     select records from decider_record where desk = $4 and at <= $5 order by at desc limit 1`,
    [
      ...[of.cycle, of.answers.map((a) => a.decider), of.answers.map((a) => JSON.stringify(a))],
      ...[desk, new Date(of.atMs)],
    ],
  );
  const stored = rows[0]?.records ?? [];
  const records = rosterRecords(
    roster,
    variantsOf(profile),
    ({ decider, variant }) =>
      stored.find((r) => r.decider === decider && r.variant === variant) ?? null,
  );
  const byDecider = recordsByDecider(records);
  const combined = combineDecisions(kind, of.answers, roster, settings, byDecider);
  const { [kind]: _own, ...others } = compareConsensus(of.answers, roster, settings, byDecider);
  const stopPct = heldStopPct(of.answers, roster);
  const recorded: RecordedConsensus = {
    ...{ kind, ...combined, others, rule: { ...settings, roster } },
    ...{ records, heldStopPct: stopPct },
  };
  return {
    action: combined.action,
    confidence: combined.confidence,
    reason: combined.reason,
    answered: of.answers.filter((a) => a.kind === 'answered').length,
    said: saidBy(of.answers),
    table: answersTable(of.answers),
    hash: await documents.put('consensus', recorded),
    heldStopPct: stopPct,
  };
}
