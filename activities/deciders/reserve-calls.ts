import type pg from 'pg';
import { CATALOGUE_DATE } from '../../shared/llm/catalogue.ts';
import type { ResolvedModel } from '../../shared/llm/resolve-model.ts';
import type { LlmBudget } from '../../shared/llm/settings.ts';
import { Decimal } from '../../shared/money.ts';
import { inTransaction } from '../ledger/database.ts';

export type Purpose = 'decision' | 'repair';

/** A call before it is sent. */
export interface CallToReserve {
  cycle: string;
  decider: string;
  purpose: Purpose;
  model: ResolvedModel;
  prompt: string;
  request: Record<string, unknown>;
  /** Venue time of the cycle, Unix ms. */
  venueAtMs: number;
  /** The most that it can cost, USD. */
  mostUsd: Decimal;
}

export type Reserved = { kind: 'reserved'; id: string } | { kind: 'refused'; cause: string };

interface Waiting {
  call: CallToReserve;
  resolve: (reserved: Reserved) => void;
  reject: (error: unknown) => void;
}

/**
 * Takes what a call may cost from the budget and writes the call down, before it is sent. One reservation of
 * a desk happens at a time, whichever process asks, so two calls never take the same money; those that wait
 * in one process go together, in the order in which they came.
 */
export function createReservations(deps: {
  pool: pg.Pool;
  desk: string;
  budget: LlmBudget;
  /** The wall clock, Unix ms: budgets are of its UTC days. */
  clock: () => number;
}): (call: CallToReserve) => Promise<Reserved> {
  let waiting: Waiting[] = [];
  let isBusy = false;
  return (call) =>
    new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject });
      void workOff();
    });

  async function workOff(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await settle(batch);
    }
    isBusy = false;
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const reserved = await reserveAll(
        deps,
        batch.map(({ call }) => call),
      );
      batch.forEach(({ resolve }, n) => resolve(reserved[n]!));
    } catch (error) {
      // One that cannot be written must not take the others with it.
      if (batch.length > 1) for (const one of batch) await settle([one]);
      else batch[0]?.reject(error);
    }
  }
}

async function reserveAll(
  { pool, desk, budget, clock }: Parameters<typeof createReservations>[0],
  calls: readonly CallToReserve[],
): Promise<Reserved[]> {
  return inTransaction(pool, async (client) => {
    const atMs = clock();
    await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
      `model spend of ${desk}`,
    ]);
    const spent = await readSpent(client, desk, calls, atMs);
    const rows: unknown[][] = [];
    const refusals = calls.map((call) => {
      const cause = refusal(budget, call, spent);
      if (cause !== null) return cause;
      const n = spent.add(call);
      rows.push([
        ...[call.cycle, call.decider, n, call.purpose, call.model.provider, call.model.facts.id],
        ...[call.prompt, JSON.stringify(call.request), new Date(call.venueAtMs)],
        ...[call.mostUsd.toFixed(8), call.model.facts.api],
      ]);
      return null;
    });
    const ids = await insertAll(client, desk, rows, atMs);
    let next = 0;
    return refusals.map((cause) => {
      if (cause !== null) return { kind: 'refused', cause };
      return { kind: 'reserved', id: ids[next++]! };
    });
  });
}

