import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Decimal } from '../../shared/money.ts';
import { testClient, type TestClient } from '../client.fixture.ts';
import { createSyntheticSource } from '../market/synthetic-source.ts';
import { journalBalances, readJournal } from '../service/read-journal.ts';
import { startSimulator, type Simulator } from '../start-simulator.ts';
import { openKrakenRelay } from './kraken-relay.ts';

const PAIR = 'XRP/USDT';
const dir = mkdtempSync(join(tmpdir(), 'paper-'));
/** The market of the exchange that plays Kraken begins with the running minute. */
const fromMs = Math.floor(Date.now() / 60_000) * 60_000;
/** Made once: what it tells is a function of seed and time alone. */
const MARKET = createSyntheticSource({ seed: 5, fromMs, pairs: [PAIR], step: '1m' });

let kraken: Simulator;
let paper: Simulator;
let client: TestClient;
let krakenClient: TestClient;
let lines: string[];
let journals = 0;

async function startKraken(ports?: { rest: number; ws: number }): Promise<void> {
  kraken = await startSimulator({
    market: MARKET,
    marketName: 'seed 5',
    deposits: {},
    pace: 1,
    journalDir: join(dir, `kraken-${(journals += 1)}`),
    ...(ports === undefined ? {} : { ports: { ...ports, wsAuth: 0, control: 0 } }),
  });
  krakenClient = testClient(kraken);
}

async function startPaper(journalDir: string): Promise<void> {
  const market = await openKrakenRelay({
    pairs: [PAIR],
    rest: kraken.rest,
    ws: kraken.ws,
    log: (line) => lines.push(line),
    times: { restPauseMs: 1, firstBackoffMs: 20, mostBackoffMs: 50 },
  });
  const deposits = { USDT: '1000000', XRP: '1000' };
  const marketName = 'paper';
  paper = await startSimulator({ market, marketName, deposits, pace: 1, journalDir });
  client = testClient(paper);
}

const minutes = (count: number): Promise<unknown> =>
  krakenClient.control('POST', '/advance', {
    to: new Date(kraken.service.exchange.state.nowMs + count * 60_000).toISOString(),
  });

