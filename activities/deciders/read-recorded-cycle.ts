import type { RecordedConsensus } from '../../shared/consensus/consensus.ts';
import type { RecordedCall } from '../../shared/llm/recorded-answer.ts';
import type { Profile } from '../../shared/profile.ts';
import type { PromptVersion } from '../../shared/prompts/versions.ts';
import type { RecordedCycle, RecordedOrder } from '../../shared/replay/replay-cycle.ts';
import type { EntryReviewInput } from '../../shared/risk/entry-input.ts';
import { OrderPlanSchema } from '../../shared/risk/plan.ts';
import { SnapshotSchema } from '../../shared/snapshot.ts';
import type { Queryable } from '../ledger/database.ts';
import type { CycleStory } from '../ledger/records/read-cycles.ts';
import { ordersWhere, type StoredOrder } from '../orders/order-store.ts';

/**
 * Everything that a cycle was decided with. Throws when its snapshot is no longer stored. What this program
 * wrote in a form of its own (profile, review input) is taken as it is.
 */
export async function readRecordedCycle(db: Queryable, story: CycleStory): Promise<RecordedCycle> {
  const one = async <T>(sql: string, values: unknown[]): Promise<T | null> =>
    ((await db.query(sql, values)).rows[0] as T | undefined) ?? null;
  const body = await one<{ body: unknown }>(`select body from document where hash = $1`, [
    story.snapshotHash,
  ]);
  if (body === null) {
    throw new Error(
      `the snapshot ${story.snapshotHash} of ${story.id} is no longer stored: it cannot be replayed`,
    );
  }
  const consensus = await one<{ consensus: RecordedConsensus; profile: Profile | null }>(
    `select c.consensus, d.body as profile
       from cycle c left join document d on d.hash = c.profile_hash where c.id = $1`,
    [story.id],
  );
  if (consensus === null) throw new Error(`cycle ${story.id} is not in the database`);
  const input = await one<{ input: Omit<EntryReviewInput, 'decision'> | null }>(
    `select input from verdict where id = $1`,
    [story.id],
  );
  // As it was first written down; one that was priced anew is another order.
  const orders = await ordersWhere(db, `verdict = $1 and leg = 'entry' and n = 1`, [story.id]);
  const prompts = await db.query<{ version: PromptVersion; system: string; user: string }>(
    `select version, system_text as system, user_text as "user" from prompt
      where hash in (select prompt from llm_call where cycle = $1) order by version`,
    [story.id],
  );
  const calls = await db.query<RecordedCall & { decider: string }>(
    `select decider, purpose, state, api, request, response as text from llm_call
      where cycle = $1 order by decider, n`,
    [story.id],
  );
  // The hash is of what was stored: nothing may be added or dropped by parsing.
  SnapshotSchema.parse(body.body);
  return {
    id: story.id,
    outcome: story.outcome,
    snapshot: { hash: story.snapshotHash, body: body.body as SnapshotOf },
    profile: consensus.profile,
    answers: story.answers,
    calls: calls.rows,
    prompts: prompts.rows,
    consensus: consensus.consensus,
    verdict:
      story.verdict === null
        ? null
        : {
            kind: story.verdict.kind,
            rules: story.verdict.rules,
            plan: entryPlan(story.verdict.plan),
            input: input?.input ?? null,
          },
    order: orders[0] === undefined ? null : orderOf(orders[0]),
  };
}

type SnapshotOf = RecordedCycle['snapshot']['body'];

function orderOf(order: StoredOrder): RecordedOrder {
  const { clientOrderId, side, kind, quantity, price, postOnly, expiresAtMs } = order;
  return { clientOrderId, side, kind, quantity, price, postOnly, expiresAtMs };
}

function entryPlan(stored: unknown): NonNullable<RecordedCycle['verdict']>['plan'] {
  if (stored === null) return null;
  const plan = OrderPlanSchema.parse(stored);
  return plan.kind === 'enter' ? plan : null;
}
