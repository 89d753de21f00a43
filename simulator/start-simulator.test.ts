import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testClient, type TestClient } from './client.fixture.ts';
import { handMarket, START, type Row } from './market/market.fixture.ts';
import { startSimulator, type Simulator } from './start-simulator.ts';
import { signature } from './wire/keys.ts';

const rows: Row[] = [
  [1, 1.1, 0.9, 1],
  [1, 1.2, 0.8, 1.1],
  [1.1, 1.15, 1.05, 1.1],
  [1.1, 1.1, 1.1, 1.1],
];

let dir: string;
let simulator: Simulator;
let client: TestClient;

async function start(): Promise<void> {
  simulator = await startSimulator({
    market: handMarket({ 'XRP/USDT': rows }),
    marketName: 'hand',
    deposits: { USDT: '1000', XRP: '500' },
    pace: 'lockstep',
    waitForDesk: true,
    journalDir: dir,
  });
  client = testClient(simulator);
}
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'simulator-'));
  await start();
});
afterEach(async () => {
  await simulator.close();
  rmSync(dir, { recursive: true });
});

const order = (more: Record<string, string>): Record<string, string> => ({
  pair: 'XRPUSDT',
  type: 'buy',
  ordertype: 'market',
  volume: '10',
  ...more,
});
const state = async (after = 0) =>
  (await client.control('GET', `/state?after=${after}&waitMs=5000`)).body as {
    now: string;
    ended: boolean;
    event: { number: number; kind: string; at: string; orders?: unknown[] } | null;
  };
const ack = (event: number) => client.control('POST', '/ack', { event });

it.each([
  ['Depth', 'count=-5', 'count'],
  ['Depth', 'count=0', 'count'],
  ['Depth', 'count=NaN', 'count'],
  ['Trades', 'count=1e9', 'count'],
  ['Trades', 'since=abc', 'since'],
  ['OHLC', 'since=-1', 'since'],
  ['Spread', 'since=abc', 'since'],
])('%s with %s is refused and goes on answering', async (call, query, named) => {
  const answer = await fetch(`${simulator.rest}/0/public/${call}?pair=XRPUSDT&${query}`);
  expect(await answer.json()).toEqual({ error: [`EGeneral:Invalid arguments:${named}`] });
});

it('signs as the documented example does', () => {
  expect(
    signature(
      'kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==',
      '/0/private/AddOrder',
      '1616492376594',
      'nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25',
    ),
  ).toBe(
    '4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==',
  );
});

