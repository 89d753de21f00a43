import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noProbe } from '../../probe.ts';
import { emptySchema } from '../desk-database.fixture.ts';
import {
  clearTables,
  CLOSE_MS,
  DESK,
  exampleFill,
  HOUR_MS,
  storeBars,
  storeDesk,
  storeEntry,
} from '../example-desk.fixture.ts';
import { firstMarks, nextMarks, openReservations, readAccount } from './account.ts';
import { adoptOrderState, bookFill } from './book-fill.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`account_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await storeBars(pool, 'BTC/USDT');
});
afterAll(() => pool?.end());

const deps = () => ({ pool, desk: DESK, probe: noProbe });
const account = () => readAccount(pool, DESK, '1h', CLOSE_MS);
const buy = (clientOrderId: string, quantity: string) =>
  bookFill(deps(), exampleFill({ clientOrderId, quantity }));

describe('the account', () => {
  test('is valued at the closes of its time', async () => {
    await storeDesk(pool, { USDT: '1000', BTC: '2' });
    // 1000 + 2 * 100
    expect(await account()).toMatchObject({
      ...{ asOf: '2026-01-05T13:00:00Z', equity: '1200.0000', positions: [] },
      ...{ free: { USDT: '1000', BTC: '2' }, usdtPer: { USDT: '1', BTC: '100' } },
    });
  });

  test('does not see a bar that closes later', async () => {
    await storeDesk(pool, { BTC: '2' });
    await pool.query(`insert into candle values ('BTC/USDT', '1h', $1, 500, 500, 500, 500, 1)`, [
      new Date(CLOSE_MS),
    ]);
    expect((await account()).equity).toBe('200.0000');
    expect((await readAccount(pool, DESK, '1h', CLOSE_MS + HOUR_MS)).equity).toBe('1000.0000');
  });

  test('shows a position with its mean price, its resting stop and its change', async () => {
    await storeDesk(pool);
    const { clientOrderId, position, guard } = await storeEntry(pool, { status: 'open' });
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '1', price: '80' }));
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '1', price: '90' }));
    expect((await account()).positions).toEqual([
      {
        ...{ position, guard, pair: 'BTC/USDT', side: 'long', quantity: '2' },
        // (80 + 90) / 2; 100 / 85 - 1 = 17.647 %
        ...{ entryPrice: '85', unrealisedPct: 17.647 },
        ...{ stopPrice: '98', targetPrices: ['108'], openedAt: '2026-01-05T13:00:00Z' },
      },
    ]);
  });

  test('does not show a position that holds nothing yet', async () => {
    await storeDesk(pool);
    await storeEntry(pool, { status: 'open' });
    expect((await account()).positions).toEqual([]);
  });

  test('counts neither what a position holds nor what is reserved as free', async () => {
    await storeDesk(pool, { USDT: '1000', BTC: '1' });
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    await buy(clientOrderId, '0.5');
    // paid 50 + 0.25, three quarters of 200 still reserved: 1000 - 50.25 - 150
    expect((await account()).free).toEqual({ BTC: '1', USDT: '799.75' });
  });
});

describe('a reservation', () => {
  beforeEach(() => storeDesk(pool));
  const reserved = async () => (await openReservations(pool, DESK)).map((r) => r.amount);

  test.each(['intended', 'sending', 'unknown', 'open'] as const)(
    'holds while %s',
    async (status) => {
      await storeEntry(pool, { status });
      expect(await reserved()).toEqual(['200']);
    },
  );

  test('shrinks with the fills, rounded up, and is gone when the order is filled', async () => {
    const { clientOrderId } = await storeEntry(pool, { quantity: '3', status: 'open' });
    await buy(clientOrderId, '1');
    // 200 * 2 / 3
    expect(await reserved()).toEqual(['133.333333333334']);
    await buy(clientOrderId, '2');
    expect(await reserved()).toEqual([]);
  });

  test.each(['canceled', 'expired', 'rejected'] as const)('is gone when %s', async (status) => {
    await storeEntry(pool, { status });
    expect(await reserved()).toEqual([]);
  });

  test('is given back when the venue ends the order', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    await adoptOrderState(deps(), {
      ...{ venueOrderId: 'O1', clientOrderId, pair: 'BTC/USDT', side: 'buy', kind: 'market' },
      ...{ quantity: '2', price: null, status: 'canceled', filledQuantity: '0', filledCost: '0' },
      reason: null,
    });
    expect(await reserved()).toEqual([]);
    expect((await account()).free).toEqual({ USDT: '1000' });
  });
});

describe('the marks that losses are measured from', () => {
  const at = (iso: string): number => Date.parse(iso);
  const first = firstMarks('1000', at('2026-01-28T10:00:00Z')); // a Wednesday
  const equities = (marks: typeof first) => ({
    ...{ peak: marks.peak, day: marks.day.equity, week: marks.week.equity },
    month: marks.month.equity,
  });

  test.each([
    ['the same day', '2026-01-28T23:59:59Z', '900', ['1000', '1000', '1000', '1000']],
    ['the next day', '2026-01-29T00:00:00Z', '900', ['1000', '900', '1000', '1000']],
    ['Sunday', '2026-02-01T00:00:00Z', '900', ['1000', '900', '1000', '900']],
    ['the next Monday', '2026-02-02T00:00:00Z', '900', ['1000', '900', '900', '900']],
    ['a new height', '2026-01-28T11:00:00Z', '1100', ['1100', '1000', '1000', '1000']],
  ] as const)('%s', (_name, time, equity, [peak, day, week, month]) => {
    expect(equities(nextMarks(first, equity, at(time)))).toEqual({ peak, day, week, month });
  });

  test('a day without bars between does no harm', () => {
    const after = nextMarks(first, '900', at('2026-03-20T05:00:00Z'));
    expect(after.day.startMs).toBe(at('2026-03-20T00:00:00Z'));
    expect(after.month.startMs).toBe(at('2026-03-01T00:00:00Z'));
  });
});
