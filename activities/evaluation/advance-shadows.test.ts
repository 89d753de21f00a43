import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CandleColumns } from '../../shared/candle.ts';
import { computeIndicators } from '../../shared/indicators/indicator-set.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { workflowIds } from '../../shared/names.ts';
import { ProfileSchema, type Profile } from '../../shared/profile.ts';
import { CandleHistory } from '../../shared/shadow/candle-history.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { emptySchema } from '../ledger/desk-database.fixture.ts';
import {
  clearTables,
  DESK,
  exampleDecision,
  exampleInstrument,
  exampleProfile,
  HOUR_MS,
  storeDesk,
} from '../ledger/example-desk.fixture.ts';
import { advanceShadows, checkShadows, type ShadowDeps } from './advance-shadows.ts';
import { readArena } from './read-arena.ts';

const PAIRS = exampleProfile.pairs;
const BARS = 160;
/** Bars before the desk's first. */
const BEFORE = 60;
const profile: Profile = ProfileSchema.parse({
  ...exampleProfile,
  risk: { ...exampleProfile.risk, stopMinAtr: 0, rewardRisk: 0 },
});
const market = new Map(PAIRS.map((pair, k) => [pair, seededCandles(BARS, 7 + k)]));
const timeOf = (bar: number): number => market.get(PAIRS[0]!)!.timeMs[bar]!;

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`shadows_${process.pid}`);
});
afterAll(() => pool.end());
beforeEach(async () => {
  await clearTables(pool);
  await storeDesk(pool);
  for (const [pair, bars] of market) await storeCandles(pair, bars);
  for (let bar = BEFORE; bar < BARS - 1; bar++) await storeCycles(bar);
});

async function storeCandles(pair: string, bars: CandleColumns): Promise<void> {
  const list = (column: Float64Array): number[] => [...column];
  await pool.query(
    `insert into candle (pair, timeframe, open_at, open, high, low, close, volume)
     select $1, '1h', to_timestamp(t / 1000), o, h, l, c, v
       from unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])
              as b (t, o, h, l, c, v)`,
    [
      ...[pair, list(bars.timeMs), list(bars.open), list(bars.high), list(bars.low)],
      ...[list(bars.close), list(bars.volume)],
    ],
  );
}

/** `trend` goes long at every seventh bar and leaves at every eleventh; `hold` holds; costs of 0.01 USD each. */
async function storeCycles(bar: number): Promise<void> {
  for (const [pair, bars] of market) {
    const cycle = workflowIds.cycle(DESK, pair, timeOf(bar));
    const upTo = (column: Float64Array): Float64Array => column.slice(0, bar + 1);
    const seen = Object.fromEntries(
      Object.entries(bars).map(([name, column]) => [name, upTo(column as Float64Array)]),
    ) as unknown as CandleColumns;
    const last = [seen.open, seen.high, seen.low, seen.close, seen.volume].map((c) => c[bar]);
    const body = {
      price: { now: bars.close[bar] },
      timeframes: {
        '1h': { indicators: computeIndicators(seen), candles: [[isoTime(timeOf(bar)), ...last]] },
      },
    };
    await pool.query(`insert into document (hash, kind, body) values ($1, 'snapshot', $2)`, [
      cycle,
      body,
    ]);
    await pool.query(
      `insert into cycle (id, desk, pair, bar, decided_at, snapshot_hash, action, outcome, consensus)
       values ($1, $2, $3, $4, $5, $1, 'hold', 'held', '{}')`,
      [cycle, DESK, pair, new Date(timeOf(bar)), new Date(timeOf(bar + 1))],
    );
    const action = bar % 7 === 0 ? 'long' : bar % 11 === 0 ? 'close' : 'hold';
    const answers = {
      trend: { kind: 'answered', decider: 'trend', decision: { ...exampleDecision, action } },
      hold: { kind: 'absent', decider: 'hold', cause: 'a test' },
    };
    for (const [decider, answer] of Object.entries(answers)) {
      await pool.query(`insert into decision values ($1, $2, $3)`, [cycle, decider, answer]);
    }
  }
}

const deps = (change: Partial<ShadowDeps> = {}): ShadowDeps => ({
  ...{ pool, desk: DESK, profile },
  instruments: () => Promise.resolve(PAIRS.map(exampleInstrument)),
  fillCosts: () => ({ halfSpread: 0.0001, stopSlippage: 0.0002 }),
  ...change,
});
const fresh = (): CandleHistory => new CandleHistory(HOUR_MS);