describe('REST', () => {
  it('answers in the documented envelope, errors as HTTP 200', async () => {
    expect(await client.public('Time')).toEqual({
      error: [],
      result: { unixtime: START / 1000, rfc1123: 'Thu, 01 Jan 2026 00:00:00 GMT' },
    });
    expect(await client.public('Ticker?pair=FOO')).toEqual({
      error: ['EQuery:Unknown asset pair'],
    });
    expect(await client.public('Nothing')).toEqual({ error: ['EGeneral:Unknown method'] });
  });

  it('keys AssetPairs by the name that was asked for when it has a slash', async () => {
    const byName = await client.public('AssetPairs?pair=XRP/USDT');
    expect(Object.keys(byName['result'] as object)).toEqual(['XRP/USDT']);
    const all = await client.public('AssetPairs');
    expect(all['result']).toMatchObject({
      XRPUSDT: { wsname: 'XRP/USDT', pair_decimals: 5, base: 'XXRP', quote: 'USDT', ordermin: '2' },
    });
  });

  it('shows closed candles and the running one behind them', async () => {
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    const { result } = (await client.public('OHLC?pair=XRPUSDT&interval=60')) as {
      result: { XRPUSDT: unknown[][]; last: number };
    };
    // the bar event of 01:00 stands: one bar is closed, of the next only the open is known
    expect(result.XRPUSDT.map((row) => row.slice(0, 5))).toEqual([
      [START / 1000, '1.00000', '1.10000', '0.90000', '1.00000'],
      [START / 1000 + 3600, '1.00000', '1.00000', '1.00000', '1.00000'],
    ]);
    expect(result.last).toBe(START / 1000);
    const finer = (await client.public('OHLC?pair=XRPUSDT&interval=15')) as { result: object };
    expect(finer.result).toEqual({ XRPUSDT: [], last: 0 });
  });

  it('tells the spread, also of the candles before', async () => {
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    const { result } = (await client.public('Spread?pair=XRPUSDT')) as {
      result: { XRPUSDT: unknown[][]; last: number };
    };
    // by hand 0.1 % each way
    expect(result.XRPUSDT).toEqual([
      [START / 1000, '0.99900', '1.00100'],
      [START / 1000 + 3600, '0.99900', '1.00100'],
    ]);
    expect(result.last).toBe(START / 1000 + 3600);
  });

  it('refuses a wrong key, a wrong signature and a nonce that does not rise', async () => {
    const nonce = '1800000000000';
    expect(await client.private('Balance', {}, nonce)).toMatchObject({ error: [] });
    expect(await client.private('Balance', {}, nonce)).toEqual({ error: ['EAPI:Invalid nonce'] });
    const forged = testClient({ ...simulator, secret: 'AAAA' });
    expect(await forged.private('Balance', {}, '1800000000001')).toEqual({
      error: ['EAPI:Invalid signature'],
    });
    const stranger = testClient({ ...simulator, key: 'x' });
    expect(await stranger.private('Balance', {}, '1800000000002')).toEqual({
      error: ['EAPI:Invalid key'],
    });
    // the refused ones used no nonce up
    expect(await client.private('Balance', {}, '1800000000001')).toMatchObject({ error: [] });
  });

  it('tells an order’s life in open orders, closed orders, trades and balances', async () => {
    const placed = (await client.private('AddOrder', order({ cl_ord_id: 'one' }))) as {
      result: { txid: string[]; descr: { order: string } };
    };
    expect(placed.result.descr.order).toBe('buy 10.00000000 XRPUSDT @ market');
    const txid = placed.result.txid[0] ?? '';
    expect(txid).toMatch(/^O[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}$/);
    const closed = (await client.private('ClosedOrders', { cl_ord_id: 'one' })) as {
      result: { closed: Record<string, unknown>; count: number };
    };
    expect(closed.result.closed[txid]).toMatchObject({
      status: 'closed',
      vol_exec: '10.00000000',
      cost: '10.01000000',
      fee: '0.04004000',
    });
    expect(await client.private('TradesHistory')).toMatchObject({ result: { count: 1 } });
    expect(await client.private('BalanceEx')).toMatchObject({
      result: { USDT: { balance: '989.9499600000', hold_trade: '0.0000000000' } },
    });
    const stop = order({ type: 'sell', ordertype: 'stop-loss', price: '0.9', cl_ord_id: 'two' });
    await client.private('AddOrder', stop);
    expect(await client.private('OpenOrders')).toMatchObject({
      result: {
        open: {
          [Object.keys(
            ((await client.private('OpenOrders')) as { result: { open: object } }).result.open,
          )[0] ?? '']: {
            cl_ord_id: 'two',
            descr: { order: 'sell 10.00000000 XRPUSDT @ stop loss 0.90000' },
          },
        },
      },
    });
    expect(
      await client.private('AmendOrder', { cl_ord_id: 'two', trigger_price: '0.85' }),
    ).toMatchObject({ error: [] });
    expect(await client.private('CancelOrder', { cl_ord_id: 'two' })).toEqual({
      error: [],
      result: { count: 1 },
    });
    expect(await client.private('CancelOrder', { cl_ord_id: 'two' })).toEqual({
      error: ['EOrder:Unknown order'],
    });
  });

  it('takes JSON bodies with a nonce of any size in any place', async () => {
    const path = '/0/private/AddOrder';
    const nonce = '18446744073709551000';
    const body = `{"pair":"XRPUSDT","type":"buy","ordertype":"market","volume":10,"validate":"True","nonce":${nonce}}`;
    const response = await fetch(`${simulator.rest}${path}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'api-key': simulator.key,
        'api-sign': signature(simulator.secret, path, nonce, body),
      },
    });
    expect(await response.json()).toEqual({
      error: [],
      result: { descr: { order: 'buy 10.00000000 XRPUSDT @ market' } },
    });
  });

  it('loses a reply when told to, and a look-up finds the order', async () => {
    await client.control('POST', '/fault', { kind: 'lose-reply', path: 'AddOrder' });
    await expect(client.private('AddOrder', order({ cl_ord_id: 'lost' }))).rejects.toThrow(
      'fetch failed',
    );
    expect(await client.private('ClosedOrders', { cl_ord_id: 'lost' })).toMatchObject({
      result: { count: 1 },
    });
    expect(await client.private('AddOrder', order({ cl_ord_id: 'lost' }))).toEqual({
      error: ['EOrder:Invalid arguments:cl_ord_id already in use'],
    });
  });
});

describe('control', () => {
  it('stands at each event until it is acknowledged, as often as that is said', async () => {
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    const first = await state();
    expect(first).toEqual({
      now: '2026-01-01T01:00:00Z',
      attached: true,
      ended: false,
      event: {
        number: 1,
        at: '2026-01-01T01:00:00Z',
        kind: 'bar',
        bars: [
          {
            timeframe: '1h',
            open: '2026-01-01T00:00:00Z',
            pairs: [{ pair: 'XRP/USDT', state: 'closed' }],
          },
        ],
      },
    });
    await ack(1);
    await ack(1);
    expect((await state(1)).event).toMatchObject({ number: 2, at: '2026-01-01T02:00:00Z' });
    expect((await ack(7)).status).toBe(409);
  });

  it('answers a waiting reader when the event comes, and after its time without one', async () => {
    const waiting = state(0);
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    expect((await waiting).event?.number).toBe(1);
    const none = (await client.control('GET', '/state?after=1&waitMs=20')).body;
    expect(none['event']).toMatchObject({ number: 1 });
  });

  it('goes to the end and says so', async () => {
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    for (let n = 1; n <= 4; n += 1) {
      expect((await state(n - 1)).event).toMatchObject({ number: n, kind: 'bar' });
      await ack(n);
    }
    expect(await state(4)).toMatchObject({ ended: true, event: { number: 5, kind: 'end' } });
  });

  it('books wake-ups and forgets them, both ways', async () => {
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    await state();
    await client.control('POST', '/wake', { id: 'a', at: '2026-01-01T01:10:00Z' });
    await client.control('POST', '/wake', { id: 'b', at: '2026-01-01T01:20:00Z' });
    await client.control('POST', '/wake', { id: 'c/d', pair: 'XRP/USDT', above: '1.05' });
    await client.control('POST', '/unwake', { id: 'a' });
    await client.control('DELETE', '/wake/c%2Fd');
    await ack(1);
    expect((await state(1)).event).toEqual({
      number: 2,
      at: '2026-01-01T01:20:00Z',
      kind: 'wake',
      wakes: [{ id: 'b', at: '2026-01-01T01:20:00Z' }],
    });
  });

  it('says what is wrong with a request', async () => {
    expect(await client.control('POST', '/attach', { timeframes: ['1m'] })).toMatchObject({
      status: 400,
      body: { error: 'cannot attach to 1m: the market moves on 1h candles' },
    });
    expect((await client.control('POST', '/wake', { id: 'a' })).status).toBe(400);
    expect((await client.control('POST', '/nothing', {})).status).toBe(404);
  });

  it('runs to a time when no desk is attached', async () => {
    await client.control('POST', '/advance', { to: '2026-01-01T02:30:00Z' });
    expect((await client.public('Time'))['result']).toMatchObject({
      unixtime: START / 1000 + 2.5 * 3600,
    });
  });

  it('hands the open event out again after a restart', async () => {
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    await client.private('AddOrder', order({ cl_ord_id: 'a' }));
    await ack(1);
    const before = await state(1);
    expect(before.event).toMatchObject({ number: 2, kind: 'orders' });
    const { key, secret } = simulator;
    await simulator.close();
    await start();
    expect(simulator).toMatchObject({ key, secret });
    expect(await state(1)).toEqual(before);
    await ack(2);
    expect((await state(2)).event).toMatchObject({ number: 3, kind: 'bar' });
  });
});

describe('WebSocket', () => {
  it('greets, acknowledges each symbol before its snapshot, answers pings', async () => {
    const socket = await client.socket(simulator.ws);
    expect(await socket.next()).toMatchObject({ channel: 'status', data: [{ system: 'online' }] });
    socket.send({
      method: 'subscribe',
      req_id: 3,
      params: { channel: 'ohlc', interval: 60, symbol: ['XRP/USDT', 'FOO/BAR'] },
    });
    expect(await socket.untilPong()).toMatchObject([
      {
        method: 'subscribe',
        success: true,
        req_id: 3,
        result: { channel: 'ohlc', symbol: 'XRP/USDT', interval: 60 },
      },
      { channel: 'ohlc', type: 'snapshot' },
      {
        method: 'subscribe',
        success: false,
        req_id: 3,
        error: 'Currency pair not supported FOO/BAR',
      },
    ]);
    socket.close();
  });

  it('has sent all of an event before the clock shows it', async () => {
    const socket = await client.socket(simulator.ws);
    socket.send({
      method: 'subscribe',
      params: { channel: 'ohlc', interval: 60, symbol: ['XRP/USDT'] },
    });
    await socket.untilPong();
    await client.control('POST', '/attach', { timeframes: ['1h'] });
    await state();
    const told = (await socket.untilPong()).flatMap(
      (m) => m['data'] as { interval_begin: string; close: number }[],
    );
    expect(told.map((row) => [row.interval_begin.slice(11, 16), row.close])).toEqual([
      ['00:00', 1], // the first tick of the market
      ['00:00', 1], // the bar as it closed
      ['01:00', 1], // the first tick of the next
    ]);
    socket.close();
  });

  it('tells executions in Kraken’s order, fill and marker in messages of their own', async () => {
    const socket = await client.socket(simulator.wsAuth);
    await socket.next();
    socket.send({
      method: 'subscribe',
      req_id: 1,
      params: { channel: 'executions', token: 'wrong' },
    });
    expect(await socket.next()).toMatchObject({
      success: false,
      error: 'ESession:Invalid session',
    });
    const { result } = (await client.private('GetWebSocketsToken')) as {
      result: { token: string };
    };
    socket.send({
      method: 'subscribe',
      req_id: 2,
      params: { channel: 'executions', token: result.token },
    });
    expect(await socket.untilPong()).toMatchObject([
      { method: 'subscribe', success: true, req_id: 2 },
      { channel: 'executions', type: 'snapshot', data: [], sequence: 1 },
    ]);
    await client.private('AddOrder', order({ cl_ord_id: 'seen', oflags: 'fciq' }));
    const told = (await socket.untilPong()) as {
      sequence: number;
      data: Record<string, unknown>[];
    }[];
    expect(told.map((m) => m.data.map((row) => [row['exec_type'], row['order_status']]))).toEqual([
      [['pending_new', 'pending_new']],
      [['new', 'new']],
      [['trade', 'filled']],
      [['filled', 'filled']],
    ]);
    expect(told.map((m) => m.sequence)).toEqual([2, 3, 4, 5]);
    expect(told[2]?.data[0]).toMatchObject({
      cl_ord_id: 'seen',
      last_qty: 10,
      last_price: 1.001,
      cost: 10.01,
      fees: [{ asset: 'USDT', qty: 0.04004 }],
      liquidity_ind: 't',
    });
    socket.close();
  });

  it('keeps the book’s checksum true', async () => {
    const socket = await client.socket(simulator.ws);
    await socket.next();
    socket.send({
      method: 'subscribe',
      params: { channel: 'book', symbol: ['XRP/USDT'], depth: 10 },
    });
    const [, snapshot] = (await socket.untilPong()) as {
      data: { bids: unknown[]; checksum: number }[];
    }[];
    expect(snapshot?.data[0]?.bids).toHaveLength(10);
    expect(snapshot?.data[0]?.checksum).toBeGreaterThan(0);
    // prices and quantities keep all their decimals on the wire
    expect(socket.texts.at(-2)).toMatch(/"price":0\.\d{5},"qty":\d+\.\d{8}/);
    socket.close();
  });
});
