import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientOrderId } from '../../../shared/client-order-id.ts';
import { workflowIds } from '../../../shared/names.ts';
import { ProfileSchema } from '../../../shared/profile.ts';
import { openReservations, readAccount } from '../../ledger/books/account.ts';
import { bookFill } from '../../ledger/books/book-fill.ts';
import { emptySchema } from '../../ledger/desk-database.fixture.ts';
import {
  BAR_MS,
  clearTables,
  CLOSE_MS,
  DESK,
  exampleFill,
  exampleInstrument,
  exampleProfile,
  storeBars,
  storeDesk,
  storeEntry,
} from '../../ledger/example-desk.fixture.ts';
import { createCandleStore } from '../../market/candle-store.ts';
import { noProbe } from '../../probe.ts';
import { memoryVenue, type MemoryVenue } from '../memory-venue.fixture.ts';
import { findOrder } from '../order-store.ts';
import { sendOrder } from '../sending/send-order.ts';
import { createRebalanceActivities } from './rebalance-activities.ts';

let pool: pg.Pool;
let venue: MemoryVenue;
beforeAll(async () => {
  pool = await emptySchema(`rebalance_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await pool.query('delete from rebalance');
  venue = memoryVenue({ USDT: '500', BTC: '15', XRP: '5' });
  // 2500 USDT in all: BTC 60 %, XRP and USDT 20 % each
  await storeDesk(pool, { USDT: '500', BTC: '15', XRP: '5' }, '2500');
  for (const pair of ['BTC/USDT', 'XRP/USDT']) {
    await storeBars(pool, pair);
    await pool.query(
      `insert into candle select pair, '4h', open_at, open, high, low, close, volume from candle
        where pair = $1 and timeframe = '1h' and open_at = $2`,
      [pair, new Date(Date.UTC(2026, 0, 5, 8))],
    );
  }
});
afterAll(() => pool?.end());

const ID = workflowIds.rebalance(DESK, CLOSE_MS);
const profile = ProfileSchema.parse({ ...exampleProfile, rebalance: {} });
const activities = (book = { bidDepth: '1000000', askDepth: '1000000' }) =>
  createRebalanceActivities({
    ...{ pool, desk: DESK, profile, candles: createCandleStore(pool), deadlineClock: null },
    instrument: (pair) => Promise.resolve(exampleInstrument(pair)),
    depth: () => Promise.resolve({ bid: '100', ask: '100', ...book }),
  });
const plan = (atMs = CLOSE_MS, id = ID) => activities().planRebalance({ id, atMs });
const reviewed = (n: number) =>
  activities().reviewRebalanceLeg({ id: ID, startedMs: CLOSE_MS, n, atMs: CLOSE_MS });
const send = (id: string) =>
  sendOrder({ pool, desk: DESK, venue, probe: noProbe, deadlineClock: null }, id);
const LEG_1 = clientOrderId(ID, 'rebalance', 1);

describe('a pass', () => {
  test('is planned once: BTC to the edge of its band, into what is short', async () => {
    const first = await plan();
    // 38.33 % of 2500 are 958.33: 541.66 too much, to be shared by the others up to 770.83 each
    expect(first).toMatchObject({
      shares: { BTC: 0.6, XRP: 0.2, USDT: 0.2 },
      legs: [
        { pair: 'BTC/USDT', side: 'sell', quantity: '5.41' },
        { pair: 'XRP/USDT', side: 'buy', quantity: '2.7' },
      ],
    });
    await pool.query(`update posting set amount = amount * 2`);
    expect(await plan()).toEqual(first);
  });

  test('leaves out what positions hold and what lies in a bag', async () => {
    const { clientOrderId: id } = await storeEntry(pool, { status: 'open', reserved: '0' });
    await bookFill({ pool, desk: DESK, probe: noProbe }, exampleFill({ clientOrderId: id }));
    await pool.query(
      `insert into trade_order (client_order_id, desk, position, verdict, guard, leg, n, pair, side, kind,
                                quantity, status, intended_at)
       select gen_random_uuid(), desk, position, verdict, guard, 'stop', 1, pair, 'sell', 'stop-loss',
              2, 'open', intended_at from trade_order`,
    );
    await pool.query(
      `insert into posting select id, unnest(array['venue', 'bag']), 'BTC', unnest(array[-3, 3])
         from (select min(id) as id from ledger_entry) e on conflict (entry, account, asset) do update
         set amount = posting.amount + excluded.amount`,
    );
    // BTC: 15 + 2 bought - 2 of the position - 3 of the bag = 12; USDT: 500 - 200 - 1 fee; 1999 in all
    expect((await plan()).shares).toEqual({ BTC: 0.6003, XRP: 0.250125, USDT: 0.149575 });
  });

  test('waits a day after one that traded', async () => {
    await plan();
    const next = CLOSE_MS + 23 * 3_600_000;
    expect(await plan(next, workflowIds.rebalance(DESK, next))).toMatchObject({
      legs: [],
      reason: 'the last pass was less than 24 hours ago',
    });
  });

  test.each([
    ['sending', 'stop'],
    ['unknown', 'stop'],
    ['canceled', 'stop'],
    ['open', 'exit'],
  ])('is suspended while a position has a %s %s', async (status, leg) => {
    const { position } = await storeEntry(pool, { status: 'filled' });
    await pool.query(`update position set state = 'open' where id = $1`, [position]);
    await pool.query(
      `insert into trade_order (client_order_id, desk, position, verdict, guard, leg, n, pair, side, kind,
                                quantity, status, intended_at)
       select gen_random_uuid(), desk, position, verdict, guard, $1, 1, pair, 'sell', 'market',
              2, $2, intended_at from trade_order`,
      [leg, status],
    );
    expect((await plan()).reason).toBe('suspended: a stop is pending on BTC/USDT');
  });

  test('is suspended in a crisis', async () => {
    // one bar of 30 % among bars that never moved
    await pool.query(
      `update candle set high = 115, low = 85 where pair = 'BTC/USDT' and open_at = $1`,
      [new Date(BAR_MS)],
    );
    expect((await plan()).reason).toBe('suspended: the market is in a crisis');
  });
});

describe('a leg', () => {
  beforeEach(() => plan());

  test('is stored as an order of the pass, and holds what it may take', async () => {
    const { order } = await reviewed(1);
    expect(order).toEqual({ clientOrderId: LEG_1, summary: 'sell 5.41 BTC/USDT (541.00 USDT)' });
    expect(await findOrder(pool, LEG_1)).toMatchObject({
      ...{ status: 'intended', leg: 'rebalance', n: 1, side: 'sell', kind: 'market' },
      ...{ position: 'rebalance/2026-01-05T13:00:00Z', guard: ID, quantity: '5.41' },
    });
    expect(await openReservations(pool, DESK)).toMatchObject([{ asset: 'BTC', amount: '5.41' }]);
    expect((await readAccount(pool, DESK, '1h', CLOSE_MS)).free['BTC']).toBe('9.59');
  });

  test('reviewed again is what it was, whatever has changed', async () => {
    const first = await reviewed(1);
    await pool.query(`update desk set state = jsonb_set(state, '{kind}', '"halted"')`);
    expect(await reviewed(1)).toEqual(first);
    expect(await openReservations(pool, DESK)).toHaveLength(1);
  });

  test('of a desk that was halted since the plan is vetoed', async () => {
    await pool.query(`update desk set state = jsonb_set(state, '{kind}', '"halted"')`);
    expect(await reviewed(1)).toMatchObject({ kind: 'vetoed', order: null });
    expect(await findOrder(pool, LEG_1)).toBeNull();
  });

  test.each(['halted', 'paused', 'reduced'])(
    'is not sent once the desk is %s, and says so',
    async (state) => {
      await reviewed(1);
      await pool.query(`update desk set state = jsonb_set(state, '{kind}', to_jsonb($1::text))`, [
        state,
      ]);
      const reason = `the desk is ${state}: no rebalance is sent`;
      expect(await send(LEG_1)).toEqual({ kind: 'refused', reason });
      expect(venue.received).toEqual([]);
    },
  );

  test('is sent once, and its fill is booked like any other', async () => {
    await reviewed(1);
    expect(await send(LEG_1)).toEqual({ kind: 'open' });
    expect(await send(LEG_1)).toEqual({ kind: 'open' });
    expect(venue.received).toHaveLength(1);
    await bookFill({ pool, desk: DESK, probe: noProbe }, venue.fill(LEG_1, '5.41'));
    expect(await findOrder(pool, LEG_1)).toMatchObject({ status: 'filled' });
    expect(await openReservations(pool, DESK)).toEqual([]);
    expect((await pool.query(`select guard from outbox`)).rows).toEqual([{ guard: ID }]);
  });

  test('is bound by what is free now: the first leg has not been filled', async () => {
    // 2.7 cost 270 * 1.005; of 500 USDT 400 are reserved meanwhile
    await storeEntry(pool, { pair: 'XRP/USDT', reserved: '400', barMs: BAR_MS - 3_600_000 });
    const leg = await reviewed(2);
    expect(leg).toMatchObject({ kind: 'resized' });
    // 100 / 100.5 = 0.995
    expect(leg.order?.summary).toBe('buy 0.99 XRP/USDT (99.00 USDT)');
  });

  test('that the plan does not have is an error', async () => {
    await expect(reviewed(3)).rejects.toThrow('has no leg 3');
  });
});
