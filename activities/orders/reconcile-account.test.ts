import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { ledgerBalances } from '../ledger/books/balances.ts';
import { bookFill } from '../ledger/books/book-fill.ts';
import {
  CLOSE_MS,
  DESK,
  exampleFill,
  exampleProfile,
  storeEntry,
} from '../ledger/example-desk.fixture.ts';
import type { MemoryVenue } from './memory-venue.fixture.ts';
import { onOrderDesk } from './order-desk.fixture.ts';
import { findOrder } from './order-store.ts';
import { reconcileAccount } from './reconcile-account.ts';
import { reviewedDesk } from './review/reviewed-desk.ts';
import { sendOrder, type SendingDeps } from './sending/send-order.ts';

let pool: pg.Pool;
let venue: MemoryVenue;
let deps: SendingDeps;

onOrderDesk('reconcile', (desk) => {
  ({ pool, venue, deps } = desk);
});

const reconcile = (n = 1) => reconcileAccount(deps, { id: `r${n}`, atMs: CLOSE_MS + n });
const vetoesEntries = async (): Promise<boolean> => {
  return !(
    await reviewedDesk(pool, DESK, exampleProfile.risk, { pair: 'BTC/USDT', atMs: CLOSE_MS })
  ).reconciled;
};

test('ledger and venue agree', async () => {
  expect(await reconcile()).toEqual([]);
  expect(await vetoesEntries()).toBe(false);
});

test('an execution that nobody heard of is booked and is no difference', async () => {
  const { clientOrderId } = await storeEntry(pool);
  await sendOrder(deps, clientOrderId);
  venue.fill(clientOrderId, '2');
  expect(await reconcile()).toEqual([]);
  expect(await ledgerBalances(pool)).toEqual({ BTC: '2', USDT: '799' });
  expect((await findOrder(pool, clientOrderId))?.status).toBe('filled');
});

test('an order without answer is looked up and is no difference', async () => {
  const { clientOrderId } = await storeEntry(pool);
  venue.fates = ['answer-lost'];
  await sendOrder(deps, clientOrderId).catch(() => null);
  expect(await reconcile()).toEqual([]);
  expect((await findOrder(pool, clientOrderId))?.status).toBe('open');
});

test('an order on its way explains itself', async () => {
  const { clientOrderId } = await storeEntry(pool);
  venue.fates = ['late'];
  await sendOrder(deps, clientOrderId).catch(() => null);
  expect(await reconcile()).toEqual([]);
});

test('a difference that stands vetoes entries; nothing is corrected; finding none ends it', async () => {
  venue.account = { USDT: '990' };
  expect(await reconcile(1)).toEqual(['USDT: memory holds 990, the ledger says 1000']);
  expect(await ledgerBalances(pool)).toEqual({ USDT: '1000' });
  expect(await vetoesEntries()).toBe(true);
  venue.account = { USDT: '1000' };
  expect(await reconcile(2)).toEqual([]);
  expect(await vetoesEntries()).toBe(false);
});

test('a difference that only the first of two reads sees is none', async () => {
  let reads = 0;
  const { balances } = venue;
  venue.balances = () => {
    reads += 1;
    return reads === 1 ? Promise.resolve({ USDT: { total: '990', held: '0' } }) : balances();
  };
  expect(await reconcile()).toEqual([]);
  expect(reads).toBe(2);
});

test('an asset that only one of them knows', async () => {
  venue.account = { USDT: '1000', XRP: '5' };
  expect(await reconcile()).toEqual(['XRP: memory holds 5, the ledger says 0']);
});

test('an order that rests there and is not known here', async () => {
  await venue.place({
    ...{ clientOrderId: 'by hand', pair: 'BTC/USDT', side: 'buy', kind: 'limit', quantity: '1' },
    price: '90',
  });
  expect(await reconcile()).toEqual([
    'order by hand (BTC/USDT buy) rests at memory and is not known here',
  ]);
});

test('an order that is open here and gone there', async () => {
  const { clientOrderId } = await storeEntry(pool);
  await sendOrder(deps, clientOrderId);
  venue.end(clientOrderId, 'canceled');
  expect(await reconcile()).toEqual([
    `order ${clientOrderId} (BTC/USDT entry) is open here and canceled at memory`,
  ]);
});

test('a retry tells what was found', async () => {
  venue.account = { USDT: '990' };
  const found = await reconcile();
  venue.account = { USDT: '1000' };
  expect(await reconcile()).toEqual(found);
});

test('a difference names what the venue’s own ledger has beside trades', async () => {
  venue.balances = () => Promise.resolve({ USDT: { total: '1100', held: '0' } });
  const deposit = {
    id: 'L1',
    refId: 'R1',
    type: 'deposit',
    asset: 'USDT',
    amount: '100',
    fee: '0',
  };
  const movements = () => Promise.resolve([{ ...deposit, at: '2026-01-05T12:30:00.000Z' }]);
  const of = { id: 'r1', atMs: CLOSE_MS };
  expect(await reconcileAccount({ ...deps, movements }, of)).toEqual([
    `USDT: ${venue.name} holds 1100, the ledger says 1000`,
    `USDT: a deposit of 100 at ${venue.name} on 2026-01-05T12:30:00.000Z (L1) is not in the ledger`,
  ]);
});

describe('positions on margin', () => {
  test('are compared where the desk has any, by pair and side', async () => {
    const { clientOrderId } = await storeEntry(pool, { leverage: 2 });
    await sendOrder(deps, clientOrderId);
    await bookFill(deps, exampleFill({ clientOrderId, side: 'sell', margin: true }));
    venue.positions = [
      { pair: 'BTC/USDT', side: 'sell', quantity: '1.5' },
      { pair: 'BTC/USDT', side: 'sell', quantity: '0.5' },
    ];
    const isAboutMargin = (found: string[]) => found.filter((line) => line.includes('margin'));
    expect(isAboutMargin(await reconcile(1))).toEqual([]);
    venue.positions = [{ pair: 'BTC/USDT', side: 'sell', quantity: '1.5' }];
    expect(isAboutMargin(await reconcile(2))).toEqual([
      'BTC/USDT on margin (short): memory has 1.5 open, the ledger 2',
    ]);
  });

  test('are not asked for where nothing may be borrowed', async () => {
    venue.openPositions = () => Promise.reject(new Error('a key without that right'));
    expect(await reconcile()).toEqual([]);
  });
});
