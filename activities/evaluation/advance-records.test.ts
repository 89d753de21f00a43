import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { workflowIds } from '../../shared/names.ts';
import { ProfileSchema, type Profile } from '../../shared/profile.ts';
import { emptySchema } from '../ledger/desk-database.fixture.ts';
import {
  clearTables,
  DESK,
  exampleDecision,
  exampleProfile,
  HOUR_MS,
} from '../ledger/example-desk.fixture.ts';
import { advanceRecords, checkRecords } from './advance-records.ts';
import { readRecords } from './record-store.ts';

const PAIRS = exampleProfile.pairs;
const BARS = 90;
const market = new Map(PAIRS.map((pair, k) => [pair, seededCandles(BARS, 11 + k)]));
const openOf = (bar: number): number => market.get(PAIRS[0]!)!.timeMs[bar]!;
const closeOf = (bar: number): number => openOf(bar) + HOUR_MS;

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`records_${process.pid}`);
});
afterAll(() => pool.end());
beforeEach(() => clearTables(pool));

/** The closed bar of every pair. */
async function storeBar(bar: number): Promise<void> {
  const at = new Date(openOf(bar));
  const rows = [...market].map(([pair, { open, high, low, close }]) => ({
    ...{ pair, timeframe: '1h', open_at: at, volume: 1 },
    ...{ open: open[bar], high: high[bar], low: low[bar], close: close[bar] },
  }));
  await insert('candle', rows);
}

