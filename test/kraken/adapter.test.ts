import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKrakenBooks, type KrakenBooks } from '../../activities/orders/kraken/books.ts';
import { openKrakenStream } from '../../activities/orders/kraken/stream.ts';
import { createKrakenVenue, type KrakenVenue } from '../../activities/orders/kraken/venue.ts';
import { Decimal } from '../../shared/money.ts';
import type { OrderRequest, VenueStream, VenueStreamEvent } from '../../shared/venue.ts';
import { createSyntheticSource } from '../../simulator/market/synthetic-source.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';

const FROM_MS = Date.UTC(2026, 0, 1);
const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
/** Made once: what it tells is a function of seed and time alone. */
const MARKET = createSyntheticSource({ seed: 7, fromMs: FROM_MS, pairs: PAIRS, step: '5m' });

let folder: string;
let simulator: Simulator;
let venue: KrakenVenue;
let stream: VenueStream;
let books: KrakenBooks;
let events: VenueStreamEvent[];
let wrongChecksums: number;

type Ports = { rest: number; ws: number; wsAuth: number; control: number };

const openExchange = (ports?: Ports): Promise<Simulator> =>
  startSimulator({
    market: MARKET,
    marketName: 'seed 7',
    deposits: { USDT: '1000', XRP: '500' },
    pace: 'lockstep',
    // The clock stands but for `advance`.
    waitForDesk: true,
    journalDir: folder,
    ...(ports && { ports }),
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kraken-adapter-'));
  simulator = await openExchange();
  const { rest, ws, wsAuth, key, secret } = simulator;
  venue = createKrakenVenue({ rest, key, secret, rateLimits: 'off' });
  events = [];
  wrongChecksums = 0;
  stream = await openKrakenStream({
    ws,
    wsAuth,
    token: () => venue.webSocketToken(),
    pairs: PAIRS,
    timeframes: ['5m', '15m'],
    onEvent: (event) => void events.push(event),
    ordersByVenueId: (ids) => venue.ordersByVenueId(ids),
    times: { firstBackoffMs: 200 },
  });
  books = await openKrakenBooks({
    ws,
    instruments: await venue.instruments(PAIRS),
    onMismatch: () => (wrongChecksums += 1),
  });
});

afterEach(async () => {
  books.close();
  await stream.close();
  venue.close();
  await simulator.close();
  await rm(folder, { recursive: true });
});

