import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLedgerActivities } from '../../activities/ledger/activities.ts';
import { ledgerBalances } from '../../activities/ledger/books/balances.ts';
import { checkLedger } from '../../activities/ledger/books/check-ledger.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import { createDocumentStore } from '../../activities/ledger/documents.ts';
import {
  BAR_MS,
  clearTables,
  CLOSE_MS,
  DESK,
  exampleProfile,
  storeEntry,
} from '../../activities/ledger/example-desk.fixture.ts';
import { createCandleStore, type CandleStore } from '../../activities/market/candle-store.ts';
import type { FeedMessages } from '../../activities/market/feed-messages.ts';
import { runFeed } from '../../activities/market/feed.ts';
import { createVenueControl } from '../../activities/market/venue-control.ts';
import { openKrakenStream } from '../../activities/orders/kraken/stream.ts';
import { createKrakenVenue, type KrakenVenue } from '../../activities/orders/kraken/venue.ts';
import { findOrder } from '../../activities/orders/order-store.ts';
import { reconcileAccount } from '../../activities/orders/reconcile-account.ts';
import { sendEntry } from '../../activities/orders/sending/send-entry.ts';
import {
  sendOrder,
  settleOrder,
  type SendingDeps,
} from '../../activities/orders/sending/send-order.ts';
import { noProbe } from '../../activities/probe.ts';
import { Decimal } from '../../shared/money.ts';
import { VenueError } from '../../shared/venue.ts';
import { createSyntheticSource } from '../../simulator/market/synthetic-source.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';

const PAIRS = ['BTC/USDT', 'XRP/USDT'];
/** Made once: what it tells is a function of seed and time alone. */
const MARKET = createSyntheticSource({ seed: 7, fromMs: CLOSE_MS, pairs: PAIRS, step: '15m' });

type Told =
  | { kind: 'bar'; event: number | null; barMs: number; concerned: string[] }
  | { kind: 'event'; event: number; concerned: string[] }
  | { kind: 'guard'; guard: string; statuses: string[]; filled: string[]; outbox: number[] };

let pool: pg.Pool;
let folder: string;
let simulator: Simulator;
let venue: KrakenVenue;
let deps: SendingDeps;
let candles: CandleStore;
let told: Told[];
let guardIsThere: boolean;

