import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { storeEntry } from '../../ledger/example-desk.fixture.ts';
import type { MemoryVenue } from '../memory-venue.fixture.ts';
import { onOrderDesk } from '../order-desk.fixture.ts';
import { findOrder } from '../order-store.ts';
import { amendOrder, cancelOrder } from './change-order.ts';
import { sendOrder, settleOrder, type SendingDeps } from './send-order.ts';

let pool: pg.Pool;
let venue: MemoryVenue;
let deps: SendingDeps;
let id: string;

onOrderDesk('change_order', async (desk) => {
  ({ pool, venue, deps } = desk);
  id = (await storeEntry(pool)).clientOrderId;
});

const atVenue = () => venue.orderByClientId(id);

describe('amending', () => {
  test('gives the resting order its new quantity, here and there', async () => {
    await sendOrder(deps, id);
    const amended = await amendOrder(deps, { clientOrderId: id, quantity: '1.5' });
    expect(amended).toEqual({ status: 'open', filledQuantity: '0', filledCost: '0' });
    expect(await atVenue()).toMatchObject({ quantity: '1.5' });
    expect(await findOrder(pool, id)).toMatchObject({ quantity: '1.5' });
  });

  test('a lost answer is settled by the next attempt, which asks first', async () => {
    await sendOrder(deps, id);
    venue.fates = ['answer-lost', 'refused'];
    const change = { clientOrderId: id, quantity: '1.5' };
    await expect(amendOrder(deps, change)).rejects.toMatchObject({ kind: 'ambiguous' });
    // It is so already: the venue, which would refuse, is not asked to do it again.
    expect(await amendOrder(deps, change)).toMatchObject({ status: 'open' });
  });

  test('an order that is over is an answer', async () => {
    await sendOrder(deps, id);
    venue.fill(id, '2');
    expect(await amendOrder(deps, { clientOrderId: id, quantity: '1' })).toEqual({
      ...{ status: 'filled', filledQuantity: '2', filledCost: '200' },
    });
  });

  test('an order that the venue refuses to change is cancelled', async () => {
    await sendOrder(deps, id);
    venue.fill(id, '0.5');
    venue.fates = ['refused'];
    expect(await amendOrder(deps, { clientOrderId: id, quantity: '9' })).toEqual({
      ...{ status: 'canceled', filledQuantity: '0.5', filledCost: '50' },
    });
    expect(await atVenue()).toMatchObject({ status: 'canceled', quantity: '2' });
  });
});

describe('cancelling', () => {
  test('tells what was filled before', async () => {
    await sendOrder(deps, id);
    venue.fill(id, '0.5');
    expect(await cancelOrder(deps, id)).toEqual({
      ...{ status: 'canceled', filledQuantity: '0.5', filledCost: '50' },
    });
    expect((await findOrder(pool, id))?.status).toBe('canceled');
  });

  test('again, or after a lost answer, tells the same', async () => {
    await sendOrder(deps, id);
    venue.fates = ['answer-lost'];
    await expect(cancelOrder(deps, id)).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'canceled' });
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'canceled' });
  });

  test('comes too late for an order that is filled', async () => {
    await sendOrder(deps, id);
    venue.fill(id, '2');
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'filled', filledQuantity: '2' });
  });

  test('an order that was not sent yet will not be', async () => {
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'unplaced' });
    expect(await sendOrder(deps, id)).toMatchObject({ kind: 'refused' });
    expect(venue.received).toEqual([]);
  });

  test('an order on its way is not over until it is known what became of it', async () => {
    venue.fates = ['late'];
    await sendOrder(deps, id).catch(() => null);
    await expect(cancelOrder(deps, id)).rejects.toMatchObject({ kind: 'retry' });
    venue.arriveLate();
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'canceled' });
    expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
    expect(venue.received).toHaveLength(1);
  });

  test('an order whose request can no longer arrive is none, and is not sent again', async () => {
    deps = { ...deps, deadlineClock: () => venue.time() };
    venue.fates = ['request-lost'];
    await sendOrder(deps, id).catch(() => null);
    await expect(cancelOrder(deps, id)).rejects.toMatchObject({ kind: 'retry' });
    venue.nowMs += 5001; // an entry dies at the venue after 5 s
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'unplaced' });
    expect(await settleOrder(deps, id)).toMatchObject({ kind: 'refused' });
    expect(venue.received).toEqual([]);
  });

  test('an order that the venue refused is none', async () => {
    venue.fates = ['refused'];
    await sendOrder(deps, id);
    expect(await cancelOrder(deps, id)).toMatchObject({ status: 'unplaced' });
  });
});