async function insert(table: string, rows: readonly object[]): Promise<void> {
  await pool.query(
    `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1) on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}

/** Goes long at each bar, every seventh time without a stop; `hold` is absent now and then. */
async function storeCycles(bar: number, profile: Profile = exampleProfile): Promise<void> {
  const profileHash = `profile of ${profile.deciders.map((d) => JSON.stringify(d)).join()}`;
  const entry = { ...exampleDecision, stopLossPct: 1, takeProfitPct: [1.5], horizonHours: 12 };
  const hold = { ...entry, action: 'hold', confidence: 0.5 };
  const trend =
    bar % 7 === 0
      ? { ...entry, stopLossPct: null }
      : { ...entry, confidence: 0.5 + (bar % 4) / 10 };
  const answers = [
    { kind: 'answered', decider: 'trend', decision: trend },
    bar % 5 === 0
      ? { kind: 'absent', decider: 'hold', cause: 'a test' }
      : { kind: 'answered', decider: 'hold', decision: hold },
  ];
  const cycles = [...market].map(([pair, { close }]) => ({
    ...{ id: workflowIds.cycle(DESK, pair, openOf(bar)), desk: DESK, pair },
    ...{ bar: new Date(openOf(bar)), decided_at: new Date(closeOf(bar)) },
    ...{ snapshot_hash: `${pair} ${bar}`, profile_hash: profileHash },
    ...{ action: 'hold', outcome: 'held', consensus: {} },
    price: close[bar]!,
  }));
  await insert('document', [
    { hash: profileHash, kind: 'profile', body: profile },
    ...cycles.map(({ snapshot_hash: hash, price: now }) => ({
      ...{ hash, kind: 'snapshot' },
      body: { price: { now }, timeframes: { '1h': { indicators: { atr14: now * 0.01 } } } },
    })),
  ]);
  await insert('cycle', cycles);
  await insert(
    'decision',
    cycles.flatMap(({ id: cycle }) =>
      answers.map((answer) => ({ cycle, decider: answer.decider, answer })),
    ),
  );
}

const deps = (change: object = {}) => ({ pool, desk: DESK, profile: exampleProfile, ...change });

/** A desk's bars in order: the bar closes, the records are brought up to it, its cycles decide. */
async function run(
  of: {
    from?: number;
    to?: number;
    profile?: Profile;
    advance?: (bar: number) => Promise<void>;
  } = {},
): Promise<void> {
  const { from = 0, to = BARS, profile = exampleProfile } = of;
  const advance = of.advance ?? ((bar: number) => advanceRecords(deps({ profile }), closeOf(bar)));
  for (let bar = from; bar < to; bar++) {
    await storeBar(bar);
    await advance(bar);
    await storeCycles(bar, profile);
  }
}

async function tables(): Promise<unknown> {
  const read = async (table: string, order: string): Promise<unknown> =>
    (await pool.query(`select * from ${table} order by ${order}`)).rows;
  return {
    predictions: await read('prediction', 'cycle, decider'),
    tallies: await read('decider_tally', 'desk'),
    records: await read('decider_record', 'at'),
  };
}

describe('what is known of the deciders at a bar', () => {
  it('is what had been resolved by its close', async () => {
    await run();
    const records = await readRecords(pool, DESK);
    expect(records.map((r) => [r.decider, r.variant])).toEqual([
      ['trend', 'trend'],
      ['hold', 'hold'],
    ]);
    const { rows } = await pool.query<{ decider: string; n: number; brier: number }>(
      `select decider, count(*)::int as n,
              sum((confidence - case when outcome = 'hit' then 1 else 0 end) ^ 2)::float8 as brier
         from prediction where outcome in ('hit', 'missed') and known_at <= $1
        group by decider order by decider desc`,
      [new Date(closeOf(BARS - 1))],
    );
    records.forEach((record, n) => {
      expect(record).toMatchObject({ decider: rows[n]!.decider, resolved: rows[n]!.n });
      expect(record.brierSum).toBeCloseTo(rows[n]!.brier, 9);
      // a span takes two bars at least where it does not end at once
      expect(record.independent).toBeLessThan(record.resolved);
      expect(record.independent).toBeGreaterThan(5);
    });
    expect(records[0]!.resolved).toBeGreaterThan(100);
    expect(records[0]!.weight + records[1]!.weight).toBeCloseTo(1, 12);
    expect(records[0]!.weight).not.toBeCloseTo(0.5, 3);
    const states = await pool.query<{ outcome: string }>(
      `select distinct outcome from prediction order by 1`,
    );
    expect(states.rows.map((row) => row.outcome)).toEqual([
      ...['absent', 'hit', 'missed', 'pending', 'void'],
    ]);
    expect(await checkRecords(pool, DESK)).toEqual([]);
  });

  it('does not depend on what comes later', async () => {
    await run({ to: 50 });
    const known = await tables();
    await clearTables(pool);
    // The same desk with all that follows stored already.
    for (let bar = 0; bar < BARS; bar++) await storeBar(bar);
    for (let bar = 0; bar < 50; bar++) {
      await advanceRecords(deps(), closeOf(bar));
      await storeCycles(bar);
    }
    expect(await tables()).toEqual(known);
  });

  it('does not depend on how often it was looked at, or late', async () => {
    await run({
      advance: async (bar) => {
        if (bar % 9 !== 8 && bar !== BARS - 1) return;
        await advanceRecords(deps(), closeOf(bar));
        await advanceRecords(deps(), closeOf(bar));
        await advanceRecords(deps(), closeOf(bar - 3));
      },
    });
    const rarely = await readRecords(pool, DESK);
    expect(await checkRecords(pool, DESK)).toEqual([]);
    await clearTables(pool);
    await run();
    expect(await readRecords(pool, DESK)).toEqual(rarely);
  });

  it('is caught up with in steps, each of which lasts', async () => {
    // An older desk's cycles, no records yet, and a long time since.
    for (let bar = 0; bar < 6; bar++) {
      await storeBar(bar);
      await storeCycles(bar);
    }
    const far = closeOf(0) + 1200 * HOUR_MS;
    const dying = advanceRecords(deps({ pool: dyingAt('commit', 'before', 2) }), far);
    await expect(dying).rejects.toThrow('killed');
    const { rows } = await pool.query<{ at: Date }>(`select at from decider_tally`);
    expect(rows).toEqual([{ at: new Date(closeOf(0) + 500 * HOUR_MS) }]);
    await advanceRecords(deps(), far);
    expect((await pool.query(`select at from decider_tally`)).rows).toEqual([
      { at: new Date(far) },
    ]);
    expect(await checkRecords(pool, DESK)).toEqual([]);
  });

  it('is the same after a kill before, and one behind, the commit', async () => {
    await run();
    const undisturbed = await tables();
    await clearTables(pool);
    await run({
      advance: async (bar) => {
        const killed = bar % 2 === 0 ? 'before' : 'after';
        const call = advanceRecords(deps({ pool: dyingAt('commit', killed) }), closeOf(bar));
        await expect(call).rejects.toThrow('killed');
        await advanceRecords(deps(), closeOf(bar));
      },
    });
    expect(await tables()).toEqual(undisturbed);
  });

  it('begins anew with another model, strategy or prompt, and comes back with the former', async () => {
    await run({ to: 40 });
    const before = await readRecords(pool, DESK);
    const changed = ProfileSchema.parse({
      ...exampleProfile,
      deciders: [
        { id: 'trend', provider: 'strategy', strategy: 'breakout', confidence: 0.7 },
        exampleProfile.deciders[1],
      ],
    });
    await run({ from: 40, to: 41, profile: changed });
    expect(await readRecords(pool, DESK)).toMatchObject([
      { decider: 'trend', variant: 'breakout', resolved: 0, weight: 0.5 },
      { decider: 'hold', variant: 'hold' },
    ]);
    await run({ from: 41, to: 70, profile: changed });
    expect((await readRecords(pool, DESK))[0]!.resolved).toBeGreaterThan(20);
    await run({ from: 70, to: 71 });
    const after = await readRecords(pool, DESK);
    expect(after[0]).toMatchObject({ variant: 'trend' });
    // what the former had pending at the change was settled meanwhile
    expect(after[0]!.resolved).toBeGreaterThan(before[0]!.resolved);
    expect(await checkRecords(pool, DESK)).toEqual([]);
  });

  it('takes in a cycle that is recorded late', async () => {
    await run({ to: 30 });
    const late = workflowIds.cycle(DESK, PAIRS[0]!, openOf(29));
    const { rows } = await pool.query<object>(`select * from cycle where id = $1`, [late]);
    await pool.query(`delete from cycle where id = $1`, [late]);
    await run({ from: 30, to: 36 });
    await insert('cycle', rows);
    await run({ from: 36, to: 45 });
    const found = await pool.query(`select outcome from prediction where cycle = $1`, [late]);
    expect(found.rows).toHaveLength(2);
    expect(await checkRecords(pool, DESK)).toEqual([]);
  });

  it('tells when candles were changed after they had been used', async () => {
    await run({ to: 40 });
    await pool.query(`update candle set high = high * 1.5 where open_at = $1`, [
      new Date(openOf(20)),
    ]);
    expect(await checkRecords(pool, DESK)).toContain('records of trend | trend');
  });
});

/** The pool of a process that dies at the n-th such statement, before or after the server has it. */
function dyingAt(statement: string, when: 'before' | 'after', n = 1): pg.Pool {
  let left = n;
  return {
    async connect() {
      const client = await pool.connect();
      return {
        async query(sql: string, values?: unknown[]) {
          if (sql !== statement || --left > 0) return client.query(sql, values);
          if (when === 'after') await client.query(sql);
          throw new Error('killed');
        },
        release: (broken: boolean) => client.release(broken),
      };
    },
  } as unknown as pg.Pool; // connect is all that a transaction uses
}