beforeAll(async () => {
  pool = await emptySchema(`order_path_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  folder = await mkdtemp(join(tmpdir(), 'order-path-'));
  simulator = await startSimulator({
    market: MARKET,
    ...{ marketName: 'seed 7', deposits: { USDT: '1000' }, pace: 'lockstep', waitForDesk: true },
    journalDir: folder,
  });
  const { rest, key, secret } = simulator;
  venue = createKrakenVenue({ rest, key, secret, rateLimits: 'off' });
  deps = { pool, desk: DESK, venue, probe: noProbe, deadlineClock: null };
  candles = createCandleStore(pool);
  told = [];
  guardIsThere = true;
  await createLedgerActivities({
    ...{ pool, desk: DESK, profile: exampleProfile, venue, probe: noProbe },
    ...{ documents: createDocumentStore(pool), instruments: () => venue.instruments(PAIRS) },
  }).openDesk();
});
afterEach(async () => {
  venue.close();
  await simulator.close();
  await rm(folder, { recursive: true });
});
afterAll(() => pool?.end());

const control = () => createVenueControl(simulator.control);
async function order(path: string, body: object = {}): Promise<void> {
  const answer = await fetch(`${simulator.control}${path}`, {
    ...{ method: 'POST', body: JSON.stringify(body) },
  });
  expect(answer.status).toBe(200);
}
const fault = (body: object): Promise<void> => order('/fault', body);

const messages: FeedMessages = {
  barClosed: ({ event, barMs, concerned }) => {
    told.push({ kind: 'bar', event, barMs, concerned });
    return Promise.resolve();
  },
  venueEvent: ({ event, concerned }) => {
    told.push({ kind: 'event', event, concerned });
    return Promise.resolve();
  },
  orderUpdate: (guard, { orders, outbox }) => {
    const [statuses, filled] = [orders.map((o) => o.status), orders.map((o) => o.filledQuantity)];
    told.push({ kind: 'guard', guard, statuses, filled, outbox });
    return Promise.resolve(guardIsThere);
  },
  reconcileWanted: () => Promise.reject(new Error('a stepped desk reconciles by its clock')),
  health: () => Promise.resolve(),
};

/** Runs the feed until it has told `events` events; each is acknowledged, after what `before` says. */
async function feed(
  events: number,
  before: Record<number, () => Promise<unknown>> = {},
): Promise<void> {
  const stop = new AbortController();
  let left = events;
  const acknowledging: FeedMessages = {
    ...messages,
    async barClosed(bar) {
      await messages.barClosed(bar);
      await goOn(bar.event!);
    },
    async venueEvent(seen) {
      await messages.venueEvent(seen);
      await goOn(seen.event);
    },
  };
  async function goOn(event: number): Promise<void> {
    left -= 1;
    if (left === 0) return stop.abort();
    await before[event]?.();
    await control().acknowledge(event);
  }
  await runFeed(
    {
      ...{ pool, desk: DESK, profile: exampleProfile, venue, candles, probe: noProbe },
      ...{ control: control(), messages: acknowledging },
      openStream: (onEvent) =>
        openKrakenStream({
          ...{ ws: simulator.ws, wsAuth: simulator.wsAuth, pairs: PAIRS, onEvent },
          token: () => venue.webSocketToken(),
          timeframes: exampleProfile.snapshotTimeframes,
          ordersByVenueId: (ids) => venue.ordersByVenueId(ids),
        }),
    },
    { signal: stop.signal, onProgress: () => {} },
  ).catch((error: unknown) => {
    // Called off while it waits for the next event: as it is meant to end.
    if (!stop.signal.aborted) throw error;
  });
}

/** An entry of 0.01 BTC that the risk review has let pass. */
const entry = () => storeEntry(pool, { quantity: '0.01', reserved: '500', barMs: BAR_MS });
const differences = (n = 1) => reconcileAccount(deps, { id: `r${n}`, atMs: CLOSE_MS });
/** The exchange executes a market order at once while no desk is attached: one fill is one order. */
const boughtAtVenue = async () =>
  (await venue.fillsSince(0)).map((f) => ({ id: f.clientOrderId, of: Number(f.quantity) }));

async function ledgerIsVenues(): Promise<void> {
  const ours = await ledgerBalances(pool);
  for (const [asset, { total }] of Object.entries(await venue.balances())) {
    expect(new Decimal(ours[asset] ?? 0).toFixed(), asset).toBe(new Decimal(total).toFixed());
  }
  expect((await checkLedger(pool)).unbalanced).toEqual([]);
}

describe('an order without a definite answer', () => {
  test('whose reply is lost is found at the exchange and adopted', async () => {
    const { clientOrderId } = await entry();
    await fault({ kind: 'lose-reply', path: 'AddOrder' });
    await expect(sendOrder(deps, clientOrderId)).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(await settleOrder(deps, clientOrderId)).toEqual({ kind: 'open' });
    expect(await boughtAtVenue()).toEqual([{ id: clientOrderId, of: 0.01 }]);
    expect(await differences()).toEqual([]);
  });

  test('that the exchange never took is sent again under its id', async () => {
    const { clientOrderId } = await entry();
    await fault({ kind: 'status', path: 'AddOrder', status: 502 });
    await expect(sendOrder(deps, clientOrderId)).rejects.toThrow('502');
    expect(await settleOrder(deps, clientOrderId)).toEqual({ kind: 'open' });
    expect(await boughtAtVenue()).toEqual([{ id: clientOrderId, of: 0.01 }]);
  });

  test('stays open as long as the look-up fails too', async () => {
    const { clientOrderId } = await entry();
    await fault({ kind: 'lose-reply', path: 'AddOrder' });
    await fault({ kind: 'status', path: '*', status: 503, count: 20 });
    await expect(sendOrder(deps, clientOrderId)).rejects.toThrow(VenueError);
    await expect(settleOrder(deps, clientOrderId)).rejects.toThrow(VenueError);
    expect((await findOrder(pool, clientOrderId))?.status).toBe('unknown');
    await order('/faults/clear');
    expect(await settleOrder(deps, clientOrderId)).toEqual({ kind: 'open' });
    expect(await boughtAtVenue()).toEqual([{ id: clientOrderId, of: 0.01 }]);
  });

  test('that is refused is refused', async () => {
    const { clientOrderId } = await storeEntry(pool, { quantity: '50' });
    expect(await sendOrder(deps, clientOrderId)).toMatchObject({
      ...{ kind: 'refused', reason: expect.stringContaining('Insufficient funds') as string },
    });
    expect(await differences()).toEqual([]);
  });
});

describe('a post-only entry', () => {
  /** Rests for an hour from the first event on, at this share of the bid. */
  const restingAt = async (share: number) => {
    const { bid } = await venue.quote('BTC/USDT');
    const price = new Decimal(bid).mul(share).toDecimalPlaces(1, Decimal.ROUND_DOWN).toFixed();
    return storeEntry(pool, { barMs: CLOSE_MS, quantity: '0.01', reserved: '500', price });
  };
  const entryDeps = () => ({
    ...deps,
    ...{ reprices: 2, depth: (pair: string) => venue.depth(pair) },
    instrument: async (pair: string) => (await venue.instruments([pair]))[0]!,
  });

  test('that is not filled ends at the exchange in time, and its guard hears so', async () => {
    await feed(1);
    const { clientOrderId, guard } = await restingAt(0.5);
    expect(await sendOrder(deps, clientOrderId)).toEqual({ kind: 'open' });
    told = [];
    await feed(2);
    expect(told).toMatchObject([
      { kind: 'bar', event: 1 },
      { kind: 'guard', guard, statuses: ['expired'], filled: ['0'] },
      { kind: 'event', event: 2, concerned: [guard] },
    ]);
    expect((await control().state(0, 0)).now).toBe('2026-01-05T15:00:00Z');
    expect(await differences()).toEqual([]);
  });

  test('that would take is refused and rests at the near side instead', async () => {
    await feed(1);
    const { clientOrderId } = await restingAt(1.01);
    const placed = await sendEntry(entryDeps(), clientOrderId, sendOrder);
    const { bid, ask } = await venue.quote('BTC/USDT');
    expect(placed).toMatchObject({ kind: 'open', n: 2, price: new Decimal(bid).toFixed() });
    expect(new Decimal(bid).lt(ask)).toBe(true);
    expect(await venue.fillsSince(0)).toEqual([]);
  });
});

describe('the feed', () => {
  test('stores the history it finds and the bars that close, and tells the desk of each', async () => {
    await feed(2);
    expect(told.filter((t) => t.kind === 'bar').map((t) => t.barMs)).toEqual([
      CLOSE_MS,
      CLOSE_MS + 3_600_000,
    ]);
    for (const pair of PAIRS) {
      const bars = await candles.closedBy({ pair, timeframe: '1h' }, CLOSE_MS + 2 * 3_600_000);
      const there = await venue.closedCandles(pair, '1h');
      expect(bars.close).toHaveLength(720);
      expect([...bars.close].slice(-2)).toEqual(there.slice(-2).map((c) => c.close));
      expect(bars.timeMs.at(-1)).toBe(CLOSE_MS + 3_600_000);
    }
  });

  test('catches up with what was executed while nobody listened', async () => {
    const { clientOrderId, guard } = await entry();
    await sendOrder(deps, clientOrderId);
    expect((await findOrder(pool, clientOrderId))?.filledQuantity).toBe('0');
    await feed(1);
    expect(told).toMatchObject([
      { kind: 'guard', guard, statuses: ['filled'], filled: ['0.01'] },
      { kind: 'bar', event: 1, concerned: [guard] },
    ]);
    await ledgerIsVenues();
    expect(await differences()).toEqual([]);
  });

  test('books what is executed and tells guard, then desk', async () => {
    await feed(1);
    const { clientOrderId, guard } = await entry();
    await sendOrder(deps, clientOrderId);
    told = [];
    // The event that nobody has acknowledged is handed out again; the clock goes on to the fill.
    await feed(2);
    expect(told).toMatchObject([
      { kind: 'bar', event: 1, concerned: [] },
      { kind: 'guard', guard, statuses: ['filled'], filled: ['0.01'] },
      { kind: 'event', event: 2, concerned: [guard] },
    ]);
    await ledgerIsVenues();
  });

  test('that starts again books nothing twice and tells again what was not acknowledged', async () => {
    const { clientOrderId } = await entry();
    await sendOrder(deps, clientOrderId);
    await feed(1);
    const first = told.splice(0);
    await feed(1);
    expect(told).toEqual(first);
    await ledgerIsVenues();
    const { outbox } = first[0] as Extract<Told, { kind: 'guard' }>;
    await pool.query(`update outbox set acknowledged = true where id = any($1)`, [outbox]);
    told = [];
    await feed(1);
    expect(told).toMatchObject([{ kind: 'bar', event: 1, concerned: [] }]);
  });

  test('waits for no guard that is over', async () => {
    const { clientOrderId } = await entry();
    guardIsThere = false;
    await sendOrder(deps, clientOrderId);
    await feed(1);
    expect(told.at(-1)).toMatchObject({ kind: 'bar', concerned: [] });
    expect((await pool.query(`select 1 from outbox where not acknowledged`)).rowCount).toBe(0);
  });

  test.each(['public', 'private'])(
    'whose %s socket breaks says so, to be started again',
    async (socket) => {
      const cut = () => order('/cut', { socket });
      await expect(feed(50, { 1: cut })).rejects.toThrow(`the ${socket} socket of kraken was lost`);
      const last = told.length;
      await feed(2);
      expect(told.length).toBeGreaterThan(last);
    },
  );
});