/** Asks until the answer is as wanted. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type Rows = [price: string, quantity: string, at: number][];
const depth = async (from: TestClient): Promise<{ asks: Rows; bids: Rows }> => {
  const { result } = (await from.public('Depth?pair=XRPUSDT&count=100')) as {
    result: Record<string, { asks: Rows; bids: Rows }>;
  };
  return result['XRPUSDT'] as { asks: Rows; bids: Rows };
};
const prices = ({ asks, bids }: { asks: Rows; bids: Rows }): string[] =>
  [...asks, ...bids].map(([price]) => price);
const status = async (): Promise<unknown> =>
  ((await client.public('SystemStatus'))['result'] as { status: string }).status;
const order = (fields: Record<string, string>): Promise<Record<string, unknown>> =>
  client.private('AddOrder', { pair: 'XRPUSDT', type: 'buy', ...fields });

beforeEach(async () => {
  lines = [];
  await startKraken();
  await startPaper(join(dir, `paper-${(journals += 1)}`));
});
afterEach(async () => {
  await paper.close();
  await kraken.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('paper: orders on the feed of another exchange', () => {
  it('shows its book, trades and candles, and follows them', async () => {
    expect(prices(await depth(client))).toEqual(prices(await depth(krakenClient)));
    await minutes(3);
    const now = prices(await depth(krakenClient));
    await until(
      async () => prices(await depth(client)),
      (shown) => String(shown) === String(now),
    );
    const trades = async (from: TestClient): Promise<unknown> =>
      (await from.public('Trades?pair=XRPUSDT'))['result'];
    const newest = (await trades(krakenClient)) as { XRPUSDT: unknown[][] };
    const shown = (await trades(client)) as typeof newest;
    const ids = (rows: unknown[][]): unknown[] => rows.map((row) => row[6]).slice(-20);
    expect(ids(shown.XRPUSDT)).toEqual(ids(newest.XRPUSDT));
    const bars = async (from: TestClient): Promise<unknown[][]> => {
      const { result } = (await from.public('OHLC?pair=XRPUSDT&interval=60')) as {
        result: { XRPUSDT: unknown[][] };
      };
      // Closed before the market began: the minutes above may have ended an hour, and another bar.
      return result.XRPUSDT.filter((row) => Number(row[0]) * 1000 < fromMs - 3_600_000).slice(-100);
    };
    expect(await bars(client)).toEqual(await bars(krakenClient));
  });

  it('lets a market order walk through the real book, and not twice through the same', async () => {
    const { asks } = await depth(client);
    const [first, second, third] = asks.map(([price, quantity]) => ({
      price: new Decimal(price),
      // Depth rounds quantities to three decimals.
      quantity: new Decimal(quantity),
    }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('thin');
    const wanted = first.quantity.plus(second.quantity.div(2)).toFixed(3);
    await order({ ordertype: 'market', volume: wanted, cl_ord_id: 'walk' });
    await order({ ordertype: 'market', volume: second.quantity.toFixed(3), cl_ord_id: 'again' });
    const { trades } = (await client.private('TradesHistory'))['result'] as {
      trades: Record<string, { price: string; time: number }>;
    };
    const paid = Object.values(trades).map((t) => new Decimal(t.price).toFixed());
    expect(new Set(paid)).toEqual(
      new Set([first, second, third].map((level) => level.price.toFixed())),
    );
  });

  it('passes books on with checksums that hold', async () => {
    const socket = await client.socket(paper.ws);
    const params = { channel: 'book', symbol: [PAIR], depth: 100 };
    socket.send({ method: 'subscribe', params });
    await until(
      () => socket.untilPong(),
      (messages) => messages.some((m) => m['type'] === 'snapshot' && m['channel'] === 'book'),
    );
    await minutes(2);
    const passed = await until(
      () => socket.untilPong(),
      (messages) => messages.some((m) => m['channel'] === 'book'),
    );
    expect(passed.filter((m) => m['channel'] === 'book')[0]).toMatchObject({ type: 'update' });
    socket.close();
  });

  it('reads a book anew whose checksum is wrong', async () => {
    await krakenClient.control('POST', '/fault', { kind: 'checksum' });
    await minutes(1);
    await until(
      () => Promise.resolve(lines.join()),
      (text) => text.includes('the book of XRP/USDT is subscribed to anew'),
    );
    await until(status, (text) => text === 'online');
    const now = prices(await depth(krakenClient));
    await until(
      async () => prices(await depth(client)),
      (shown) => String(shown) === String(now),
    );
  });

  it('takes no orders while the feed is away, lets them be cancelled, and comes back', async () => {
    const { bids } = await depth(client);
    const rests = new Decimal(bids[20]?.[0] ?? 0).toFixed(5);
    await order({ ordertype: 'limit', volume: '10', price: rests, cl_ord_id: 'rests' });
    const socket = await client.socket(paper.ws);
    const address = new URL(kraken.ws);
    const ports = { rest: Number(new URL(kraken.rest).port), ws: Number(address.port) };
    await kraken.close();
    await until(status, (text) => text === 'cancel_only');
    const { body } = await client.control('GET', '/market');
    expect(body['away']).toEqual({ [PAIR]: expect.stringContaining('the feed is away') });
    expect(await socket.untilPong()).toContainEqual(
      expect.objectContaining({
        channel: 'status',
        data: [expect.objectContaining({ system: 'cancel_only' })],
      }),
    );
    expect(await order({ ordertype: 'market', volume: '10' })).toEqual({
      error: ['EService:Market in cancel_only mode'],
    });
    expect((await depth(client)).asks).toEqual([]);
    const cancelled = await client.private('CancelOrder', { cl_ord_id: 'rests' });
    expect(cancelled['result']).toMatchObject({ count: 1 });
    await startKraken(ports);
    await until(status, (text) => text === 'online');
    expect((await order({ ordertype: 'market', volume: '10' }))['error']).toEqual([]);
    expect(lines.at(-1)).toContain('the feed is back');
    socket.close();
  });

  it('comes back from its journal with orders, fills and balances', async () => {
    const { bids } = await depth(client);
    const price = new Decimal(bids[20]?.[0] ?? 0).toFixed(5);
    await order({ ordertype: 'market', volume: '25', cl_ord_id: 'taken' });
    await order({ ordertype: 'limit', volume: '10', price, cl_ord_id: 'rests' });
    const balance = (await client.private('BalanceEx'))['result'];
    const journalDir = join(dir, `paper-${journals}`);
    await paper.close();
    await startPaper(journalDir);
    expect((await client.private('BalanceEx'))['result']).toEqual(balance);
    const { open } = (await client.private('OpenOrders'))['result'] as { open: object };
    expect(Object.values(open)).toMatchObject([{ cl_ord_id: 'rests', status: 'open' }]);
    const { count } = (await client.private('TradesHistory'))['result'] as { count: number };
    expect(count).toBe(1);
    const written = journalBalances(readJournal(journalDir));
    expect(new Decimal(written['XRP'] ?? 0).toFixed()).toBe('1025');
  });

  it('takes over what Kraken lets through', async () => {
    await krakenClient.control('POST', '/system', { status: 'post_only' });
    await until(
      async () => (await order({ ordertype: 'market', volume: '10' }))['error'],
      (error) => String(error) === 'EService:Market in post_only mode',
    );
    expect(await status()).toBe('post_only');
    const { bids } = await depth(client);
    const price = new Decimal(bids[20]?.[0] ?? 0).toFixed(5);
    const rests = await order({ ordertype: 'limit', volume: '10', price, oflags: 'post' });
    expect(rests['error']).toEqual([]);
  });

  it('runs at real time: nobody can make it wait', async () => {
    const attach = await client.control('POST', '/attach', { timeframes: ['1m'] });
    expect(attach.status).toBe(409);
    const { body } = await client.control('GET', '/state');
    expect(Math.abs(Date.parse(String(body['now'])) - Date.now())).toBeLessThan(5000);
  });

  it('says what is wrong when there is no feed', async () => {
    const pairs = ['BTC/USDT'];
    await expect(openKrakenRelay({ pairs, rest: kraken.rest, ws: kraken.ws })).rejects.toThrow(
      /EQuery:Unknown asset pair/,
    );
  });
});
