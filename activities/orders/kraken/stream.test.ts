import { afterEach, beforeEach, expect, test } from 'vitest';
import type { VenueStream, VenueStreamEvent } from '../../../shared/venue.ts';
import { acknowledge, startFakeKraken, type FakeKraken } from './fake-kraken.fixture.ts';
import { openKrakenStream, type KrakenStreamOptions } from './stream.ts';

let kraken: FakeKraken;
let stream: VenueStream | undefined;
let events: VenueStreamEvent[];
let tokens: number;

/** What the fake says on each new subscription of a channel, number by number as text. */
let snapshots: Record<string, string[]>;

const executions = (type: 'snapshot' | 'update', sequence: number, ...rows: string[]): string =>
  `{"channel":"executions","type":"${type}","sequence":${sequence},"data":[${rows.join(',')}]}`;

const OPEN_ROW =
  '{"exec_type":"new","order_id":"O1","cl_ord_id":"c-1","symbol":"XRP/USDT","side":"buy",' +
  '"order_type":"limit","order_qty":100.00000000,"limit_price":2.1010,"order_status":"new",' +
  '"cum_qty":0,"cum_cost":0,"timestamp":"2026-11-21T10:00:00.1Z"}';

const candle = (begin: string, close: string, type = 'update'): string =>
  `{"channel":"ohlc","type":"${type}","data":[{"symbol":"XRP/USDT","interval":1,` +
  `"interval_begin":"${begin}","open":2.1,"high":2.2,"low":2.0,"close":${close},"vwap":2.1,` +
  `"trades":7,"volume":5120.5,"timestamp":"2026-11-21T10:02:00Z"}]}`;

beforeEach(async () => {
  kraken = await startFakeKraken();
  events = [];
  tokens = 0;
  snapshots = { executions: [executions('snapshot', 1, OPEN_ROW)] };
  kraken.onRequest((socket, request) => {
    acknowledge(socket, request);
    if (request.method !== 'subscribe') return;
    for (const text of snapshots[request.params?.channel ?? ''] ?? []) socket.send(text);
  });
});

afterEach(async () => {
  await stream?.close();
  stream = undefined;
  await kraken.close();
});

async function open(extra: Partial<KrakenStreamOptions> = {}): Promise<VenueStream> {
  stream = await openKrakenStream({
    ws: kraken.ws,
    wsAuth: `${kraken.ws}?private`,
    token: () => Promise.resolve(`token-${++tokens}`),
    pairs: ['XRP/USDT'],
    timeframes: ['1m'],
    onEvent: (event) => void events.push(event),
    times: { firstBackoffMs: 1, mostBackoffMs: 2, answerMs: 2000 },
    ...extra,
  });
  return stream;
}

const ofKind = <K extends VenueStreamEvent['kind']>(kind: K) =>
  events.filter((event) => event.kind === kind) as Extract<VenueStreamEvent, { kind: K }>[];