async function control(path: string, body: object): Promise<void> {
  const answer = await fetch(`${simulator.control}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

const advance = (bars: number): Promise<void> =>
  control('/advance', { to: new Date(FROM_MS + bars * 300_000).toISOString() });

const fills = () => events.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));

const statuses = (clientOrderId: string): string[] =>
  events.flatMap((event) =>
    event.kind === 'order' && event.order.clientOrderId === clientOrderId
      ? [event.order.status]
      : [],
  );

const xrp = (order: Partial<OrderRequest>): OrderRequest => ({
  clientOrderId: randomUUID(),
  pair: 'XRP/USDT',
  side: 'buy',
  kind: 'limit',
  quantity: '50.00000000',
  feeIn: 'quote',
  ...order,
});

test('an account, its instruments and its prices are read', async () => {
  expect(await venue.time()).toBe(FROM_MS);
  expect(await venue.balances()).toMatchObject({
    USDT: { total: '1000.0000000000' },
    XRP: { total: '500.0000000000' },
  });
  const candles = await venue.closedCandles('BTC/USDT', '1h');
  expect(candles).toHaveLength(720);
  expect(candles.at(-1)?.timeMs).toBe(FROM_MS - 3_600_000);
  for (const { pair, tick } of await venue.instruments(PAIRS)) {
    const { bid, ask, last } = await venue.quote(pair);
    expect(new Decimal(bid).lte(last) && new Decimal(last).lte(ask)).toBe(true);
    expect(new Decimal(ask).mod(tick).isZero()).toBe(true);
    expect(books.book(pair)?.levels('bids', 1)[0]?.price).toBeDefined();
  }
});

test('an order rests, is amended and cancelled, and the stream tells each step', async () => {
  const { bid } = await venue.quote('XRP/USDT');
  const price = new Decimal(bid).mul('0.9').toDecimalPlaces(4).toFixed();
  const order = xrp({ price, postOnly: true });
  expect(await venue.place(order)).toMatchObject({ kind: 'accepted' });
  const change = { clientOrderId: order.clientOrderId, quantity: '40', price };
  expect(await venue.amend(change)).toEqual({ kind: 'done' });
  expect(await venue.openOrders()).toMatchObject([
    { clientOrderId: order.clientOrderId, quantity: '40.00000000', status: 'open' },
  ]);
  expect(await venue.cancel(order.clientOrderId)).toEqual({ kind: 'done' });
  expect(await venue.cancel(order.clientOrderId)).toMatchObject({ kind: 'gone' });
  expect(await venue.orderByClientId(order.clientOrderId)).toMatchObject({ status: 'canceled' });
  await stream.barrier();
  expect(statuses(order.clientOrderId)).toEqual(['pending', 'open', 'open', 'canceled']);
});

test('a fill reads the same over the socket and over REST, and moves the balances by it', async () => {
  const market = xrp({ kind: 'market' });
  const sale = xrp({ kind: 'market', side: 'sell', quantity: '20' });
  expect(await venue.place(market)).toMatchObject({ kind: 'accepted' });
  await advance(2);
  const before = await venue.balances();
  expect(await venue.place(sale)).toMatchObject({ kind: 'accepted' });
  await advance(4);
  await stream.barrier();
  const heard = fills();
  expect(heard.map((fill) => fill.clientOrderId)).toEqual([
    market.clientOrderId,
    sale.clientOrderId,
  ]);
  const canonical = (list: typeof heard) =>
    list.map((fill) => ({
      ...fill,
      ...Object.fromEntries(
        (['price', 'quantity', 'cost', 'fee'] as const).map((key) => [
          key,
          new Decimal(fill[key]).toFixed(),
        ]),
      ),
    }));
  expect(canonical(await venue.fillsSince(FROM_MS))).toEqual(canonical(heard));
  const sold = heard[1];
  const after = await venue.balances();
  const gained = new Decimal(after['USDT']?.total ?? 0).sub(before['USDT']?.total ?? 0);
  expect(gained.toFixed(8)).toBe(new Decimal(sold?.cost ?? 0).sub(sold?.fee ?? 0).toFixed(8));
  expect(after['XRP']?.total).toBe('530.0000000000');
});

test('bars are seen to close and books stay right while prices move', async () => {
  await advance(6);
  await stream.barrier();
  for (const pair of PAIRS) {
    const bars = events.flatMap((event) =>
      event.kind === 'candle' && event.pair === pair && event.timeframe === '5m'
        ? [(event.candle.timeMs - FROM_MS) / 300_000]
        : [],
    );
    expect([...new Set(bars)]).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6]));
    const closed = await venue.closedCandles(pair, '5m');
    const last = events.findLast(
      (event) =>
        event.kind === 'candle' &&
        event.pair === pair &&
        event.timeframe === '5m' &&
        event.candle.timeMs === closed.at(-1)?.timeMs,
    );
    expect(last).toMatchObject({ candle: closed.at(-1) });
    expect(books.book(pair)?.isLive()).toBe(true);
  }
  expect(wrongChecksums).toBe(0);
});

test('a lost reply is an open question, and the look-up and a repeat settle it as one order', async () => {
  await control('/fault', { kind: 'lose-reply', path: 'AddOrder' });
  const { bid } = await venue.quote('XRP/USDT');
  const price = new Decimal(bid).mul('0.9').toDecimalPlaces(4).toFixed();
  const order = xrp({ price });
  await expect(venue.place(order)).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(await venue.orderByClientId(order.clientOrderId)).toMatchObject({ status: 'open' });
  await expect(venue.place(order)).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(await venue.openOrders()).toHaveLength(1);
  expect(await venue.orderByClientId(randomUUID())).toBeNull();
});

test('an exchange that went away and came back is picked up where it was', async () => {
  const { bid } = await venue.quote('XRP/USDT');
  const price = new Decimal(bid).mul('0.9').toDecimalPlaces(4).toFixed();
  const [resting, ended] = [xrp({ price }), xrp({ price })];
  await venue.place(resting);
  await venue.place(ended);
  await stream.barrier();
  const portOf = (address: string): number => Number(new URL(address).port);
  const { rest, ws, wsAuth, control: controlAddress } = simulator;
  await simulator.close();
  simulator = await openExchange({
    rest: portOf(rest),
    ws: portOf(ws),
    wsAuth: portOf(wsAuth),
    control: portOf(controlAddress),
  });
  await venue.balances();
  // Cancelled before the stream is back: only the look-up after its snapshot can tell.
  await venue.cancel(ended.clientOrderId);
  await stream.barrier();
  while (statuses(ended.clientOrderId).at(-1) !== 'canceled') {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(statuses(resting.clientOrderId).at(-1)).toBe('open');
  expect(events.filter((event) => event.kind === 'disconnected')).toHaveLength(2);
  expect(events.filter((event) => event.kind === 'connected')).toHaveLength(4);
  await venue.place(xrp({ kind: 'market' }));
  await advance(1);
  await stream.barrier();
  expect(fills()).toHaveLength(1);
});
