import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLedgerActivities } from '../../activities/ledger/activities.ts';
import { ledgerBalances } from '../../activities/ledger/books/balances.ts';
import { postEntry } from '../../activities/ledger/books/post.ts';
import { inTransaction } from '../../activities/ledger/database.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import { createDocumentStore } from '../../activities/ledger/documents.ts';
import {
  CLOSE_MS,
  clearTables,
  DESK,
  exampleProfile,
  storeEntry,
} from '../../activities/ledger/example-desk.fixture.ts';
import { createCandleStore, type CandleStore } from '../../activities/market/candle-store.ts';
import type { FeedMessages } from '../../activities/market/feed-messages.ts';
import { runLiveFeed } from '../../activities/market/live-feed.ts';
import { realTime, type MarketTime } from '../../activities/market/market-time.ts';
import type { VenueClock } from '../../activities/market/venue-clock.ts';
import { openKrakenStream } from '../../activities/orders/kraken/stream.ts';
import { createKrakenVenue, type KrakenVenue } from '../../activities/orders/kraken/venue.ts';
import { sendOrder, type SendingDeps } from '../../activities/orders/sending/send-order.ts';
import { noProbe } from '../../activities/probe.ts';
import { Decimal } from '../../shared/money.ts';
import { createSyntheticSource } from '../../simulator/market/synthetic-source.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';

/**
 * The feed of a venue whose clock goes on by itself, against an exchange whose clock the test moves on:
 * no desk attaches, so it stands at nothing and executes at once.
 */
const { pairs: PAIRS } = exampleProfile;
const HOUR_MS = 3_600_000;
const GUARD = 'guard/example/one';
/** Made once: what it tells is a function of seed and time alone. */
const MARKET = createSyntheticSource({ seed: 7, fromMs: CLOSE_MS, pairs: PAIRS, step: '15m' });

interface Bar {
  barMs: number;
  states: string[];
}
interface Update {
  guard: string;
  statuses: string[];
  wakes: string[];
  outbox: number[];
}

let pool: pg.Pool;
let folder: string;
let simulator: Simulator;
let venue: KrakenVenue;
let orders: SendingDeps;
let candles: CandleStore;
let time: MarketTime;
let clock: VenueClock;
let bars: Bar[];
let updates: Update[];
let health: Parameters<FeedMessages['health']>[0] | null;
let logged: string[];
let wanted: string[];
/** Added to the wall clock of the feed. */
let leapMs: number;
let stop: AbortController;
let running: Promise<void>;

