import type pg from 'pg';
import { expect, test } from 'vitest';
import { exampleInstrument, storeEntry } from '../../ledger/example-desk.fixture.ts';
import type { MemoryVenue } from '../memory-venue.fixture.ts';
import { onOrderDesk } from '../order-desk.fixture.ts';
import { findOrder } from '../order-store.ts';
import { guardedEntry, type EntryRequest, type GuardedEntryDeps } from './guarded-entry.ts';
import { sendOrder, settleOrder } from './send-order.ts';

let pool: pg.Pool;
let venue: MemoryVenue;
let deps: GuardedEntryDeps;
let request: EntryRequest;
/** Guards that were started, with the orders that were at the venue then. */
let guards: { guard: string; ordersThen: number }[];
let turns: string[];

onOrderDesk('guarded_entry', async (desk) => {
  ({ pool, venue } = desk);
  guards = [];
  turns = [];
  deps = {
    ...{ ...desk.deps, reprices: 0 },
    depth: () => Promise.reject(new Error('no book is needed')),
    instrument: (pair) => Promise.resolve(exampleInstrument(pair)),
    startGuard: ({ guard }) => {
      guards.push({ guard, ordersThen: venue.received.length });
      return Promise.resolve();
    },
    giveTurn: ({ cycle }) => {
      turns.push(cycle);
      return Promise.resolve(true);
    },
  };
  const { clientOrderId, position, guard } = await storeEntry(pool);
  request = {
    guard: {
      ...{ guard, position, deskWorkflow: 'desk/d', pair: 'BTC/USDT' },
      ...{ bar: '2026-01-05T12:00:00Z', ordersQueue: 'orders' },
      plan: {
        ...{ entryClientOrderId: clientOrderId, entryQuantity: '2', stopPrice: '98', targets: [] },
        ...{ lot: '0.01', tick: '0.01', minQuantity: '0.01', minCost: '5', targetSlippage: 0 },
        exits: {
          ...{ breakEven: null, trailing: null, timeStopMs: null, invalidation: null },
          ...{ timeframe: '1h', unprotectedMs: 5000 },
        },
      },
    },
    next: 'cycle/next',
  };
});

const place = () => guardedEntry(deps, request, sendOrder);
const settle = () => guardedEntry(deps, request, settleOrder);
const status = async () =>
  (await findOrder(pool, request.guard.plan.entryClientOrderId))?.status ?? null;

test('the guard is there before the order is, and the turn goes on after it', async () => {
  expect(await place()).toMatchObject({ kind: 'open', n: 1, turnGoesTo: 'cycle/next' });
  expect(guards).toEqual([{ guard: request.guard.guard, ordersThen: 0 }]);
  expect(turns).toEqual(['cycle/next']);
});

test('without a guard nothing is sent, and settling starts one and sends', async () => {
  const { startGuard } = deps;
  deps = { ...deps, startGuard: () => Promise.reject(new Error('no server')) };
  await expect(place()).rejects.toThrow('no server');
  expect(await status()).toBe('intended');
  expect(venue.received).toEqual([]);
  expect(turns).toEqual([]);
  deps = { ...deps, startGuard };
  expect(await settle()).toMatchObject({ kind: 'open', turnGoesTo: 'cycle/next' });
  expect(guards).toHaveLength(1);
  expect(venue.received).toHaveLength(1);
});

test('a process lost between guard and send leaves a guard, and one order in the end', async () => {
  // As it was then: the guard started, the order still `intended`.
  await deps.startGuard(request.guard);
  expect(await settle()).toMatchObject({ kind: 'open' });
  expect(guards).toHaveLength(2);
  expect(venue.received).toHaveLength(1);
});

test('an order without a definite answer keeps the turn until it is settled', async () => {
  venue.fates = ['answer-lost'];
  await expect(place()).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(turns).toEqual([]);
  expect(await settle()).toMatchObject({ kind: 'open', turnGoesTo: 'cycle/next' });
  expect(turns).toEqual(['cycle/next']);
  expect(venue.received).toHaveLength(1);
});

test('a refused order gives the turn on', async () => {
  venue.fates = ['refused'];
  expect(await place()).toMatchObject({ kind: 'refused', turnGoesTo: 'cycle/next' });
});

test('a turn that cannot be given, or has nobody after it, does not touch the order', async () => {
  deps = { ...deps, giveTurn: () => Promise.reject(new Error('no database')) };
  expect(await place()).toMatchObject({ kind: 'open', turnGoesTo: null });
  request = { ...request, next: null };
  expect(await settle()).toMatchObject({ kind: 'open', turnGoesTo: null });
});
