import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLedgerActivities } from '../../activities/ledger/activities.ts';
import { readAccount } from '../../activities/ledger/books/account.ts';
import { ledgerBalances } from '../../activities/ledger/books/balances.ts';
import { checkLedger } from '../../activities/ledger/books/check-ledger.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import { createDocumentStore } from '../../activities/ledger/documents.ts';
import {
  clearTables,
  DESK,
  exampleProfile,
  storeEntry,
} from '../../activities/ledger/example-desk.fixture.ts';
import { readDeskRecord } from '../../activities/ledger/records/read-record.ts';
import { createCandleStore } from '../../activities/market/candle-store.ts';
import type { FeedMessages } from '../../activities/market/feed-messages.ts';
import { runFeed } from '../../activities/market/feed.ts';
import { createVenueControl } from '../../activities/market/venue-control.ts';
import { openKrakenStream } from '../../activities/orders/kraken/stream.ts';
import { createKrakenVenue, type KrakenVenue } from '../../activities/orders/kraken/venue.ts';
import { reconcileAccount } from '../../activities/orders/reconcile-account.ts';
import { intendReduction, type Reduction } from '../../activities/orders/sending/reduce.ts';
import { sendOrder, type SendingDeps } from '../../activities/orders/sending/send-order.ts';
import { noProbe } from '../../activities/probe.ts';
import { auditJournal } from '../../shared/audit/journal-audit.ts';
import { Decimal } from '../../shared/money.ts';
import type { Profile } from '../../shared/profile.ts';
import { handMarket, START, type Row } from '../../simulator/market/market.fixture.ts';
import { readJournal } from '../../simulator/service/read-journal.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';

const PAIR = 'BTC/USDT';
const HOUR_MS = 3_600_000;
/** Two bars of history, then the market opens. */
const OPEN_MS = START + 2 * HOUR_MS;
const profile: Profile = { ...exampleProfile, pairs: [PAIR], margin: { leverage: 2 } };

let pool: pg.Pool;
let folder: string;
let simulator: Simulator;
let venue: KrakenVenue;
let deps: SendingDeps;
/** What guards were told: leg, status and filled quantity. */
let told: string[];

beforeAll(async () => {
  pool = await emptySchema(`margin_path_${process.pid}`);
});
afterEach(async () => {
  venue.close();
  await simulator.close();
  await rm(folder, { recursive: true });
});
afterAll(() => pool?.end());
beforeEach(async () => {
  await clearTables(pool);
  folder = await mkdtemp(join(tmpdir(), 'margin-path-'));
  told = [];
});

/** A desk with 1000 USDT at a simulator whose market opens at 100 and goes so. */
async function open(rows: readonly Row[]): Promise<void> {
  simulator = await startSimulator({
    market: handMarket({ [PAIR]: [flat(100), flat(100), ...rows] }, { fromMs: OPEN_MS }),
    ...{ marketName: 'by hand', deposits: { USDT: '1000' }, pace: 'lockstep', waitForDesk: true },
    journalDir: folder,
  });
  const { rest, key, secret } = simulator;
  venue = createKrakenVenue({ rest, key, secret, rateLimits: 'off' });
  deps = { pool, desk: DESK, venue, probe: noProbe, deadlineClock: null };
  await createLedgerActivities({
    ...{ pool, desk: DESK, profile, venue, probe: noProbe },
    ...{ documents: createDocumentStore(pool), instruments: () => venue.instruments([PAIR]) },
  }).openDesk();
}

const flat = (price: number): Row => [price, price, price, price];

/** Tells and acknowledges events until the market ends, or `stopAt` is the open event's number. */
async function feed(
  of: { before?: Record<number, () => Promise<unknown>>; stopAt?: number } = {},
): Promise<void> {
  const stop = new AbortController();
  const control = createVenueControl(simulator.control);
  const goOn = async (event: number, atMs: number): Promise<void> => {
    await of.before?.[event]?.();
    await isVenues(atMs);
    if (event === of.stopAt) stop.abort();
    else await control.acknowledge(event);
  };
  const messages: FeedMessages = {
    barClosed: ({ event, atMs }) => goOn(event!, atMs),
    venueEvent: async ({ event, kind, atMs }) => {
      await goOn(event, atMs);
      if (kind === 'end') stop.abort();
    },
    orderUpdate: (_, { orders }) => {
      told.push(...orders.map((o) => `${o.leg} ${o.status} ${o.filledQuantity}`));
      return Promise.resolve(true);
    },
    reconcileWanted: () => Promise.reject(new Error('not at a stepped venue')),
    health: () => Promise.resolve(),
  };
  await runFeed(
    {
      ...{ pool, desk: DESK, profile, venue, probe: noProbe, control, messages },
      candles: createCandleStore(pool),
      openStream: (onEvent) =>
        openKrakenStream({
          ...{ ws: simulator.ws, wsAuth: simulator.wsAuth, pairs: [PAIR], onEvent },
          token: () => venue.webSocketToken(),
          timeframes: ['1h'],
          balances: true,
          ordersByVenueId: (ids) => venue.ordersByVenueId(ids),
        }),
    },
    { signal: stop.signal, onProgress: () => {} },
  ).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
}

/** Ledger and venue hold the same, to the last digit, and nothing of it was booked twice. */
async function isVenues(atMs: number): Promise<void> {
  const ours = await ledgerBalances(pool);
  for (const [asset, { total }] of Object.entries(await venue.balances())) {
    expect(new Decimal(ours[asset] ?? 0).toFixed(), asset).toBe(new Decimal(total).toFixed());
  }
  expect((await checkLedger(pool)).unbalanced).toEqual([]);
  const record = await readDeskRecord(pool, DESK);
  expect(auditJournal(readJournal(folder), record)).toEqual({ duplicates: [], differences: [] });
  expect(await reconcileAccount(deps, { id: `r ${Math.random()}`, atMs })).toEqual([]);
}

