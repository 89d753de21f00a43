import { z } from 'zod';
import { ACTIONS, DecisionSchema, type DeciderAnswer } from '../../../shared/decision.ts';
import type { Pair } from '../../../shared/pair.ts';
import type { RuleOutcome } from '../../../shared/risk/verdict.ts';
import { isoTime } from '../../../shared/timeframe.ts';
import type { Queryable } from '../database.ts';

/** One cycle as it was recorded, with what was said and how it was judged. Times are ISO 8601 UTC. */
export interface CycleStory {
  /** Workflow id. */
  id: string;
  pair: Pair;
  bar: string;
  decidedAt: string;
  snapshotHash: string;
  action: string;
  outcome: string;
  confidence: number | null;
  consensus: Consensus;
  /** In the profile's order of deciders; those without a vote last. */
  answers: DeciderAnswer[];
  /** Null where nothing was to be reviewed: a hold, a close. */
  verdict: { kind: string; rules: RuleOutcome[]; plan: unknown } | null;
}

const ShownSchema = z.union([z.number(), z.string(), z.null()]);
const RulesSchema = z.array(
  z.object({
    rule: z.string(),
    outcome: z.enum(['pass', 'shrink', 'veto', 'not-applicable']),
    observed: ShownSchema,
    limit: ShownSchema,
    unit: z.string(),
    note: z.string(),
  }),
);
const AnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answered'), decider: z.string(), decision: DecisionSchema }),
  z.object({ kind: z.literal('absent'), decider: z.string(), cause: z.string() }),
]);
const ConsensusSchema = z.object({
  action: z.enum(ACTIONS),
  confidence: z.number().nullable(),
  reason: z.string(),
  /** In the profile's order of deciders. */
  votes: z.array(z.object({ decider: z.string(), vote: z.string() })),
  /** What every other rule would have made of the same answers; absent in old records. */
  others: z
    .record(
      z.string(),
      z.object({ action: z.enum(ACTIONS), confidence: z.number().nullable(), reason: z.string() }),
    )
    .optional(),
  /** What was known of each of the roster, and its share of a weighted pool; absent in old records. */
  records: z
    .array(
      z.object({
        ...{ decider: z.string(), variant: z.string(), weight: z.number() },
        ...{ resolved: z.number(), independent: z.number(), brierSum: z.number() },
        ...{ alpha: z.number(), beta: z.number() },
      }),
    )
    .optional(),
});
export type Consensus = z.infer<typeof ConsensusSchema>;

interface Row {
  id: string;
  pair: string;
  bar: Date;
  decided_at: Date;
  snapshot_hash: string;
  action: string;
  outcome: string;
  confidence: number | null;
  consensus: unknown;
  answers: unknown;
  kind: string | null;
  rules: unknown;
  plan: unknown;
}

const CYCLES = `
  select c.*, v.kind, v.rules, v.plan,
         coalesce((select json_agg(d.answer order by d.decider) from decision d where d.cycle = c.id),
                  '[]') as answers
    from cycle c left join verdict v on v.id = c.id`;

/** Up to `limit` cycles of the desk, newest first; with `sinceMs` only those of bars from there on. */
export async function readCycles(
  db: Queryable,
  desk: string,
  { limit, sinceMs }: { limit: number; sinceMs?: number },
): Promise<CycleStory[]> {
  const { rows } = await db.query<Row>(
    `${CYCLES} where c.desk = $1 and ($3::timestamptz is null or c.bar >= $3)
      order by c.bar desc, c.pair desc limit $2`,
    [desk, limit, sinceMs === undefined ? null : new Date(sinceMs)],
  );
  return rows.map(fromRow);
}

/** How a person names a cycle: by its workflow id, by pair and bar, or as the newest one. */
export type CycleName =
  { kind: 'id'; id: string } | { kind: 'bar'; pair: Pair; barMs: number } | { kind: 'last' };

/** The named cycle of the desk, or null when it has recorded none such. */
export async function readCycle(
  db: Queryable,
  desk: string,
  name: CycleName,
): Promise<CycleStory | null> {
  if (name.kind === 'last') return (await readCycles(db, desk, { limit: 1 }))[0] ?? null;
  const [condition, values] =
    name.kind === 'id'
      ? [`c.id = $2`, [name.id]]
      : [`c.pair = $2 and c.bar = $3`, [name.pair, new Date(name.barMs)]];
  const { rows } = await db.query<Row>(`${CYCLES} where c.desk = $1 and ${condition}`, [
    desk,
    ...values,
  ]);
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

function fromRow(row: Row): CycleStory {
  const consensus = ConsensusSchema.parse(row.consensus);
  const places = new Map(consensus.votes.map((vote, n) => [vote.decider, n]));
  const place = ({ decider }: DeciderAnswer): number => places.get(decider) ?? places.size;
  return {
    id: row.id,
    pair: row.pair,
    bar: isoTime(row.bar.getTime()),
    decidedAt: isoTime(row.decided_at.getTime()),
    snapshotHash: row.snapshot_hash,
    action: row.action,
    outcome: row.outcome,
    confidence: row.confidence,
    consensus,
    answers: z
      .array(AnswerSchema)
      .parse(row.answers)
      .sort((a, b) => place(a) - place(b)),
    verdict:
      row.kind === null
        ? null
        : { kind: row.kind, rules: RulesSchema.parse(row.rules), plan: row.plan },
  };
}
