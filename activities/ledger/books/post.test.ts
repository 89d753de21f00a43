import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inTransaction } from '../database.ts';
import { emptySchema } from '../desk-database.fixture.ts';
import { clearTables } from '../example-desk.fixture.ts';
import { ledgerBalances } from './balances.ts';
import { postEntry, type Entry } from './post.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`post_${process.pid}`);
});
beforeEach(() => clearTables(pool));
afterAll(() => pool?.end());

const entry = (change: Partial<Entry> = {}): Entry => ({
  desk: 'd',
  kind: 'trade',
  reference: 'fill T1',
  at: '2026-01-05T13:00:00Z',
  // 2 BTC at 100, fee 1
  postings: [
    { account: 'venue', asset: 'BTC', amount: '2' },
    { account: 'exchange', asset: 'BTC', amount: '-2' },
    { account: 'venue', asset: 'USDT', amount: '-200' },
    { account: 'exchange', asset: 'USDT', amount: '200' },
    { account: 'venue', asset: 'USDT', amount: '-1' },
    { account: 'fees', asset: 'USDT', amount: '1' },
  ],
  ...change,
});
const book = (e: Entry): Promise<string | null> =>
  inTransaction(pool, (client) => postEntry(client, e));
const postings = async () =>
  (await pool.query(`select account, asset, amount from posting order by asset, account`)).rows;

test('an entry is booked with one posting per account and asset', async () => {
  await book(entry());
  expect(await postings()).toEqual([
    { account: 'exchange', asset: 'BTC', amount: '-2' },
    { account: 'venue', asset: 'BTC', amount: '2' },
    { account: 'exchange', asset: 'USDT', amount: '200' },
    { account: 'fees', asset: 'USDT', amount: '1' },
    { account: 'venue', asset: 'USDT', amount: '-201' },
  ]);
  expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '-201' });
});

test('a reference is booked once', async () => {
  const first = await book(entry());
  expect(first).not.toBeNull();
  expect(await book(entry())).toBeNull();
  expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '-201' });
});

test('two bookings of one reference at the same time become one', async () => {
  const ids = await Promise.all([book(entry()), book(entry())]);
  expect(ids.filter((id) => id !== null)).toHaveLength(1);
  expect(await postings()).toHaveLength(5);
});

test('an entry that does not balance in every asset is refused whole', async () => {
  const wrong = entry().postings.map((p) => (p.account === 'fees' ? { ...p, amount: '2' } : p));
  await expect(book(entry({ postings: wrong }))).rejects.toThrow(
    'ledger entry fill T1 does not balance: USDT is off by 1',
  );
  expect(await postings()).toEqual([]);
});

test('eighteen decimals come back as they went in', async () => {
  const tiny = '0.000000000000000001';
  await book(
    entry({
      postings: [
        { account: 'venue', asset: 'XRP', amount: tiny },
        { account: 'capital', asset: 'XRP', amount: `-${tiny}` },
      ],
    }),
  );
  expect(await ledgerBalances(pool)).toEqual({ XRP: tiny });
});