async function tables(): Promise<unknown> {
  const read = async (table: string, order: string): Promise<unknown> =>
    (await pool.query(`select * from ${table} order by ${order}`)).rows;
  return {
    accounts: await read('shadow_account', 'decider, variant'),
    days: await read('shadow_day', 'decider, variant, day'),
    trades: await read('shadow_trade', 'decider, variant, n'),
  };
}

async function advanceEach(history: CandleHistory, from = BEFORE, to = BARS): Promise<void> {
  for (let bar = from; bar < to; bar++) {
    await advanceShadows(deps(), history, { barMs: timeOf(bar) });
  }
}

describe('shadow accounts of a desk', () => {
  it('has one for each decider and baseline, and those that trade have traded', async () => {
    await advanceEach(fresh());
    const { rows } = await pool.query<{ name: string; trades: number }>(
      `select a.decider || ', ' || a.variant as name, count(t.n)::int as trades
         from shadow_account a left join shadow_trade t using (desk, decider, variant)
        group by 1 order by 1`,
    );
    expect(rows.map((row) => row.name)).toEqual([
      'banded thirds, baseline',
      'breakout, baseline',
      'cash, baseline',
      'hold BTC, baseline',
      'hold XRP, baseline',
      'hold, hold',
      'nothing, baseline',
      'random entry, baseline',
      'trend, baseline',
      'trend, trend',
    ]);
    const tradesOf = (name: string): number => rows.find((row) => row.name === name)!.trades;
    expect(tradesOf('trend, trend')).toBeGreaterThan(5);
    expect(tradesOf('hold, hold')).toBe(0);
  });

  it('sells short where the profile has margin, and comes out the same when made anew', async () => {
    const lent = PAIRS.map((pair) => ({
      ...exampleInstrument(pair),
      ...{ leverageSell: [2], marginRatePct: { open: 0.02, rollover: 0.02 }, marginCallPct: 80 },
    }));
    const of = deps({
      profile: { ...profile, margin: { leverage: 2 } },
      instruments: () => Promise.resolve(lent),
    });
    const history = fresh();
    for (let bar = BEFORE; bar < BARS; bar++) {
      await advanceShadows(of, history, { barMs: timeOf(bar) });
    }
    const { rows } = await pool.query<{ decider: string; sides: string[] }>(
      `select decider, array_agg(distinct coalesce(trade->>'side', 'buy')) as sides
         from shadow_trade where variant = 'baseline' group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { decider: 'breakout', sides: ['buy', 'sell'] },
      { decider: 'random entry', sides: ['buy'] },
      { decider: 'trend', sides: ['buy', 'sell'] },
    ]);
    const { rows: paid } = await pool.query<{ interest: number }>(
      `select (state->'totals'->>'interest')::float8 as interest
         from shadow_account where decider = 'breakout'`,
    );
    expect(paid[0]?.interest).toBeGreaterThan(0);
    expect(await checkShadows(pool, DESK)).toEqual([]);
  });

  it('is the same account bar by bar, in one go, and made anew from the records', async () => {
    await advanceEach(fresh());
    const step = await tables();
    expect(await checkShadows(pool, DESK)).toEqual([]);
    await pool.query(
      `delete from shadow_account; delete from shadow_day; delete from shadow_trade`,
    );
    // Its terms are on record from its first bar on; a new process knows no candles.
    await advanceShadows(deps(), fresh(), { barMs: timeOf(BARS - 1) });
    expect(await tables()).toEqual(step);
  });

  it('tells when a stored account is not what its records make of it', async () => {
    await advanceEach(fresh(), BEFORE, BEFORE + 30);
    await pool.query(
      `update shadow_account set state = jsonb_set(state, '{account,equity}', '5000')
        where decider = 'trend' and variant = 'trend'`,
    );
    expect(await checkShadows(pool, DESK)).toEqual(['trend | trend']);
  });

  it('is read for the standings, and every recorded answer is held against later candles', async () => {
    expect(await readArena(pool, DESK)).toBeNull();
    await advanceEach(fresh());
    const arena = (await readArena(pool, DESK))!;
    expect(arena).toMatchObject({ timeframe: '1h', fromBarMs: timeOf(BEFORE) });
    expect(arena.barMs).toBe(timeOf(BARS - 1));
    expect(arena.accounts).toHaveLength(10);
    const trend = arena.accounts.find((a) => a.decider === 'trend' && a.variant === 'trend')!;
    expect(trend.days.at(-1)!.equity).toBe(trend.equity);
    expect(trend.trades).toHaveLength(trend.totals.trades);
    const cycles = PAIRS.length * (BARS - 1 - BEFORE);
    expect(arena.predictions.get('hold | hold')).toMatchObject({ resolved: [], absent: cycles });
    const said = arena.predictions.get('trend | trend')!;
    expect(said.resolved.length + said.pending + said.unscored).toBe(cycles);
    // A close without a position names no event; what looks beyond the last bar is open.
    expect(said.unscored).toBeGreaterThan(0);
    expect(said.pending).toBeGreaterThan(0);
    expect(new Set(said.resolved.map((r) => r.hit))).toEqual(new Set([true, false]));
  });

  it('repeats nothing when told twice, or late, of a bar', async () => {
    const history = fresh();
    await advanceEach(history, BEFORE, BEFORE + 40);
    const before = await tables();
    await advanceShadows(deps(), history, { barMs: timeOf(BEFORE + 39) });
    await advanceShadows(deps(), fresh(), { barMs: timeOf(BEFORE + 20) });
    expect(await tables()).toEqual(before);
  });

  it('repeats nothing after a kill before, and none lost after one behind, the commit', async () => {
    await advanceEach(fresh(), BEFORE, BEFORE + 20);
    const history = fresh();
    for (let bar = BEFORE + 20; bar < BARS; bar++) {
      const killed = bar % 2 === 0 ? 'before' : 'after';
      const call = advanceShadows(deps({ pool: dyingAt('commit', killed) }), history, {
        barMs: timeOf(bar),
      });
      await expect(call).rejects.toThrow('killed');
      // The retry may be another process.
      await advanceShadows(deps(), bar % 3 === 0 ? fresh() : history, { barMs: timeOf(bar) });
    }
    const disturbed = await tables();
    await pool.query(
      `delete from shadow_account; delete from shadow_day; delete from shadow_trade; delete from shadow_terms`,
    );
    await advanceEach(fresh());
    expect(await tables()).toEqual(disturbed);
  });

  it('goes on under changed limits from the bar on at which they changed, and opens new deciders', async () => {
    await advanceEach(fresh(), BEFORE, BEFORE + 30);
    const changed = ProfileSchema.parse({
      ...profile,
      risk: { ...profile.risk, confidence: 0.99 },
      deciders: [{ id: 'trend', provider: 'strategy', strategy: 'breakout', confidence: 0.7 }],
      consensus: { kind: 'quorum', quorum: 1 },
    });
    const history = fresh();
    for (let bar = BEFORE + 30; bar < BARS; bar++) {
      await advanceShadows(deps({ profile: changed }), history, { barMs: timeOf(bar) });
    }
    expect(await checkShadows(pool, DESK)).toEqual([]);
    const { rows } = await pool.query<{ variant: string; from_bar: Date; trades: number }>(
      `select a.variant, a.from_bar, count(t.n) filter (where t.entry_bar > $1)::int as trades
         from shadow_account a left join shadow_trade t using (desk, decider, variant)
        where a.decider = 'trend' and a.variant <> 'baseline' group by 1, 2 order by 1`,
      [new Date(timeOf(BEFORE + 31))],
    );
    expect(rows).toEqual([
      { variant: 'breakout', from_bar: new Date(timeOf(BEFORE + 30)), trades: 0 },
      { variant: 'trend', from_bar: new Date(timeOf(BEFORE)), trades: 0 },
    ]);
  });
});

/** The pool of a process that dies at a statement, before or after the server has it. */
function dyingAt(statement: string, when: 'before' | 'after'): pg.Pool {
  return {
    async connect() {
      const client = await pool.connect();
      return {
        async query(sql: string, values?: unknown[]) {
          if (sql !== statement) return client.query(sql, values);
          if (when === 'after') await client.query(sql);
          throw new Error('killed');
        },
        release: (broken: boolean) => client.release(broken),
      };
    },
  } as unknown as pg.Pool; // connect is all that a transaction uses
}
