import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { positionId, workflowIds } from '../../../shared/names.ts';
import { ProfileSchema } from '../../../shared/profile.ts';
import { ENTRY_RULES } from '../../../shared/risk/entry-rules.ts';
import type { RuleOutcome } from '../../../shared/risk/verdict.ts';
import { emptySchema } from '../../ledger/desk-database.fixture.ts';
import {
  BAR_MS,
  clearTables,
  CLOSE_MS,
  DESK,
  exampleDecision,
  exampleInstrument,
  exampleProfile,
  HOUR_MS,
  storeDesk,
  storeEntry,
} from '../../ledger/example-desk.fixture.ts';
import { createCandleStore } from '../../market/candle-store.ts';
import type { ReviewDeps } from './review-deps.ts';
import { reviewRisk } from './review-risk.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`review_inputs_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await pool.query('delete from llm_call; delete from prompt');
  await storeDesk(pool);
  for (const pair of ['BTC/USDT', 'XRP/USDT']) {
    for (const hours of [1, 4]) await storeMovingBars(pair, hours);
  }
});
afterAll(() => pool?.end());

/** 100 bars that swing between 99 and 101 and close at 100 and 100.5 in turn, the last at or before 13:00. */
async function storeMovingBars(pair: string, hours: number): Promise<void> {
  const length = hours * HOUR_MS;
  const last = Math.floor(CLOSE_MS / length) * length - length;
  await pool.query(
    `insert into candle
     select $1, $2, to_timestamp(($3::float8 - i * $4::float8) / 1000), 100, 101, 99, 100 + (i % 2) * 0.5, 1
       from generate_series(0, 99) as i`,
    [pair, `${hours}h`, last, length],
  );
}

const book = { bid: '99.99', ask: '100.01', bidDepth: '5000', askDepth: '5000' };

/** Every rule of a live review of a long in BTC at 13:00, by id. */
async function rules(
  of: { profile?: object; risk?: object; deps?: Partial<ReviewDeps> } = {},
): Promise<Record<string, RuleOutcome>> {
  const profile = ProfileSchema.parse({
    ...{ ...exampleProfile, ...of.profile },
    risk: { ...exampleProfile.risk, volatilityTargetPct: 25, ...of.risk },
  });
  const { rules: found } = await reviewRisk(
    {
      ...{ pool, desk: DESK, profile, candles: createCandleStore(pool), deadlineClock: null },
      instrument: (pair) => Promise.resolve(exampleInstrument(pair)),
      depth: () => Promise.resolve(book),
      ...of.deps,
    },
    {
      ...{ pair: 'BTC/USDT', barMs: BAR_MS, atMs: CLOSE_MS },
      cycle: workflowIds.cycle(DESK, 'BTC/USDT', BAR_MS),
      guard: workflowIds.guard(DESK, positionId('BTC/USDT', BAR_MS)),
      decision: { ...exampleDecision, sizePct: 50 },
    },
  );
  return Object.fromEntries(found.map((rule) => [rule.rule, rule]));
}

test('a live review lists every rule, and each has something to judge', async () => {
  const found = await rules({ risk: { capitalUsdt: 500, kellyFraction: 0.25 } });
  expect(Object.keys(found)).toEqual(ENTRY_RULES.map((rule) => rule.id));
  const idle = Object.values(found).filter((rule) => rule.outcome === 'not-applicable');
  // spot pays no funding and borrows nothing; nobody has a hundred trades at once
  expect(idle.map((rule) => rule.rule)).toEqual([
    'funding',
    'kelly',
    'margin-level',
    'liquidation',
  ]);
});

test('volatility of the year bounds the size', async () => {
  // closes swing by 0.4988 % an hour: 0.4988 * sqrt(99 / 98) * sqrt(8766) = 46.9 % a year
  const found = await rules({ risk: { volatilityTargetPct: 5 } });
  expect(found['volatility-target']).toMatchObject({ outcome: 'shrink', limit: 5 });
  expect(found['volatility-target']?.note).toMatch(/^BTC moves 46\.9/);
});