/** Writes the calls down; their ids in the same order. */
async function insertAll(
  client: pg.PoolClient,
  desk: string,
  rows: readonly unknown[][],
  atMs: number,
): Promise<string[]> {
  if (rows.length === 0) return [];
  const column = (k: number): unknown[] => rows.map((row) => row[k]);
  const { rows: stored } = await client.query<{
    id: string;
    cycle: string;
    decider: string;
    n: number;
  }>(
    `insert into llm_call (desk, cycle, decider, n, purpose, provider, model, catalogue, prompt, request,
                           venue_at, sent_at, state, reserved_usd, api)
     select $1, c.cycle, c.decider, c.n, c.purpose, c.provider, c.model, $2, c.prompt, c.request::jsonb,
            c.venue_at, $3, 'sent', c.usd, c.api
       from unnest($4::text[], $5::text[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[],
                   $11::text[], $12::timestamptz[], $13::numeric[], $14::text[])
            as c (cycle, decider, n, purpose, provider, model, prompt, request, venue_at, usd, api)
     returning id, cycle, decider, n`,
    [desk, CATALOGUE_DATE, new Date(atMs), ...Array.from({ length: 11 }, (_, k) => column(k))],
  );
  const idOf = new Map(stored.map((row) => [`${row.cycle} ${row.decider} ${row.n}`, row.id]));
  return rows.map(([cycle, decider, n]) => {
    const id = idOf.get(`${String(cycle)} ${String(decider)} ${String(n)}`);
    if (id === undefined) throw new Error(`the call of ${String(decider)} was not stored`);
    return id;
  });
}

/** What was spent before a call, and by those of the same batch before it. */
interface Spent {
  of(call: CallToReserve): { cycle: Decimal; day: Decimal; model: Decimal };
  /** Counts the call; its number among those of its decider in its cycle. */
  add(call: CallToReserve): number;
}

async function readSpent(
  client: pg.PoolClient,
  desk: string,
  calls: readonly CallToReserve[],
  atMs: number,
): Promise<Spent> {
  const today = new Date(atMs);
  today.setUTCHours(0, 0, 0, 0);
  const { rows } = await client.query<{
    cycle: string | null;
    decider: string;
    usd: string;
    n: number | null;
  }>(
    `select null as cycle, decider, sum(coalesce(cost_usd, reserved_usd)) as usd, null as n
       from llm_call where desk = $1 and sent_at >= $2 group by decider
     union all
     select cycle, decider, sum(coalesce(cost_usd, reserved_usd)), max(n)
       from llm_call where cycle = any($3) group by cycle, decider`,
    [desk, today, [...new Set(calls.map((call) => call.cycle))]],
  );
  const sums = new Map<string, Decimal>();
  const numbers = new Map<string, number>();
  const count = (key: string, usd: Decimal): void => {
    sums.set(key, (sums.get(key) ?? new Decimal(0)).plus(usd));
  };
  const numberKey = (of: { cycle: string | null; decider: string }): string =>
    `${of.cycle} ${of.decider}`;
  for (const row of rows) {
    const usd = new Decimal(row.usd);
    if (row.cycle === null) {
      count('day', usd);
      count(`model ${row.decider}`, usd);
    } else {
      count(`cycle ${row.cycle}`, usd);
      numbers.set(numberKey(row), row.n ?? 0);
    }
  }
  const sum = (key: string): Decimal => sums.get(key) ?? new Decimal(0);
  return {
    of: ({ cycle, decider }) => ({
      cycle: sum(`cycle ${cycle}`),
      day: sum('day'),
      model: sum(`model ${decider}`),
    }),
    add: (call) => {
      for (const key of ['day', `model ${call.decider}`, `cycle ${call.cycle}`]) {
        count(key, call.mostUsd);
      }
      const n = (numbers.get(numberKey(call)) ?? 0) + 1;
      numbers.set(numberKey(call), n);
      return n;
    },
  };
}

/** Which cap a call would break, or null. A call that costs nothing breaks none. */
function refusal(budget: LlmBudget, call: CallToReserve, before: Spent): string | null {
  const { mostUsd } = call;
  if (mostUsd.isZero()) return null;
  const spent = before.of(call);
  const caps: [string, number, Decimal][] = [
    ['this call', budget.callUsd, new Decimal(0)],
    ['this cycle', budget.cycleUsd, spent.cycle],
    ['the desk today', budget.dayUsd, spent.day],
    ['this model today', budget.modelDayUsd, spent.model],
  ];
  for (const [what, cap, used] of caps) {
    if (used.plus(mostUsd).gt(cap)) {
      return (
        `the budget of ${what} is used up: ${used.toFixed(2)} of ${cap} USD spent, ` +
        `this call may cost ${mostUsd.toFixed(2)}`
      );
    }
  }
  return null;
}