beforeAll(async () => {
  pool = await emptySchema(`live_feed_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  folder = await mkdtemp(join(tmpdir(), 'live-feed-'));
  simulator = await startSimulator({
    market: MARKET,
    ...{ marketName: 'seed 7', deposits: { USDT: '1000' }, pace: 'lockstep', waitForDesk: true },
    journalDir: folder,
  });
  const { rest, key, secret } = simulator;
  venue = createKrakenVenue({ rest, key, secret, rateLimits: 'off' });
  orders = { pool, desk: DESK, venue, probe: noProbe, deadlineClock: null };
  candles = createCandleStore(pool);
  clock = {
    nowMs: () => simulator.service.exchange.state.nowMs,
    skew: () => ({ skewMs: -900, uncertaintyMs: 1 }),
    measured: () => {},
  };
  time = realTime({ clock, pool, desk: DESK });
  [bars, updates, logged, wanted, health, leapMs] = [[], [], [], [], null, 0];
  await createLedgerActivities({
    ...{ pool, desk: DESK, profile: exampleProfile, venue, probe: noProbe },
    ...{ documents: createDocumentStore(pool), instruments: () => venue.instruments(PAIRS) },
  }).openDesk();
});
afterEach(async () => {
  await halt();
  venue.close();
  await simulator.close();
  await rm(folder, { recursive: true });
});
afterAll(() => pool?.end());

const messages: FeedMessages = {
  barClosed({ event, barMs, atMs, pairs }) {
    expect([event, atMs]).toEqual([null, barMs + HOUR_MS]);
    bars.push({ barMs, states: pairs.map((p) => p.state) });
    return Promise.resolve();
  },
  venueEvent: () => Promise.reject(new Error('a venue at real time has no numbered events')),
  orderUpdate(guard, update) {
    expect(update.event).toBeNull();
    const statuses = update.orders.map((o) => o.status);
    updates.push({ guard, statuses, wakes: update.wakes, outbox: update.outbox });
    return Promise.resolve(true);
  },
  reconcileWanted(why) {
    wanted.push(why);
    return Promise.resolve();
  },
  health(now) {
    health = now;
    return Promise.resolve();
  },
};

/** Starts the feed; resolves when it is connected. */
async function start(): Promise<void> {
  stop = new AbortController();
  health = null;
  running = runLiveFeed(
    {
      ...{ pool, desk: DESK, profile: exampleProfile, venue, candles, probe: noProbe, messages },
      ...{ clock, log: (line) => void logged.push(line), pause: () => Promise.resolve() },
      wallMs: () => performance.now() + leapMs,
      openStream: (onEvent) =>
        openKrakenStream({
          ...{ ws: simulator.ws, wsAuth: simulator.wsAuth, pairs: PAIRS, onEvent },
          token: () => venue.webSocketToken(),
          timeframes: exampleProfile.snapshotTimeframes,
          ordersByVenueId: (ids) => venue.ordersByVenueId(ids),
          balances: true,
          times: { firstBackoffMs: 20 },
        }),
    },
    { signal: stop.signal, onProgress: () => {} },
  );
  running.catch(() => {});
  await expect.poll(() => health?.connected, { timeout: 10_000 }).toBe(true);
}
async function halt(): Promise<void> {
  stop.abort();
  await running;
}

async function control(path: string, body: object = {}): Promise<void> {
  const answer = await fetch(`${simulator.control}${path}`, {
    ...{ method: 'POST', body: JSON.stringify(body) },
  });
  expect(answer.status).toBe(200);
}
/** Moves the venue's clock to so many hours, and seconds, after the first close. */
const advance = (hours: number, seconds = 3): Promise<void> =>
  control('/advance', {
    to: new Date(CLOSE_MS + hours * HOUR_MS + seconds * 1000).toISOString(),
  });
const within = { timeout: 10_000 };

async function storedAreVenues(last: number): Promise<void> {
  for (const pair of PAIRS) {
    const there = await venue.closedCandles(pair, '1h');
    const here = await candles.closedBy({ pair, timeframe: '1h' }, CLOSE_MS + last * HOUR_MS);
    expect([...here.timeMs].slice(-5)).toEqual(there.slice(-5).map((c) => c.timeMs));
    expect([...here.close].slice(-5)).toEqual(there.slice(-5).map((c) => c.close));
  }
}

describe('bars', () => {
  test('close by the venue’s clock, once each, and are stored as the venue has them', async () => {
    await advance(0, 60);
    await start();
    await advance(1);
    await expect.poll(() => bars, within).toHaveLength(1);
    await advance(2);
    await expect.poll(() => bars, within).toHaveLength(2);
    const states = PAIRS.map(() => 'closed');
    expect(bars).toEqual([
      { barMs: CLOSE_MS, states },
      { barMs: CLOSE_MS + HOUR_MS, states },
    ]);
    await storedAreVenues(2);
  });

  test('that ended while the socket was down are read from the history', async () => {
    await advance(0, 60);
    await start();
    await control('/fault', { kind: 'silence', channel: 'ohlc' });
    await control('/cut', { socket: 'public' });
    await advance(3);
    await expect
      .poll(() => bars.at(-1), within)
      .toEqual({
        ...{ barMs: CLOSE_MS + 2 * HOUR_MS, states: PAIRS.map(() => 'closed') },
      });
    await storedAreVenues(3);
  });

  test('that the venue is silent about are repaired from its history', async () => {
    await advance(0, 60);
    await start();
    await control('/fault', { kind: 'silence', channel: 'ohlc', chance: 1 });
    await advance(1);
    await expect
      .poll(() => bars, within)
      .toEqual([{ barMs: CLOSE_MS, states: PAIRS.map(() => 'closed') }]);
    await storedAreVenues(1);
  });

  test('that ended just before a new start are told by it, older ones are not', async () => {
    await advance(0, 60);
    await start();
    await advance(1);
    await expect.poll(() => bars, within).toHaveLength(1);
    await halt();
    await advance(4, 20);
    await start();
    await expect.poll(() => bars, within).toHaveLength(2);
    expect(bars[1]?.barMs).toBe(CLOSE_MS + 3 * HOUR_MS);
    await halt();
    // Ten minutes late is too late to decide on; the next one counts again.
    await advance(5, 600);
    await start();
    await advance(6);
    await expect.poll(() => bars, within).toHaveLength(3);
    expect(bars[2]?.barMs).toBe(CLOSE_MS + 5 * HOUR_MS);
    expect(logged.join()).toContain('is not told');
    await storedAreVenues(6);
  });
});

describe('a price level', () => {
  test('is told to its workflow once, when it is traded', async () => {
    await advance(0, 60);
    await start();
    const { last } = await venue.quote('BTC/USDT');
    // Within six hours this market moves by half a percent one way or the other.
    const above = { id: `${GUARD}#up`, pair: 'BTC/USDT' };
    await time.watchLevel({ ...above, above: new Decimal(last).mul('1.002').toFixed() });
    const below = { id: `${GUARD}#down`, pair: 'BTC/USDT' };
    await time.watchLevel({ ...below, below: new Decimal(last).mul('0.998').toFixed() });
    const far = { id: `${GUARD}#far`, pair: 'BTC/USDT' };
    await time.watchLevel({ ...far, above: new Decimal(last).mul(2).toFixed() });
    await advance(6);
    await expect.poll(() => updates.length, within).toBeGreaterThan(0);
    await advance(7);
    await expect.poll(() => bars.at(-1)?.barMs, within).toBe(CLOSE_MS + 6 * HOUR_MS);
    const told = updates.flatMap((u) => u.wakes);
    expect(new Set(told).size).toBe(told.length);
    expect(told).not.toContain(`${GUARD}#far`);
    const { rows } = await pool.query<{ id: string }>(`select id from price_level`);
    expect(rows.map((r) => r.id)).toContain(`${GUARD}#far`);
    expect(rows.map((r) => r.id).filter((id) => told.includes(id))).toEqual([]);
  });

  test('that is reached when it is booked is told at once', async () => {
    await advance(0, 60);
    await start();
    await time.watchLevel({ id: `${GUARD}#now`, pair: 'BTC/USDT', above: '1' });
    await advance(0, 1200);
    await expect.poll(() => updates.map((u) => u.wakes), within).toEqual([[`${GUARD}#now`]]);
  });
});