/** A short of 4 BTC at the market, 2x. */
async function sellShort(): Promise<{ position: string; guard: string }> {
  const entry = await storeEntry(pool, {
    ...{ barMs: OPEN_MS - HOUR_MS, quantity: '4', reserved: '400', leverage: 2 },
  });
  expect(await sendOrder(deps, entry.clientOrderId)).toEqual({ kind: 'open' });
  return entry;
}

async function reduce(
  of: { position: string; guard: string },
  order: Pick<Reduction, 'leg' | 'kind' | 'quantity' | 'price'> & { n?: number },
): Promise<string> {
  const intended = await intendReduction(deps, {
    ...{ guard: of.guard, position: of.position, pair: PAIR, n: 1, lot: '0.00000001' },
    ...{ timeInForce: 'gtc', atMs: OPEN_MS },
    ...order,
  });
  if (intended.kind === 'vetoed') return intended.reason;
  const placed = await sendOrder(deps, intended.clientOrderId);
  return placed.kind === 'open' ? 'open' : placed.reason;
}

const resultOf = async (type: string): Promise<string[]> => {
  const { rows } = await pool.query<{ amount: string; fee: string }>(
    `select amount, fee from margin_move where type = $1 order by at, id`,
    [type],
  );
  return rows.map((r) => `${new Decimal(r.amount).toFixed()} ${new Decimal(r.fee).toFixed()}`);
};

test('a short pays interest while it is open, and its result when a target and the stop close it', async () => {
  await open([
    ...[flat(100), flat(100), flat(100), flat(100), flat(100), flat(100)],
    ...([[100, 100, 90, 91], [91, 104, 91, 104], flat(104)] as Row[]),
  ]);
  let short = { position: '', guard: '' };
  await feed({
    before: {
      1: async () => (short = await sellShort()),
      2: async () => {
        // Beside the stop for all of it rests a target for half.
        const stop = { leg: 'stop', kind: 'stop-loss', quantity: '4', price: '102' } as const;
        const target = { leg: 'target', kind: 'limit', quantity: '2', price: '92' } as const;
        expect(await reduce(short, stop)).toBe('open');
        expect(await reduce(short, target)).toBe('open');
        const account = await readAccount(pool, DESK, '1h', OPEN_MS + HOUR_MS);
        expect(account.positions).toMatchObject([{ side: 'short', leverage: 2, quantity: '4' }]);
        // sold at 100 * 0.999 = 99.9, the last close is 100: 4 * -0.1; fees 1.5984 and 0.03996 at 0.01 %
        expect(account).toMatchObject({ equity: '997.9616', margin: { usedUsdt: '199.8000' } });
      },
    },
  });
  // The stop was left as large as it was: the venue ends it when its turn comes.
  expect(new Set(told)).toEqual(new Set(['entry filled 4', 'target filled 2', 'stop canceled 0']));
  // Opened at 99.9, half bought back at 92: 2 * 7.9 less the maker fee of 0.25 % of 184.
  expect(await resultOf('margin')).toEqual(['0 1.5984', '15.8 0.46']);
  // 0.01 % of 399.6 at the open and after four hours, of half of it after eight.
  expect(await resultOf('rollover')).toEqual(['0 0.03996', '0 0.03996', '0 0.01998']);
});

test('a feed that starts again books nothing of a short twice', async () => {
  await open([...Array.from({ length: 11 }, () => flat(100))]);
  let short = { position: '', guard: '' };
  await feed({ before: { 1: async () => (short = await sellShort()) }, stopAt: 4 });
  await feed({ stopAt: 8 });
  await feed({
    before: {
      9: async () => {
        const exit = { leg: 'exit', kind: 'market', quantity: '4', price: null } as const;
        expect(await reduce(short, exit)).toBe('open');
      },
    },
  });
  expect(await resultOf('rollover')).toEqual(['0 0.03996', '0 0.03996']);
  // Bought back at 100.1: 4 * (99.9 - 100.1), and 0.4 % of 400.4
  expect((await resultOf('margin')).at(-1)).toBe('-0.8 1.6016');
  expect(await venue.openPositions()).toEqual([]);
});

test('what is too small for an order is closed with the whole position', async () => {
  await open([...Array.from({ length: 6 }, () => flat(100))]);
  let short = { position: '', guard: '' };
  await feed({
    before: {
      1: async () => (short = await sellShort()),
      2: async () => {
        const exit = { leg: 'exit', kind: 'market', quantity: '3.99999', price: null } as const;
        expect(await reduce(short, exit)).toBe('open');
      },
      3: async () => {
        const rest = { kind: 'market', quantity: '0.00001', price: null } as const;
        expect(await reduce(short, { ...rest, leg: 'exit', n: 2 })).toMatch('minimum not met');
        expect(await reduce(short, { ...rest, leg: 'dust' })).toBe('open');
      },
    },
  });
  expect(await venue.openPositions()).toEqual([]);
});

test('a liquidation is booked as an order of the position that nobody here sent', async () => {
  // 4 BTC bind 199.8; at 340 the equity is about 38: a level of 19 %.
  await open([flat(100), flat(100), flat(340), flat(340), flat(340)]);
  await feed({ before: { 1: () => sellShort() } });
  expect(told).toContain('liquidation filled 4');
  const account = await readAccount(pool, DESK, '1h', OPEN_MS + 4 * HOUR_MS);
  expect(account.positions).toEqual([]);
  expect(account.margin).toMatchObject({ usedUsdt: '0.0000', levelPct: null });
  expect(await venue.openPositions()).toEqual([]);
});