const sendAll = (text: string): void => {
  for (const socket of kraken.sockets) socket.send(text);
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

test('hands on the open orders of the snapshot before it resolves', async () => {
  await open();
  expect(ofKind('order').map((event) => event.order)).toEqual([
    {
      venueOrderId: 'O1',
      clientOrderId: 'c-1',
      pair: 'XRP/USDT',
      side: 'buy',
      kind: 'limit',
      quantity: '100.00000000',
      price: '2.1010',
      status: 'open',
      filledQuantity: '0',
      filledCost: '0',
      reason: null,
    },
  ]);
  expect(
    ofKind('connected')
      .map((event) => event.socket)
      .sort(),
  ).toEqual(['private', 'public']);
});

test('takes fills from trade rows only and completes sparse rows from what is known', async () => {
  const opened = await open();
  sendAll(
    executions(
      'update',
      2,
      '{"exec_type":"trade","order_id":"O1","exec_id":"T1","last_qty":40,"last_price":2.1010,' +
        '"cost":84.04,"cum_qty":40,"cum_cost":84.04,"order_status":"partially_filled",' +
        '"liquidity_ind":"m","fees":[{"asset":"USDT","qty":0.2101}],' +
        '"timestamp":"2026-11-21T10:00:02.1Z"}',
    ),
  );
  sendAll(
    executions('update', 3, '{"exec_type":"filled","order_id":"O1","order_status":"filled"}'),
  );
  await opened.barrier();
  expect(ofKind('fill').map((event) => event.fill)).toEqual([
    {
      executionId: 'T1',
      venueOrderId: 'O1',
      clientOrderId: 'c-1',
      pair: 'XRP/USDT',
      side: 'buy',
      price: '2.1010',
      quantity: '40',
      cost: '84.04',
      fee: '0.2101',
      feeAsset: 'USDT',
      liquidity: 'maker',
      at: '2026-11-21T10:00:02.100Z',
    },
  ]);
  const last = ofKind('order').at(-1)?.order;
  expect(last).toMatchObject({ status: 'filled', filledQuantity: '40', filledCost: '84.04' });
});

test('comes back after a cut with a new token and tells every bar that closed meanwhile', async () => {
  const opened = await open();
  sendAll(candle('2026-11-21T10:00:00Z', '2.11'));
  await opened.barrier();
  snapshots['ohlc'] = [
    candle('2026-11-21T09:59:00Z', '2.10', 'snapshot'),
    candle('2026-11-21T10:00:00Z', '2.12', 'snapshot'),
    candle('2026-11-21T10:01:00Z', '2.13', 'snapshot'),
  ];
  for (const socket of kraken.sockets) socket.terminate();
  await until(() => ofKind('connected').length === 4);
  expect(ofKind('disconnected')).toHaveLength(2);
  expect(tokens).toBe(2);
  expect(
    ofKind('candle').map((event) => [
      new Date(event.candle.timeMs).toISOString(),
      event.candle.close,
    ]),
  ).toEqual([
    ['2026-11-21T10:00:00.000Z', 2.11],
    ['2026-11-21T10:00:00.000Z', 2.12],
    ['2026-11-21T10:01:00.000Z', 2.13],
  ]);
});

test('starts with the running bar of a longer snapshot', async () => {
  const rows = ['2026-11-21T10:00:00Z', '2026-11-21T10:01:00Z'].map(
    (begin) => candle(begin, '2.5', 'snapshot').match(/"data":\[(.*)\]/)?.[1],
  );
  snapshots['ohlc'] = [`{"channel":"ohlc","type":"snapshot","data":[${rows.join(',')}]}`];
  await open();
  expect(ofKind('candle').map((event) => event.candle.timeMs)).toEqual([
    Date.parse('2026-11-21T10:01:00Z'),
  ]);
});

test('takes a gap in the sequence for lost messages and reads the snapshot again', async () => {
  await open();
  sendAll(executions('update', 3, '{"exec_type":"new","order_id":"O1","order_status":"new"}'));
  await until(() => ofKind('connected').length === 3);
  expect(ofKind('disconnected')).toEqual([
    { kind: 'disconnected', socket: 'private', reason: 'executions jumped from 2 to 3' },
  ]);
});

test('looks up what ended while the socket was down', async () => {
  const asked: string[][] = [];
  await open({
    ordersByVenueId: (ids) => {
      asked.push(ids);
      const known = ofKind('order')[0]?.order;
      return Promise.resolve(known ? [{ ...known, status: 'canceled', reason: 'expired' }] : []);
    },
  });
  snapshots['executions'] = [executions('snapshot', 1)];
  for (const socket of kraken.sockets) socket.terminate();
  await until(() => ofKind('order').length === 2);
  expect(asked).toEqual([['O1']]);
  expect(ofKind('order')[1]?.order.status).toBe('canceled');
});

test('takes trades of a snapshot as fills and not as open orders', async () => {
  snapshots['executions'] = [
    executions(
      'snapshot',
      1,
      '{"exec_type":"trade","order_id":"OLD","exec_id":"T0","symbol":"XRP/BTC","side":"sell",' +
        '"order_type":"limit","order_qty":5,"last_qty":5,"last_price":0.00002270,"cost":0.0001135,' +
        '"order_status":"partially_filled","fees":[{"asset":"BTC","qty":2.8e-7}],' +
        '"liquidity_ind":"t","timestamp":"2026-11-21T09:00:00Z"}',
    ),
  ];
  await open();
  expect(ofKind('order')).toEqual([]);
  expect(ofKind('fill')[0]?.fill).toMatchObject({ price: '0.00002270', fee: '0.00000028' });
});

test('gives up with a clear reason when a pair is not listed', async () => {
  kraken.onRequest((socket, request) => {
    if (request.params?.channel !== 'ohlc') return acknowledge(socket, request);
    const error = 'Currency pair not supported XRP/FOO';
    socket.send(
      JSON.stringify({ method: 'subscribe', success: false, req_id: request.req_id, error }),
    );
  });
  await expect(open()).rejects.toMatchObject({
    kind: 'person',
    message: expect.stringContaining('Currency pair not supported XRP/FOO') as string,
  });
});

test('stops waiting for a barrier when it is closed', async () => {
  const opened = await open();
  kraken.onRequest(() => {});
  const barrier = opened.barrier();
  await opened.close();
  await expect(barrier).rejects.toThrow('was closed');
});

test('measures the clock against that of the venue', async () => {
  kraken.onRequest((socket, request) => {
    if (request.method !== 'ping') {
      acknowledge(socket, request);
      for (const text of snapshots[request.params?.channel ?? ''] ?? []) socket.send(text);
      return;
    }
    const time = new Date(Date.now() + 3_600_000).toISOString();
    const { req_id } = request;
    socket.send(JSON.stringify({ method: 'pong', req_id, time_in: time, time_out: time }));
  });
  const skews: number[] = [];
  await open({ onClockSkew: ({ skewMs }) => skews.push(skewMs) });
  // An hour, give or take the time that this test was held up.
  expect(Math.round((skews[0] ?? 0) / 600_000)).toBe(6);
});

test('asks a silent socket for a sign of life, and replaces it when there is none', async () => {
  let isMute = false;
  kraken.onRequest((socket, request) => {
    if (isMute) return;
    acknowledge(socket, request);
    for (const text of snapshots[request.params?.channel ?? ''] ?? []) socket.send(text);
  });
  await open({ times: { firstBackoffMs: 1, mostBackoffMs: 2, answerMs: 2000, silenceMs: 20 } });
  isMute = true;
  await until(() => ofKind('disconnected').length === 2);
  isMute = false;
  await until(() => ofKind('connected').length >= 4);
  expect(ofKind('disconnected')[0]?.reason).toMatch(/^silent for \d+ ms$/);
});

test('balances are those of the spot wallet, and a gap in them starts anew', async () => {
  const balances = (type: string, sequence: number, row: string): string =>
    `{"channel":"balances","type":"${type}","sequence":${sequence},"data":[${row}]}`;
  const wallets = (spot: string): string =>
    `[{"type":"spot","id":"main","balance":${spot}},{"type":"earn","id":"flex","balance":7}]`;
  snapshots['balances'] = [
    balances('snapshot', 1, `{"asset":"BTC","balance":8.5,"wallets":${wallets('1.50')}}`),
  ];
  await open({ balances: true });
  expect(ofKind('balance')).toEqual([{ kind: 'balance', asset: 'BTC', total: '1.50', why: null }]);
  const update = (wallet: string): string =>
    `{"asset":"BTC","type":"deposit","amount":0.5,"fee":0,"balance":2.00,"wallet_type":"${wallet}"}`;
  const connects = ofKind('connected').length;
  for (const socket of kraken.sockets) {
    socket.send(balances('update', 2, update('earn')));
    socket.send(balances('update', 3, update('spot')));
  }
  await stream?.barrier();
  expect(ofKind('balance').at(-1)).toEqual({
    ...{ kind: 'balance', asset: 'BTC', total: '2.00', why: 'deposit of 0.5' },
  });
  for (const socket of kraken.sockets) socket.send(balances('update', 9, update('spot')));
  await expect.poll(() => ofKind('connected').length).toBeGreaterThan(connects);
});