test('a hundred lost trades leave the floor of the Kelly bound', async () => {
  for (let n = 1; n <= 100; n++) {
    const { position } = await storeEntry(pool, { barMs: BAR_MS - n * HOUR_MS, risk: '10' });
    await pool.query(
      `update trade_order set filled_quantity = quantity, status = 'filled' where position = $1`,
      [position],
    );
    await pool.query(
      `update position set state = 'closed', pnl_usdt = -10, closed_at = $2 where id = $1`,
      [position, new Date(BAR_MS - n * HOUR_MS + 60_000)],
    );
  }
  const found = await rules({ risk: { kellyFraction: 0.25, kellyFloorPct: 0.1 } });
  expect(found['kelly']).toMatchObject({ outcome: 'shrink', limit: 0.1 });
  expect(found['loss-streak']).toMatchObject({ outcome: 'shrink', observed: 50 });
});

test('what models cost today vetoes from its limit on; what they cost yesterday does not', async () => {
  await pool.query(`insert into prompt values ('p', 'v', 's', '', '', 1)`);
  const call = (n: number, at: number, cost: number | null): Promise<unknown> =>
    pool.query(
      `insert into llm_call (desk, cycle, decider, n, purpose, provider, model, catalogue, prompt,
                             request, venue_at, sent_at, state, reserved_usd, cost_usd)
       values ($1, 'c', 'd', $2, 'decision', 'x', 'm', '1', 'p', '{}', $3, now(), 'answered', 3, $4)`,
      [DESK, n, new Date(at), cost],
    );
  await call(1, Date.UTC(2026, 0, 4, 23), 500);
  await call(2, Date.UTC(2026, 0, 5, 1), 4);
  // one that is not answered yet counts as much as it can cost
  await call(3, CLOSE_MS, null);
  expect((await rules({ risk: { llmSpendPerDayUsd: 7 } }))['llm-spend']).toMatchObject({
    ...{ outcome: 'veto', observed: 7 },
  });
});

test('the book that is shown bounds the size, and its spread is judged', async () => {
  // 20 % of 5000 is 1000 USDT; the spread 0.02 / 100
  const thin = { ...book, askDepth: '100' };
  const found = await rules({ deps: { depth: () => Promise.resolve(thin) } });
  expect(found['depth']).toMatchObject({ outcome: 'shrink', note: 'of 100 shown' });
  expect(found['spread']).toMatchObject({ outcome: 'pass', observed: 2 });
});

test('entries of the day are counted', async () => {
  await storeEntry(pool, { pair: 'XRP/USDT', barMs: Date.UTC(2026, 0, 5, 1) });
  await storeEntry(pool, { pair: 'XRP/USDT', barMs: Date.UTC(2026, 0, 4, 20) });
  expect((await rules())['trades-per-day']).toMatchObject({ outcome: 'pass', observed: 2 });
});

test.each([
  ['BTC/USDT', '1h', '1h bars'],
  ['BTC/USDT', '4h', '4h bars'],
])('late %s %s bars veto', async (pair, timeframe, name) => {
  await pool.query(
    `delete from candle where pair = $1 and timeframe = $2 and open_at > $3::timestamptz - interval '8 hours'`,
    [pair, timeframe, new Date(CLOSE_MS)],
  );
  const found = await rules();
  expect(found['freshness']).toMatchObject({ outcome: 'veto' });
  expect(found['freshness']?.note).toContain(name);
});

test.each([
  [59, 'pass'],
  [60, 'veto'],
])('at real time a review %i minutes after its bar: %s', async (minutes, outcome) => {
  const deadlineClock = () => Promise.resolve(CLOSE_MS + minutes * 60_000);
  expect((await rules({ deps: { deadlineClock } }))['freshness']).toMatchObject({ outcome });
});

test('the price of what is held must be fresh', async () => {
  await pool.query(
    `insert into ledger_entry (desk, kind, reference, at) values ($1, 'x', 'x', now())`,
    [DESK],
  );
  await pool.query(
    `insert into posting select id, 'venue', 'XRP', 5 from ledger_entry where reference = 'x'`,
  );
  await pool.query(
    `delete from candle where pair = 'XRP/USDT' and timeframe = '1h' and open_at = $1`,
    [new Date(BAR_MS)],
  );
  expect((await rules())['freshness']?.note).toContain('price of XRP is 3600 s off');
});