async function isVenues(): Promise<void> {
  const ours = await ledgerBalances(pool);
  for (const [asset, { total }] of Object.entries(await venue.balances())) {
    expect(new Decimal(ours[asset] ?? 0).toFixed(), asset).toBe(new Decimal(total).toFixed());
  }
}

describe('executions', () => {
  const entry = () => storeEntry(pool, { quantity: '0.01', reserved: '500', barMs: CLOSE_MS });
  test('are booked and told to the guard, again only when it does not confirm', async () => {
    await advance(0, 60);
    await start();
    const { clientOrderId, guard } = await entry();
    await sendOrder(orders, clientOrderId);
    await expect.poll(() => updates.at(-1), within).toMatchObject({ guard, statuses: ['filled'] });
    await isVenues();
    const first = updates.length;
    leapMs += 11_000;
    await expect.poll(() => updates.length, within).toBeGreaterThan(first);
    await pool.query(`update outbox set acknowledged = true`);
    const confirmed = updates.length;
    leapMs += 11_000;
    await advance(1);
    await expect.poll(() => bars, within).toHaveLength(1);
    expect(updates).toHaveLength(confirmed);
  });

  test('of a time without a socket are booked when it is back', async () => {
    await advance(0, 60);
    await start();
    const { clientOrderId, guard } = await entry();
    await control('/cut', { socket: 'private' });
    await sendOrder(orders, clientOrderId);
    await expect.poll(() => updates.at(-1), within).toMatchObject({ guard, statuses: ['filled'] });
    await isVenues();
  });

  test('that a healthy socket keeps silent about are noticed', async () => {
    await advance(0, 60);
    await start();
    await control('/fault', { kind: 'silence', channel: 'executions', chance: 1 });
    const { clientOrderId, guard } = await entry();
    await sendOrder(orders, clientOrderId);
    await control('/faults/clear');
    await expect
      .poll(() => ((leapMs += 5_000), updates.at(-1)), within)
      .toMatchObject({
        ...{ guard, statuses: ['filled'] },
      });
    expect(logged.join()).toContain('nothing is heard');
    await isVenues();
  });
});

test('what the account holds beside the ledger asks for a reconciliation, once', async () => {
  await advance(0, 60);
  await start();
  // What the desk itself does explains itself.
  const { clientOrderId } = await storeEntry(pool, { quantity: '0.01', barMs: CLOSE_MS });
  await sendOrder(orders, clientOrderId);
  await expect.poll(() => updates.at(-1)?.statuses, within).toEqual(['filled']);
  await isVenues();
  let looks = 0;
  const look = async (times: number): Promise<void> => {
    looks = 0;
    await expect.poll(() => ((leapMs += 6_000), (looks += 1)), within).toBeGreaterThan(times);
  };
  await look(6);
  expect(wanted).toEqual([]);
  await inTransaction(pool, (client) =>
    postEntry(client, {
      ...{ desk: DESK, kind: 'opening', reference: 'not at the venue' },
      at: new Date(CLOSE_MS).toISOString(),
      postings: [
        { account: 'venue', asset: 'USDT', amount: '5' },
        { account: 'capital', asset: 'USDT', amount: '-5' },
      ],
    }),
  );
  await expect.poll(() => ((leapMs += 6_000), wanted.length), within).toBe(1);
  expect(wanted[0]).toContain('the venue holds -5 USDT more than the ledger says');
  await look(6);
  expect(wanted).toHaveLength(1);
});

test('a clock that is off and a venue that is not open are reported', async () => {
  await advance(0, 60);
  await start();
  expect(health?.skewMs).toBe(-900);
  expect(health?.alarms?.join()).toContain('500 ms');
  await control('/system', { status: 'post_only' });
  await expect.poll(() => health?.alarms?.join(), within).toContain('post_only');
});
