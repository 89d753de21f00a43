import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ProfileSchema } from '../../../shared/profile.ts';
import { memoryVenue } from '../../orders/memory-venue.fixture.ts';
import { noProbe } from '../../probe.ts';
import { emptySchema } from '../desk-database.fixture.ts';
import { openBar } from '../desk/open-bar.ts';
import { createDocumentStore } from '../documents.ts';
import {
  clearTables,
  CLOSE_MS,
  DESK,
  exampleInstrument,
  exampleProfile,
  HOUR_MS,
  storeBars,
  storeDesk,
  storeEntry,
} from '../example-desk.fixture.ts';
import type { LedgerDeps } from '../ledger-deps.ts';
import { readAccount } from './account.ts';
import { releaseBag } from './bag.ts';
import { bagBalances, ledgerBalances } from './balances.ts';
import { checkLedger } from './check-ledger.ts';

/** The desk opens on Monday 2026-01-05; its first day ends at 00:00 of the 6th. */
const DAY_2 = Date.UTC(2026, 0, 6);
const WEEK_2 = Date.UTC(2026, 0, 12);

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`bag_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await storeDesk(pool, { USDT: '1000', BTC: '2' }, '1200');
  await storeBars(pool, 'BTC/USDT');
});
afterAll(() => pool?.end());

const deps = (bag: object | undefined): LedgerDeps => ({
  ...{ pool, desk: DESK, venue: memoryVenue(), probe: noProbe },
  documents: createDocumentStore(pool),
  profile: ProfileSchema.parse({ ...exampleProfile, bag }),
  instruments: () => Promise.resolve(exampleProfile.pairs.map(exampleInstrument)),
});
const daily = { sharePct: 20, every: 'day', assets: { BTC: 1 } };
const bar = (atMs: number, bag: object = daily) => openBar(deps(bag), atMs);

/** A trade that was closed at this venue time with this result. */
async function closed(atMs: number, pnl: string): Promise<void> {
  const { position } = await storeEntry(pool, { barMs: atMs - 2 * HOUR_MS });
  await pool.query(`update trade_order set status = 'canceled'`);
  await pool.query(
    `update position set state = 'closed', pnl_usdt = $2, closed_at = $3 where id = $1`,
    [position, pnl, new Date(atMs)],
  );
}
const sweeps = async () =>
  (await pool.query(`select at, who, why, detail from desk_event where kind = 'sweep' order by id`))
    .rows;

describe('the sweep', () => {
  test('puts a share of the day’s profit aside at its end, once', async () => {
    await closed(CLOSE_MS, '150');
    await closed(CLOSE_MS + 2 * HOUR_MS, '-50');
    await bar(CLOSE_MS);
    expect(await bagBalances(pool)).toEqual({});
    await bar(DAY_2);
    await bar(DAY_2 + HOUR_MS);
    // 20 % of 100 won are 20: 0.2 BTC at 100
    expect(await bagBalances(pool)).toEqual({ BTC: '0.2' });
    expect(await sweeps()).toEqual([
      {
        ...{
          at: new Date(DAY_2),
          who: 'desk',
          why: '20 % of 100 USDT won since 2026-01-05T00:00:00Z',
        },
        detail: { profitUsdt: '100', amounts: { BTC: '0.2' } },
      },
    ]);
  });

  test('is held at the venue still, worth what it was, and not free', async () => {
    await closed(CLOSE_MS, '100');
    await bar(DAY_2);
    expect(await ledgerBalances(pool)).toEqual({ USDT: '1000', BTC: '2' });
    expect(await readAccount(pool, DESK, '1h', DAY_2)).toMatchObject({
      ...{ equity: '1200.0000', bags: { BTC: '0.2' }, free: { USDT: '1000', BTC: '1.8' } },
    });
    expect((await checkLedger(pool)).unbalanced).toEqual([]);
  });

  test.each<[string, string, number, object | undefined]>([
    ['a loss', '-10', DAY_2, daily],
    ['a day that has not ended', '100', DAY_2 - HOUR_MS, daily],
    ['a week that has not ended', '100', DAY_2, { ...daily, every: 'week' }],
    ['a profile without a bag', '100', DAY_2, undefined],
  ])('takes nothing of %s', async (_name, pnl, atMs, bag) => {
    await closed(CLOSE_MS, pnl);
    await openBar(deps(bag), atMs);
    expect(await bagBalances(pool)).toEqual({});
  });

  test('takes the profit of a week at its end', async () => {
    await closed(CLOSE_MS, '100');
    await closed(DAY_2 + HOUR_MS, '100');
    await bar(WEEK_2, { ...daily, every: 'week' });
    expect(await bagBalances(pool)).toEqual({ BTC: '0.4' });
  });

  test('takes what a period won, not what the one before it did', async () => {
    await closed(CLOSE_MS, '100');
    await bar(DAY_2);
    await closed(DAY_2 + HOUR_MS, '50');
    await bar(DAY_2 + 24 * HOUR_MS);
    expect((await sweeps()).map((e) => (e as { detail: unknown }).detail)).toEqual([
      { profitUsdt: '100', amounts: { BTC: '0.2' } },
      { profitUsdt: '50', amounts: { BTC: '0.1' } },
    ]);
  });
});

describe('a release', () => {
  const by = (reference: string) => ({ reference, who: 'ann', why: 'spend', atMs: DAY_2 });
  const release = (reference: string, amounts: Record<string, string> | 'all') =>
    releaseBag({ pool, desk: DESK }, { ...by(reference), amounts });
  beforeEach(async () => {
    await closed(CLOSE_MS, '100');
    await bar(DAY_2);
  });

  test('gives back what was asked for, once', async () => {
    const first = await release('r1', { BTC: '0.05' });
    expect(first).toEqual({ kind: 'released', amounts: { BTC: '0.05' }, left: { BTC: '0.15' } });
    expect(await release('r1', { BTC: '0.05' })).toEqual(first);
    expect(await bagBalances(pool)).toEqual({ BTC: '0.15' });
    expect((await readAccount(pool, DESK, '1h', DAY_2)).free['BTC']).toBe('1.85');
  });

  test('gives back everything', async () => {
    expect(await release('r1', 'all')).toMatchObject({ amounts: { BTC: '0.2' }, left: {} });
    expect(await release('r2', 'all')).toMatchObject({ reason: 'there is nothing to release' });
  });

  test.each([
    [{ BTC: '0.21' }, '0.21 BTC were asked for, the bag holds 0.2'],
    [{ BTC: '0.1', XRP: '1' }, '1 XRP were asked for, the bag holds 0'],
    [{ BTC: '-1' }, '-1 is no amount of BTC'],
    [{ BTC: '0' }, '0 is no amount of BTC'],
  ])('of %o is refused whole, and that is written down', async (amounts, reason) => {
    expect(await release('r1', amounts)).toEqual({ kind: 'refused', reason });
    expect(await bagBalances(pool)).toEqual({ BTC: '0.2' });
    const { rows } = await pool.query(
      `select who, why, detail from desk_event where kind = 'release-bag'`,
    );
    expect(rows).toEqual([
      { who: 'ann', why: 'spend', detail: { asked: amounts, answer: { kind: 'refused', reason } } },
    ]);
  });
});
