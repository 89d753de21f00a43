import { createHash } from 'node:crypto';
import type pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { smallDesk } from '../../../shared/audit/desk-record.fixture.ts';
import type { VenueJournal } from '../../../shared/audit/journal-audit.ts';
import { emptySchema, storeRecord } from '../desk-database.fixture.ts';
import { exitStatusOf, summariseReplay, type ReplayResult } from './replay-summary.ts';

const pools: pg.Pool[] = [];
afterAll(() => Promise.all(pools.map((pool) => pool.end())));

let schemas = 0;

/** The small desk's result after `tamper` had its way with database and journal. */
async function resultAfter(
  tamper: (pool: pg.Pool, journal: VenueJournal) => unknown = () => undefined,
): Promise<ReplayResult> {
  const { record, journal } = smallDesk();
  const pool = await emptySchema(`small_${process.pid}_${++schemas}`);
  pools.push(pool);
  await storeRecord(pool, record);
  const candle = (pair: string, timeframe: string, openAt: string, open: number, close: number) =>
    pool.query(`insert into candle values ($1, $2, $3, $4, $4, $4, $5, 1)`, [
      ...[pair, timeframe, openAt, open, close],
    ]);
  await candle('BTC/USDT', '1h', '2021-05-14T23:00:00Z', 50_100, 50_200);
  await candle('BTC/USDT', '1h', '2021-05-15T15:00:00Z', 49_000, 48_500);
  await candle('BTC/USDT', '15m', '2021-05-15T15:45:00Z', 48_600, 48_500);
  await candle('BTC/USDT', '1h', '2021-05-15T16:00:00Z', 48_500, 40_000);
  await tamper(pool, journal);
  return summariseReplay(pool, {
    desk: record.desk,
    fromMs: Date.parse('2021-05-15T00:00:00Z'),
    toMs: Date.parse('2021-05-15T16:00:00Z'),
    journal,
    files: ['b.csv', 'a.csv'],
  });
}

describe('the summary of a replay', () => {
  it('counts what happened and finds nothing wrong', async () => {
    const { summary, findings, lines } = await resultAfter();
    expect(findings).toEqual([]);
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(summary.hash);
    expect(exitStatusOf(summary)).toBe(0);
    expect(summary).toEqual({
      cycles: 1,
      decisions: {
        model: { long: 0, short: 0, hold: 0, close: 0, absent: 1 },
        trend: { long: 1, short: 0, hold: 0, close: 0, absent: 0 },
      },
      vetoes: {},
      orders: 2,
      fills: 2,
      roundTrips: 1,
      fees: { USDT: '3.96' }, // 2 + 1.96
      equity: { start: '1000.0000', end: '986.0400' }, // 1000 - 502 + 488.04
      balances: { start: { USDT: '1000' }, end: { BTC: '0', USDT: '986.04' } },
      ledger: { postings: 12, unbalanced: 0, differences: 0 }, // 2 + 5 + 5
      duplicates: 0,
      files: ['a.csv', 'b.csv'],
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('is the same for the same desk again', async () => {
    expect(await resultAfter()).toEqual(await resultAfter());
  });

  it('values what is held at the last closes before start and end', async () => {
    const { summary } = await resultAfter(async (pool, journal) => {
      journal.deposits.push({ asset: 'BTC', amount: '0.1' });
      await pool.query(
        `insert into posting values (1, 'venue', 'BTC', 0.1), (1, 'capital', 'BTC', -0.1)`,
      );
    });
    // 1000 + 0.1 * 50200 and 986.04 + 0.1 * 48500; the bar that closes after the end is not seen
    expect(summary.equity).toEqual({ start: '6020.0000', end: '5836.0400' });
    expect(exitStatusOf(summary)).toBe(0);
  });

  it('counts vetoes by rule', async () => {
    const { summary } = await resultAfter((pool) =>
      pool.query(
        `insert into verdict values ('other', 'd', 'vetoed', now(), $1, null), ('more', 'd', 'vetoed', now(), $2, null)`,
        [
          JSON.stringify([
            { rule: 'reward-risk', outcome: 'veto' },
            { rule: 'stop', outcome: 'pass' },
          ]),
          JSON.stringify([
            { rule: 'reward-risk', outcome: 'veto' },
            { rule: 'stop', outcome: 'veto' },
          ]),
        ],
      ),
    );
    expect(summary.vetoes).toEqual({ 'reward-risk': 2, stop: 1 });
  });
});

describe('a hand that tampers', () => {
  /** A sale of 0.01 BTC at 49000 more, booked like the one before. */
  async function bookAgain(pool: pg.Pool): Promise<void> {
    await pool.query(
      `insert into ledger_entry (id, desk, kind, reference, at) overriding system value
       select 9, desk, kind, 'fill T9', at from ledger_entry where id = 3`,
    );
    await pool.query(
      `insert into posting select 9, account, asset, amount from posting where entry = 3`,
    );
    await pool.query(
      `insert into fill select 'T9', 9, null, 'O9', pair, side, price, quantity, cost, fee, fee_asset,
              liquidity, at from fill where execution_id = 'T2'`,
    );
  }

  const cases: {
    name: string;
    tamper: (pool: pg.Pool, journal: VenueJournal) => Promise<unknown>;
    counted: { duplicates: number; unbalanced: number; differences: number };
  }[] = [
    {
      name: 'a second order, filled and booked',
      async tamper(pool, journal) {
        const again = { venueOrderId: 'O9', clientOrderId: null };
        journal.orders.push(again);
        journal.fills.push({ ...journal.fills[1]!, ...again, executionId: 'T9' });
        await bookAgain(pool);
      },
      counted: { duplicates: 1, unbalanced: 0, differences: 0 },
    },
    {
      name: 'a lost fill',
      async tamper(pool) {
        await pool.query(`delete from fill where execution_id = 'T2'`);
        await pool.query(`delete from posting where entry = 3`);
        await pool.query(`delete from ledger_entry where id = 3`);
      },
      // the fill, and both balances that it moved
      counted: { duplicates: 0, unbalanced: 0, differences: 3 },
    },
    {
      name: 'an altered posting',
      tamper: (pool) =>
        pool.query(
          `update posting set amount = -501 where entry = 2 and asset = 'USDT' and account = 'venue'`,
        ),
      // the entry no longer balances; its fill says otherwise, and so does the balance
      counted: { duplicates: 0, unbalanced: 1, differences: 2 },
    },
    {
      name: 'a price altered in a fill',
      tamper: (pool) => pool.query(`update fill set price = 49001 where execution_id = 'T2'`),
      counted: { duplicates: 0, unbalanced: 0, differences: 1 },
    },
  ];

  it.each(cases)('$name is counted, ends in status 3 and gives another hash', async (one) => {
    const untouched = await resultAfter();
    const { summary, findings } = await resultAfter(one.tamper);
    const { duplicates, unbalanced, differences } = one.counted;
    expect(summary.duplicates).toBe(duplicates);
    expect(summary.ledger).toMatchObject({ unbalanced, differences });
    expect(findings).toHaveLength(duplicates + unbalanced + differences);
    expect(exitStatusOf(summary)).toBe(3);
    expect(summary.hash).not.toBe(untouched.summary.hash);
  });

  it('a second order that was never booked is counted all the same', async () => {
    const { summary } = await resultAfter(async (_pool, journal) => {
      journal.orders.push({ ...journal.orders[0]!, venueOrderId: 'O9' });
    });
    expect(summary.duplicates).toBe(1);
    expect(exitStatusOf(summary)).toBe(3);
  });
});
