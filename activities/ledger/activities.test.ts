import type { RecordedConsensus } from '../../shared/consensus/consensus.ts';
import { combineAnswers } from './combine-answers.ts';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { noProbe } from '../probe.ts';
import { memoryVenue, type MemoryVenue } from '../orders/memory-venue.fixture.ts';
import { createLedgerActivities, type LedgerActivities } from './activities.ts';
import { ledgerBalances } from './books/balances.ts';
import { bookFill } from './books/book-fill.ts';
import { emptySchema } from './desk-database.fixture.ts';
import { createDocumentStore } from './documents.ts';
import {
  BAR_MS,
  clearTables,
  CLOSE_MS,
  DESK,
  exampleDecision,
  exampleFill,
  exampleInstrument,
  exampleProfile,
  HOUR_MS,
  storeBars,
  storeEntry,
} from './example-desk.fixture.ts';

const DAY_MS = 24 * HOUR_MS;
let pool: pg.Pool;
let venue: MemoryVenue;
let ledger: LedgerActivities;

beforeAll(async () => {
  pool = await emptySchema(`ledger_activities_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  venue = memoryVenue({ USDT: '800', BTC: '2' });
  ledger = createLedgerActivities({
    ...{ pool, desk: DESK, profile: exampleProfile, venue, probe: noProbe },
    documents: createDocumentStore(pool),
    instruments: () => Promise.resolve([exampleInstrument('BTC/USDT')]),
  });
  await storeBars(pool, 'BTC/USDT');
});
afterAll(() => pool?.end());

/** The close of BTC from now on: with 2 BTC and 800 USDT, equity is 800 + 2 * close. */
const closesAt = (close: number, atMs = CLOSE_MS) =>
  pool.query(
    `insert into candle values ('BTC/USDT', '1h', $1, $2, $2, $2, $2, 1)
     on conflict (pair, timeframe, open_at) do update set close = excluded.close`,
    [new Date(atMs - HOUR_MS), close],
  );
const command = (
  name: 'pause' | 'resume' | 'halt' | 'flatten' | 'flattened',
  atMs = CLOSE_MS,
  untilMs: number | null = null,
) => ledger.changeDeskState({ command: name, who: 'ann', why: 'test', untilMs, atMs });
const events = async () =>
  (
    await pool.query<{ kind: string; who: string }>(
      `select kind, who from desk_event where desk = $1 order by id`,
      [DESK],
    )
  ).rows;

describe('opening a desk', () => {
  test('books what the account holds, once', async () => {
    expect(await ledger.openDesk()).toMatchObject({ kind: 'running', untilMs: null });
    venue.account = { USDT: '5' };
    await ledger.openDesk();
    expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '800' });
  });

  test('finds the state it was left in', async () => {
    await ledger.openDesk();
    await command('halt');
    expect(await ledger.openDesk()).toMatchObject({ kind: 'halted', who: 'ann', why: 'test' });
  });
});

describe('opening a bar', () => {
  beforeEach(() => ledger.openDesk());

  test('two readings at one time are one account', async () => {
    const first = await ledger.openBar({ atMs: CLOSE_MS });
    expect(first).toMatchObject({
      equity: '1000.0000',
      state: { kind: 'running' },
      flatten: false,
    });
    expect((await ledger.openBar({ atMs: CLOSE_MS })).account).toBe(first.account);
  });

  test('5 % lost in a day pauses until midnight, and the next day begins anew', async () => {
    await ledger.openBar({ atMs: CLOSE_MS });
    // 800 + 2 * 75 = 950: 5 % below 1000
    await closesAt(75, CLOSE_MS + HOUR_MS);
    const { state } = await ledger.openBar({ atMs: CLOSE_MS + HOUR_MS });
    const midnight = Date.UTC(2026, 0, 6);
    expect(state).toMatchObject({ kind: 'paused', untilMs: midnight, who: 'risk' });
    await closesAt(75, midnight);
    expect((await ledger.openBar({ atMs: midnight })).state.kind).toBe('running');
  });

  test('20 % below the height flattens, and only a person goes on', async () => {
    // 800 + 2 * 110 = 1020, then 800 + 2 * 0.0001: more than 20 % below
    await closesAt(110, CLOSE_MS);
    await ledger.openBar({ atMs: CLOSE_MS });
    await closesAt(0.0001, CLOSE_MS + HOUR_MS);
    const fallen = await ledger.openBar({ atMs: CLOSE_MS + HOUR_MS });
    expect(fallen).toMatchObject({ state: { kind: 'flattening' }, flatten: true });
    expect(await command('flattened', CLOSE_MS + HOUR_MS)).toMatchObject({ kind: 'halted' });
    const later = CLOSE_MS + 40 * DAY_MS;
    expect((await ledger.openBar({ atMs: later })).state.kind).toBe('halted');
    expect(await command('resume', later)).toMatchObject({ kind: 'running' });
    // The height starts anew at the resume: the same equity is no drawdown.
    expect((await ledger.openBar({ atMs: later + HOUR_MS })).state.kind).toBe('running');
  });

  test('a timed pause ends at its time', async () => {
    await command('pause', CLOSE_MS, CLOSE_MS + 2 * HOUR_MS);
    expect((await ledger.openBar({ atMs: CLOSE_MS + HOUR_MS })).state.kind).toBe('paused');
    expect((await ledger.openBar({ atMs: CLOSE_MS + 2 * HOUR_MS })).state.kind).toBe('running');
  });
});

describe('commands', () => {
  beforeEach(() => ledger.openDesk());

  test('are written down with who and why', async () => {
    await command('halt');
    await command('resume');
    expect(await events()).toEqual([
      { kind: 'halt', who: 'ann' },
      { kind: 'resume', who: 'ann' },
    ]);
  });

  test('a resume does not interrupt a flattening, which ends halted', async () => {
    await command('flatten');
    expect((await command('resume')).kind).toBe('flattening');
    expect((await command('flattened')).kind).toBe('halted');
  });
});

describe('the lock on a bar', () => {
  const lock = (runId: string, pair = 'BTC/USDT') =>
    ledger.lockBar({ pair, barMs: BAR_MS, cycle: 'cycle', runId });

  test('is one run’s, however often that asks', async () => {
    expect(await lock('first')).toBe(true);
    expect(await lock('second')).toBe(false);
    expect(await lock('first')).toBe(true);
    expect(await lock('second', 'XRP/USDT')).toBe(true);
  });

  test('goes to one of two that ask at once', async () => {
    const got = await Promise.all([lock('first'), lock('second')]);
    expect(got.filter(Boolean)).toHaveLength(1);
  });
});

describe('a cycle’s record', () => {
  const answers: DeciderAnswer[] = [
    { kind: 'answered', decider: 'trend', decision: exampleDecision },
    { kind: 'absent', decider: 'hold', cause: 'not in the profile any more' },
  ];
  const cycle = 'cycle/1';
  const recorded = async () =>
    (await pool.query(`select action, outcome, confidence from cycle`)).rows;

  test('holds what was combined, and is written once', async () => {
    const combined = await ledger.combine({ cycle, atMs: CLOSE_MS, snapshot: 'none', answers });
    expect(combined).toMatchObject({ action: 'long', confidence: 0.7, answered: 1 });
    expect(combined.table).toContain('| hold | absent |');
    const record = {
      ...{ cycle, pair: 'BTC/USDT', barMs: BAR_MS, atMs: CLOSE_MS, snapshot: 'none' },
      consensus: combined.hash,
    };
    await ledger.recordCycle({ ...record, outcome: 'ordered' });
    await ledger.recordCycle({ ...record, outcome: 'held' });
    expect(await recorded()).toEqual([{ action: 'long', outcome: 'ordered', confidence: 0.7 }]);
    expect((await pool.query(`select decider from decision order by decider`)).rows).toEqual([
      { decider: 'hold' },
      { decider: 'trend' },
    ]);
  });

  test('an entry is held against the costs that the snapshot told', async () => {
    const documents = createDocumentStore(pool);
    const valueGate = { costPct: null, margin: 0 };
    const profile = { ...exampleProfile, consensus: { ...exampleProfile.consensus, valueGate } };
    const combined = async (roundTripPct: number) => {
      const snapshot = await documents.put('snapshot', { costs: { roundTripPct } });
      const of = { cycle, atMs: CLOSE_MS, snapshot, answers };
      const { action, reason, hash } = await combineAnswers(
        { pool, desk: DESK, profile, documents },
        of,
      );
      const { rule } = (await documents.get(hash)) as RecordedConsensus;
      return [action, reason.replace(/-?[\d.]+ R/, 'x R'), rule.valueGate?.costPct];
    };
    const [entry] = answers;
    const { stopLossPct, takeProfitPct, confidence } = exampleDecision;
    expect(entry?.kind).toBe('answered');
    // worth p * target - (1 - p) * stop before costs, percent
    const worth = confidence * takeProfitPct[0]! - (1 - confidence) * stopLossPct!;
    expect(await combined(worth - 0.1)).toMatchObject(['long', expect.any(String), worth - 0.1]);
    expect(await combined(worth + 0.1)).toEqual([
      ...['hold', 'expected value x R after costs is not above 0', worth + 0.1],
    ]);
  });

  test('combining again gives the same', async () => {
    expect(await ledger.combine({ cycle, atMs: CLOSE_MS, snapshot: 'none', answers })).toEqual(
      await ledger.combine({ cycle, atMs: CLOSE_MS, snapshot: 'none', answers }),
    );
  });
});

describe('closing a trade', () => {
  beforeEach(() => ledger.openDesk());
  const position = async () =>
    (await pool.query(`select state, exit_reason, pnl_usdt from position`)).rows[0] as object;

  test('tells its result with fees, the same when asked again, and frees the guard', async () => {
    const entry = await storeEntry(pool, { status: 'open' });
    const booking = { pool, desk: DESK, probe: noProbe };
    await bookFill(booking, exampleFill({ clientOrderId: entry.clientOrderId }));
    expect(await ledger.openGuards()).toEqual([entry.guard]);
    await pool.query(
      `insert into trade_order select gen_random_uuid(), desk, position, verdict, guard, 'stop', 1, pair,
         'sell', 'stop-loss', 2, 98, 'gtc', 'open', 'O2', 0, 0, null, intended_at from trade_order`,
    );
    const stop = await pool.query<{ id: string }>(
      `select client_order_id as id from trade_order where leg = 'stop'`,
    );
    await bookFill(
      booking,
      exampleFill({ clientOrderId: stop.rows[0]!.id, side: 'sell', price: '98' }),
    );
    const of = { position: entry.position, exitReason: 'stop', atMs: CLOSE_MS };
    // 196 - 200 - 1 - 0.98
    expect(await ledger.closeTrade(of)).toEqual({ pnl: '-5.98' });
    expect(await ledger.closeTrade({ ...of, exitReason: 'other' })).toEqual({ pnl: '-5.98' });
    expect(await position()).toEqual({ state: 'closed', exit_reason: 'stop', pnl_usdt: '-5.98' });
    expect(await ledger.openGuards()).toEqual([]);
  });

  test('hears of bars while it holds something, where its rules need them', async () => {
    const entry = await storeEntry(pool, { status: 'open' });
    const pairs = ['BTC/USDT'];
    const booking = { pool, desk: DESK, probe: noProbe };
    await bookFill(booking, exampleFill({ clientOrderId: entry.clientOrderId }));
    expect(await ledger.guardsHearingBars({ pairs })).toEqual([]);
    await pool.query(`update position set hears_bars = true`);
    expect(await ledger.guardsHearingBars({ pairs })).toEqual([entry.guard]);
    expect(await ledger.guardsHearingBars({ pairs: ['XRP/USDT'] })).toEqual([]);
  });

  test('that was unprotected is told to a person, once', async () => {
    const alarm = { kind: 'unprotected' as const, position: 'p', words: 'sold', atMs: CLOSE_MS };
    await ledger.noteAlarm(alarm);
    await ledger.noteAlarm(alarm);
    const { rows } = await pool.query(`select who, why from desk_event where kind = 'unprotected'`);
    expect(rows).toEqual([{ who: 'guard of p', why: 'sold' }]);
  });

  test('an entry that was never filled counts as no trade', async () => {
    const entry = await storeEntry(pool, { status: 'canceled' });
    const of = { position: entry.position, exitReason: 'unfilled', atMs: CLOSE_MS };
    expect(await ledger.closeTrade(of)).toEqual({ pnl: '0' });
    expect(await position()).toMatchObject({ state: 'unfilled' });
  });

  test('of a position that is not there says which', async () => {
    const of = { position: 'BTC/USDT/never', exitReason: 'stop', atMs: CLOSE_MS };
    await expect(ledger.closeTrade(of)).rejects.toThrow('BTC/USDT/never is not in the database');
  });
});
