import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { openReservations } from '../../ledger/books/account.ts';
import { BAR_MS, DESK, exampleInstrument, storeEntry } from '../../ledger/example-desk.fixture.ts';
import type { MemoryVenue } from '../memory-venue.fixture.ts';
import { onOrderDesk } from '../order-desk.fixture.ts';
import { cancelEntry, sendEntry, type EntryDeps } from './send-entry.ts';
import { sendOrder, settleOrder } from './send-order.ts';

let pool: pg.Pool;
let venue: MemoryVenue;
let deps: EntryDeps;
let bid: string;
let entry: Awaited<ReturnType<typeof storeEntry>>;

onOrderDesk('send_entry', async (desk) => {
  ({ pool, venue } = desk);
  bid = '99.5';
  deps = {
    ...{ ...desk.deps, reprices: 2 },
    depth: () => Promise.resolve({ bid, ask: '99.7' }),
    instrument: (pair) => Promise.resolve(exampleInstrument(pair)),
  };
  entry = await storeEntry(pool, { price: '99.9' });
});

const place = () => sendEntry(deps, entry.clientOrderId, sendOrder);
const settle = () => sendEntry(deps, entry.clientOrderId, settleOrder);
const pricesSent = () => venue.received.map((order) => order.price);
const reserved = async () => (await openReservations(pool, DESK)).map((r) => r.amount);

test('a post-only entry goes out as one, with the time at which it ends', async () => {
  expect(await place()).toEqual({
    ...{ kind: 'open', clientOrderId: entry.clientOrderId, n: 1, price: '99.9' },
  });
  expect(venue.received).toMatchObject([
    {
      ...{ kind: 'limit', price: '99.9', postOnly: true, feeIn: 'quote' },
      ...{ timeInForce: 'gtd', expireAt: '2026-01-05T14:00:00.000Z' },
    },
  ]);
});

describe('an entry that would have taken', () => {
  test('is priced anew under an id of its own, and holds what was reserved', async () => {
    venue.fates = ['would-take'];
    const placed = await place();
    expect(placed).toMatchObject({ kind: 'open', n: 2, price: '99.5' });
    expect(placed.clientOrderId).not.toBe(entry.clientOrderId);
    expect(pricesSent()).toEqual(['99.5']);
    expect(await reserved()).toEqual(['200']);
  });

  test('is given up when the profile asks for no further try', async () => {
    deps = { ...deps, reprices: 0 };
    venue.fates = ['would-take'];
    expect(await place()).toMatchObject({ kind: 'refused', reason: 'EOrder:Post only order' });
    expect(venue.received).toEqual([]);
    expect(await reserved()).toEqual([]);
  });

  test('is given up after as many tries as the profile allows', async () => {
    venue.fates = ['would-take', 'would-take', 'would-take'];
    expect(await place()).toMatchObject({ kind: 'refused', n: 3 });
    expect(venue.received).toEqual([]);
  });

  test('is given up when the market has fallen to its stop', async () => {
    bid = '98';
    venue.fates = ['would-take'];
    expect(await place()).toMatchObject({ kind: 'refused', n: 1 });
  });

  test('of a short is priced anew at the ask, on margin as before', async () => {
    entry = await storeEntry(pool, { price: '99.6', barMs: BAR_MS + 3_600_000, leverage: 2 });
    venue.fates = ['would-take'];
    expect(await place()).toMatchObject({ kind: 'open', n: 2, price: '99.7' });
    expect(venue.received).toMatchObject([{ side: 'sell', price: '99.7', leverage: 2 }]);
    expect(venue.received[0]?.reduceOnly).toBeUndefined();
  });

  test('never pays more than was approved', async () => {
    deps = { ...deps, depth: () => Promise.resolve({ bid: '101', ask: '101.2' }) };
    venue.fates = ['would-take'];
    await place();
    expect(pricesSent()).toEqual(['99.9']);
  });

  test('whose second order has no definite answer is found, not sent a third time', async () => {
    venue.fates = ['would-take', 'answer-lost'];
    await expect(place()).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(await settle()).toMatchObject({ kind: 'open', n: 2 });
    expect(await settle()).toMatchObject({ kind: 'open', n: 2 });
    expect(pricesSent()).toEqual(['99.5']);
  });
});

test('an entry refused for another reason is not priced anew', async () => {
  venue.fates = ['refused'];
  expect(await place()).toMatchObject({ kind: 'refused', n: 1 });
  expect(venue.received).toEqual([]);
});

describe('cancelling an entry', () => {
  test('ends the order that it has come to', async () => {
    venue.fates = ['would-take'];
    await place();
    const cancelled = await cancelEntry(deps, entry.position);
    expect(cancelled).toMatchObject({ status: 'canceled', n: 2, filledQuantity: '0' });
    expect(await venue.openOrders()).toEqual([]);
    expect(await reserved()).toEqual([]);
  });

  test('stops one that was refused and not priced anew yet', async () => {
    venue.fates = ['would-take'];
    await sendOrder(deps, entry.clientOrderId);
    expect(await cancelEntry(deps, entry.position)).toMatchObject({ status: 'unplaced', n: 1 });
    expect(await settle()).toMatchObject({ kind: 'refused' });
    expect(venue.received).toEqual([]);
  });

  test('that is not sent yet stops it from being sent', async () => {
    await cancelEntry(deps, entry.position);
    expect(await place()).toMatchObject({ kind: 'refused' });
    expect(venue.received).toEqual([]);
  });

  test('that is half filled tells what it got', async () => {
    await place();
    venue.fill(entry.clientOrderId, '0.5', '99.9');
    expect(await cancelEntry(deps, entry.position)).toMatchObject({
      ...{ status: 'canceled', filledQuantity: '0.5', filledCost: '49.95' },
    });
  });
});
