import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Decimal } from '../../../shared/money.ts';
import type { VenueOrder } from '../../../shared/venue.ts';
import { outboxUpdates } from '../../market/outbox.ts';
import { findOrder, type StoredOrder } from '../../orders/order-store.ts';
import { noProbe } from '../../probe.ts';
import { emptySchema } from '../desk-database.fixture.ts';
import { clearTables, DESK, exampleFill, storeDesk, storeEntry } from '../example-desk.fixture.ts';
import { ledgerBalances } from './balances.ts';
import { adoptOrderState, bookFill, postingsOfFill } from './book-fill.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`book_fill_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await storeDesk(pool);
});
afterAll(() => pool?.end());

const deps = () => ({ pool, desk: DESK, probe: noProbe });
const stored = async (id: string): Promise<StoredOrder> => (await findOrder(pool, id))!;
const messages = () => outboxUpdates(pool, DESK);

/** What the venue says of an entry of 2 BTC. */
const venueOrder = (clientOrderId: string, change: Partial<VenueOrder>): VenueOrder => ({
  ...{ venueOrderId: 'O1', clientOrderId, pair: 'BTC/USDT', side: 'buy', kind: 'market' },
  ...{ quantity: '2', price: null, status: 'open', filledQuantity: '0', filledCost: '0' },
  reason: null,
  ...change,
});

const amount = fc.integer({ min: 1, max: 1_000_000 }).map((n) => new Decimal(n).div(1e8).toFixed());
test('the postings of any execution sum to zero in every asset', () => {
  fc.assert(
    fc.property(
      amount,
      amount,
      fc.constantFrom('buy' as const, 'sell' as const),
      fc.constantFrom('USDT', 'BTC', 'KFEE'),
      (quantity, price, side, feeAsset) => {
        const sums = new Map<string, Decimal>();
        for (const p of postingsOfFill(exampleFill({ quantity, price, side, feeAsset }))) {
          sums.set(p.asset, (sums.get(p.asset) ?? new Decimal(0)).plus(p.amount));
        }
        return [...sums.values()].every((sum) => sum.isZero());
      },
    ),
  );
});

describe('a fill', () => {
  test('moves the balances by quantity, cost and fee', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    expect(await bookFill(deps(), exampleFill({ clientOrderId }))).toBe(true);
    // 1000 - 2 * 100 - 0.5 % of 200
    expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '799' });
  });

  test('booked twice changes nothing the second time', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    const fill = exampleFill({ clientOrderId, quantity: '1' });
    expect(await bookFill(deps(), fill)).toBe(true);
    expect(await bookFill(deps(), fill)).toBe(false);
    expect(await ledgerBalances(pool)).toEqual({ BTC: '1', USDT: '899.5' });
    expect(await stored(clientOrderId)).toMatchObject({ filledQuantity: '1', status: 'open' });
  });

  test.each(['intended', 'sending', 'unknown'] as const)(
    'that comes while its order is %s adopts the order',
    async (status) => {
      const { clientOrderId } = await storeEntry(pool, { status });
      await bookFill(deps(), exampleFill({ clientOrderId, quantity: '0.5' }));
      expect(await stored(clientOrderId)).toMatchObject({
        ...{ status: 'open', filledQuantity: '0.5', filledCost: '50' },
      });
    },
  );

  test('in parts fills its order when the last part is there', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '1.5' }));
    expect((await stored(clientOrderId)).status).toBe('open');
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '0.5', price: '101' }));
    // 1.5 * 100 + 0.5 * 101
    expect(await stored(clientOrderId)).toMatchObject({ status: 'filled', filledCost: '200.5' });
  });

  test('whose booking dies in the middle leaves nothing, and is booked by the next try', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    const fill = exampleFill({ clientOrderId });
    const dying = (): never => {
      throw new Error('the process dies');
    };
    await expect(bookFill({ ...deps(), probe: dying }, fill)).rejects.toThrow('dies');
    expect(await ledgerBalances(pool)).toEqual({ USDT: '1000' });
    expect(await bookFill(deps(), fill)).toBe(true);
    expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '799' });
  });

  test('of an order that is not ours is booked and told to nobody', async () => {
    expect(await bookFill(deps(), exampleFill())).toBe(true);
    expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '799' });
    expect(await messages()).toEqual([]);
  });
});

describe('what a guard is told', () => {
  test('is the cumulative state, until it has acknowledged', async () => {
    const { clientOrderId, guard } = await storeEntry(pool, { status: 'open' });
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '0.5' }));
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '0.25' }));
    const [update] = await messages();
    expect(update).toMatchObject({
      guard,
      orders: [{ clientOrderId, leg: 'entry', n: 1, status: 'open', filledQuantity: '0.75' }],
    });
    expect(await messages()).toEqual([update]);
    await pool.query(`update outbox set acknowledged = true where id = any($1)`, [update!.outbox]);
    expect(await messages()).toEqual([]);
  });

  test('a repeated execution is no new message', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    const fill = exampleFill({ clientOrderId });
    await bookFill(deps(), fill);
    await bookFill(deps(), fill);
    expect((await messages())[0]?.outbox).toHaveLength(1);
  });
});

describe('what the venue says of an order', () => {
  test('"filled" that overtakes its fills waits for them', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    const filled = venueOrder(clientOrderId, { status: 'filled', filledQuantity: '2' });
    await adoptOrderState(deps(), filled);
    expect((await stored(clientOrderId)).status).toBe('open');
    expect(await messages()).toEqual([]);
    await bookFill(deps(), exampleFill({ clientOrderId }));
    expect((await stored(clientOrderId)).status).toBe('filled');
    expect(await messages()).toMatchObject([{ orders: [{ status: 'filled' }] }]);
  });

  test('"canceled" ends the order and is told once', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    const ended = venueOrder(clientOrderId, { status: 'canceled', reason: 'user requested' });
    await adoptOrderState(deps(), ended);
    await adoptOrderState(deps(), ended);
    expect(await stored(clientOrderId)).toMatchObject({
      ...{ status: 'canceled', reason: 'user requested' },
    });
    expect((await messages())[0]?.outbox).toHaveLength(1);
  });

  test('a fill that comes after the end still counts', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'open' });
    await adoptOrderState(deps(), venueOrder(clientOrderId, { status: 'canceled' }));
    await bookFill(deps(), exampleFill({ clientOrderId, quantity: '0.5' }));
    expect(await messages()).toMatchObject([
      { orders: [{ status: 'canceled', filledQuantity: '0.5', filledCost: '50' }] },
    ]);
  });

  test('an order that was refused stays so', async () => {
    const { clientOrderId } = await storeEntry(pool, { status: 'rejected' });
    await adoptOrderState(deps(), venueOrder(clientOrderId, { status: 'open' }));
    expect((await stored(clientOrderId)).status).toBe('rejected');
  });
});
