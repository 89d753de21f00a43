import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OrderRequest } from '../../../shared/venue.ts';
import { startFakeKraken, type FakeAnswer, type FakeKraken } from './fake-kraken.ts';
import { createKrakenVenue, type KrakenVenue } from './venue.ts';

const SECRET = Buffer.from('secret of a test').toString('base64');
const ID = '6d1b345e-2821-40e2-ad83-4ecb18a06876';
const ORDER: OrderRequest = {
  clientOrderId: ID,
  pair: 'XRP/BTC',
  side: 'buy',
  kind: 'limit',
  quantity: '100.50000000',
  price: '0.00002270',
};

let kraken: FakeKraken;
let venue: KrakenVenue;

beforeEach(async () => {
  kraken = await startFakeKraken();
  venue = createKrakenVenue({
    rest: kraken.rest,
    key: 'KEY',
    secret: SECRET,
    rateLimits: 'off',
    wallMs: () => 1_700_000_000_000,
  });
});

afterEach(async () => {
  venue.close();
  await kraken.close();
});

const fieldsOf = (name: string): Record<string, string> =>
  Object.fromEntries(kraken.calls.find((call) => call.name === name)?.fields ?? []);

const orderRow = (extra: object = {}) => ({
  status: 'open',
  opentm: 1688666559.8974,
  descr: {
    pair: 'XRPXBT',
    type: 'buy',
    ordertype: 'limit',
    price: '0.00002270',
    price2: '0',
    leverage: 'none',
    order: 'buy 100.50000000 XRPXBT @ limit 0.00002270',
  },
  vol: '100.50000000',
  vol_exec: '40.00000000',
  cost: '0.000908',
  fee: '0.0000022',
  price: '0.00002270',
  oflags: 'fciq',
  misc: '',
  cl_ord_id: ID,
  ...extra,
});

describe('placing', () => {
  const PLACED = { result: { descr: { order: '' }, txid: ['OABC'] } };

  test('sends decimals, ids and flags in the words of Kraken', async () => {
    kraken.answer('AddOrder', PLACED);
    const answer = await venue.place({
      ...ORDER,
      timeInForce: 'gtd',
      expireAt: '2026-11-21T10:00:00Z',
      postOnly: true,
      feeIn: 'quote',
      leverage: 3,
      reduceOnly: true,
      deadline: '2026-11-21T09:00:05.000Z',
    });
    expect(answer).toEqual({ kind: 'accepted', venueOrderId: 'OABC' });
    expect(fieldsOf('AddOrder')).toEqual({
      nonce: '1700000000000000',
      pair: 'XRPXBT',
      type: 'buy',
      ordertype: 'limit',
      volume: '100.50000000',
      price: '0.00002270',
      leverage: '3',
      reduce_only: 'true',
      oflags: 'post,fciq',
      timeinforce: 'GTD',
      expiretm: String(Date.parse('2026-11-21T10:00:00Z') / 1000),
      cl_ord_id: ID,
      deadline: '2026-11-21T09:00:05.000Z',
    });
  });

  const kinds: { kind: OrderRequest['kind']; limitPrice?: string; sent: object }[] = [
    { kind: 'stop-loss', sent: { ordertype: 'stop-loss', price: '2' } },
    { kind: 'take-profit', sent: { ordertype: 'take-profit', price: '2' } },
    { kind: 'trailing-stop', sent: { ordertype: 'trailing-stop', price: '+2' } },
    { kind: 'stop-loss-limit', limitPrice: '1.9', sent: { price: '2', price2: '1.9' } },
    { kind: 'take-profit-limit', limitPrice: '1.9', sent: { price: '2', price2: '1.9' } },
  ];
  test.each(kinds)('sends a $kind order', async ({ kind, limitPrice, sent }) => {
    kraken.answer('AddOrder', PLACED);
    await venue.place({ ...ORDER, kind, price: '2', ...(limitPrice && { limitPrice }) });
    expect(fieldsOf('AddOrder')).toMatchObject(sent);
  });

  const impossible: { why: string; order: Partial<OrderRequest>; reason: RegExp }[] = [
    { why: 'post-only stop', order: { kind: 'stop-loss', postOnly: true }, reason: /only a limit/ },
    { why: 'long id', order: { clientOrderId: 'x'.repeat(19) }, reason: /18 ASCII/ },
    { why: 'spot reduce-only', order: { reduceOnly: true }, reason: /needs a leverage/ },
    { why: 'priced market', order: { kind: 'market' }, reason: /takes no price/ },
    {
      why: 'limit price on a stop',
      order: { kind: 'stop-loss', limitPrice: '1' },
      reason: /takes no/,
    },
  ];
  test.each(impossible)('refuses a $why without asking', async ({ order, reason }) => {
    const answer = await venue.place({ ...ORDER, ...order });
    expect(answer).toEqual({ kind: 'rejected', reason: expect.stringMatching(reason) as string });
    expect(kraken.calls).toEqual([]);
  });

  const outcomes: { what: FakeAnswer; expected: object }[] = [
    {
      what: { errors: ['EOrder:Insufficient funds'] },
      expected: { kind: 'rejected', reason: 'EOrder:Insufficient funds' },
    },
    {
      what: { errors: ['EService:Deadline elapsed'] },
      expected: { kind: 'rejected', reason: 'EService:Deadline elapsed' },
    },
  ];
  test.each(outcomes)('answers a definite refusal: $what', async ({ what, expected }) => {
    kraken.answer('AddOrder', what);
    expect(await venue.place(ORDER)).toEqual(expected);
  });

  const failures: { what: FakeAnswer; kind: string }[] = [
    { what: 'cut', kind: 'ambiguous' },
    { what: { raw: '<html>Bad gateway</html>', status: 502 }, kind: 'ambiguous' },
    { what: { raw: '{"error":[]', status: 200 }, kind: 'ambiguous' },
    { what: { errors: ['EService:Unavailable'] }, kind: 'ambiguous' },
    { what: { errors: ['EGeneral:Internal error'] }, kind: 'ambiguous' },
    { what: { errors: ['EOrder:Duplicate cl_ord_id'] }, kind: 'ambiguous' },
    { what: { result: { descr: { order: '' } } }, kind: 'ambiguous' },
    { what: { errors: ['EOrder:Rate limit exceeded'] }, kind: 'retry' },
    { what: { raw: 'slow down', status: 429, headers: { 'Retry-After': '7' } }, kind: 'retry' },
    { what: { errors: ['EGeneral:Permission denied'] }, kind: 'person' },
    { what: { errors: ['EGeneral:Temporary lockout'] }, kind: 'person' },
  ];
  test.each(failures)('throws $kind on $what', async ({ what, kind }) => {
    kraken.answer('AddOrder', what);
    await expect(venue.place(ORDER)).rejects.toMatchObject({ name: 'VenueError', kind });
    expect(kraken.calls).toHaveLength(1);
  });

  test('throws ambiguous when no answer comes in time', async () => {
    kraken.answer('AddOrder', 'hang');
    const options = { rest: kraken.rest, key: 'KEY', secret: SECRET, fetchTimeoutMs: 50 };
    const impatient = createKrakenVenue(options);
    await expect(impatient.place(ORDER)).rejects.toMatchObject({ kind: 'ambiguous' });
    impatient.close();
  });

  test('never sent, when nobody listens, is no open question', async () => {
    await kraken.close();
    await expect(venue.place(ORDER)).rejects.toMatchObject({ kind: 'retry' });
    kraken = await startFakeKraken();
  });

  test('carries the wait that the venue asks for', async () => {
    kraken.answer('AddOrder', { raw: '', status: 429, headers: { 'Retry-After': '7' } });
    await expect(venue.place(ORDER)).rejects.toMatchObject({ retryAfterMs: 7000 });
  });
});

describe('nonces', () => {
  test('are strictly increasing in the order of arrival, however many calls run at once', async () => {
    kraken.answer('AddOrder', { result: { descr: { order: '' }, txid: ['O'] } });
    kraken.answer('BalanceEx', { result: {} });
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? venue.place(ORDER) : venue.balances())),
    );
    const nonces = kraken.calls.map((call) => Number(call.fields.get('nonce')));
    expect(nonces).toEqual(nonces.toSorted((a, b) => a - b));
    expect(new Set(nonces).size).toBe(20);
  });

  test('a refused one is renewed once', async () => {
    kraken.answer('BalanceEx', { errors: ['EAPI:Invalid nonce'] }, { result: {} });
    expect(await venue.balances()).toEqual({});
    kraken.answer('BalanceEx', { errors: ['EAPI:Invalid nonce'] });
    await expect(venue.balances()).rejects.toMatchObject({ kind: 'person' });
    expect(kraken.calls).toHaveLength(4);
  });
});

describe('looking an order up', () => {
  const NONE = { result: { open: {} } };
  const NONE_CLOSED = { result: { closed: {}, count: 0 } };
  const TRADE = {
    ordertxid: 'OX',
    pair: 'XXRPXXBT',
    time: 1688667796.8802,
    type: 'buy',
    ordertype: 'limit',
    price: '0.00002270',
    cost: '0.000908',
    fee: '0.0000022',
    vol: '40.00000000',
    maker: true,
  };

  test('finds it among the open ones', async () => {
    kraken.answer('OpenOrders', { result: { open: { OX: orderRow() } } });
    expect(await venue.orderByClientId(ID)).toEqual({
      venueOrderId: 'OX',
      clientOrderId: ID,
      pair: 'XRP/BTC',
      side: 'buy',
      kind: 'limit',
      quantity: '100.50000000',
      price: '0.00002270',
      status: 'open',
      filledQuantity: '40.00000000',
      filledCost: '0.000908',
      reason: null,
    });
  });

  test('finds it among the closed ones', async () => {
    kraken.answer('OpenOrders', NONE);
    kraken.answer('ClosedOrders', {
      result: { closed: { OX: orderRow({ status: 'canceled', reason: 'User requested' }) } },
    });
    expect(await venue.orderByClientId(ID)).toMatchObject({
      status: 'canceled',
      reason: 'User requested',
    });
  });

  test('finds it by one of its trades when both lists lag', async () => {
    kraken.answer('OpenOrders', NONE);
    kraken.answer('ClosedOrders', NONE_CLOSED);
    kraken.answer('TradesHistory', { result: { trades: { T1: TRADE }, count: 1 } });
    kraken.answer('QueryOrders', { result: { OX: orderRow() } });
    expect(await venue.orderByClientId(ID)).toMatchObject({ venueOrderId: 'OX' });
  });

  test('says null only after all three said none', async () => {
    kraken.answer('OpenOrders', NONE);
    kraken.answer('ClosedOrders', NONE_CLOSED);
    kraken.answer('TradesHistory', { result: { trades: {}, count: 0 } });
    expect(await venue.orderByClientId(ID)).toBeNull();
    expect(kraken.calls.map((call) => call.name)).toEqual([
      'OpenOrders',
      'ClosedOrders',
      'TradesHistory',
    ]);
  });

  test('does not take a silent venue for "none"', async () => {
    kraken.answer('OpenOrders', NONE);
    kraken.answer('ClosedOrders', { raw: '', status: 503 });
    await expect(venue.orderByClientId(ID)).rejects.toMatchObject({ kind: 'retry' });
  });

  test('reads executions over all pages, oldest first, with the client ids of their orders', async () => {
    // Newest first, as Kraken pages them: 50 a page, then the rest.
    const trades = Array.from({ length: 60 }, (_, n): [string, object] => [
      `T${n}`,
      { ...TRADE, time: 1688667796 - n },
    ]);
    kraken.answer(
      'TradesHistory',
      { result: { trades: Object.fromEntries(trades.slice(0, 50)), count: 60 } },
      { result: { trades: Object.fromEntries(trades.slice(50)), count: 60 } },
    );
    kraken.answer('QueryOrders', { result: { OX: orderRow() } });
    const fills = await venue.fillsSince((1688667796 - 54) * 1000);
    expect(fills.map((fill) => fill.executionId)).toEqual(
      Array.from({ length: 55 }, (_, n) => `T${54 - n}`),
    );
    expect(fills.at(-1)).toEqual({
      executionId: 'T0',
      venueOrderId: 'OX',
      clientOrderId: ID,
      pair: 'XRP/BTC',
      side: 'buy',
      price: '0.00002270',
      quantity: '40.00000000',
      cost: '0.000908',
      fee: '0.0000022',
      feeAsset: 'BTC',
      liquidity: 'maker',
      at: '2023-07-06T18:23:16.000Z',
    });
  });
});

describe('changing', () => {
  test('amends the trigger of a stop and the limit of a limit order', async () => {
    kraken.answer('AmendOrder', { result: { amend_id: 'A' } });
    const stop = orderRow({ descr: { ...orderRow().descr, ordertype: 'stop-loss' } });
    kraken.answer('OpenOrders', { result: { open: { OX: stop } } });
    const change = { clientOrderId: ID, quantity: '1.5', price: '2.0' };
    expect(await venue.amend(change)).toEqual({ kind: 'done' });
    expect(fieldsOf('AmendOrder')).toMatchObject({ order_qty: '1.5', trigger_price: '2.0' });
    kraken.calls.length = 0;
    kraken.answer('AddOrder', { result: { descr: { order: '' }, txid: ['O2'] } });
    await venue.place({ ...ORDER, clientOrderId: 'c-2' });
    await venue.amend({ clientOrderId: 'c-2', price: '2.0' });
    expect(fieldsOf('AmendOrder')).toMatchObject({ cl_ord_id: 'c-2', limit_price: '2.0' });
  });

  test('tells an order that is over from a refusal, and both from silence', async () => {
    kraken.answer('CancelOrder', { result: { count: 1 } });
    expect(await venue.cancel(ID)).toEqual({ kind: 'done' });
    kraken.answer('CancelOrder', { errors: ['EOrder:Unknown order'] });
    expect(await venue.cancel(ID)).toEqual({ kind: 'gone', reason: 'EOrder:Unknown order' });
    kraken.answer('AmendOrder', { errors: ['EOrder:No change'] });
    expect(await venue.amend({ clientOrderId: ID, quantity: '5' })).toEqual({ kind: 'done' });
    kraken.answer('CancelOrder', { errors: ['EGeneral:Invalid arguments'] });
    expect(await venue.cancel(ID)).toMatchObject({ kind: 'rejected' });
    kraken.answer('CancelOrder', 'cut');
    await expect(venue.cancel(ID)).rejects.toMatchObject({ kind: 'ambiguous' });
  });
});

test('keeps balances that cannot be traded apart, and every digit', async () => {
  kraken.answer('BalanceEx', {
    raw:
      '{"error":[],"result":{"XXBT":{"balance":1.24350000,"hold_trade":0.8423},' +
      '"XBT.F":{"balance":"2.0","hold_trade":"0"},"USDT":{"balance":"5.10"}}}',
  });
  expect(await venue.balances()).toEqual({
    BTC: { total: '1.24350000', held: '0.8423' },
    'BTC.F': { total: '2.0', held: '0' },
    USDT: { total: '5.10', held: '0' },
  });
});

test('leaves the running bar out', async () => {
  const row = (time: number) => [time, '2.1', '2.3', '2.0', '2.2', '2.15', '10.5', 3];
  kraken.answer('OHLC', { result: { XXRPXXBT: [60, 120, 180].map(row), last: 120 } });
  const candles = await venue.closedCandles('XRP/BTC', '1m');
  expect(candles.map((candle) => candle.timeMs)).toEqual([60_000, 120_000]);
  expect(candles[0]).toEqual({
    timeMs: 60_000,
    open: 2.1,
    high: 2.3,
    low: 2,
    close: 2.2,
    volume: 10.5,
  });
  kraken.answer('OHLC', { errors: ['EGeneral:Invalid arguments:interval'] });
  expect(await venue.closedCandles('XRP/BTC', '1m')).toEqual([]);
});

describe('batches', () => {
  const two = [ORDER, { ...ORDER, clientOrderId: 'c-2', side: 'sell' as const }];

  test('answers each order by itself', async () => {
    kraken.answer('AddOrderBatch', {
      result: { orders: [{ txid: 'O1', descr: {} }, { error: 'EOrder:Insufficient funds' }] },
    });
    expect(await venue.placeBatch(two)).toEqual([
      { kind: 'accepted', venueOrderId: 'O1' },
      { kind: 'rejected', reason: 'EOrder:Insufficient funds' },
    ]);
    const sent = JSON.parse(kraken.calls[0]?.body ?? '') as { pair: string; orders: object[] };
    expect(sent.pair).toBe('XRPXBT');
    expect(sent.orders[1]).toEqual({
      type: 'sell',
      ordertype: 'limit',
      volume: '100.50000000',
      price: '0.00002270',
      cl_ord_id: 'c-2',
    });
  });

  test('leaves open what the answer leaves out, and a duplicate', async () => {
    kraken.answer('AddOrderBatch', { result: { orders: [{ error: 'EOrder:Duplicate order' }] } });
    expect(await venue.placeBatch(two)).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
  });

  test('is refused when it cannot be one', async () => {
    await expect(venue.placeBatch([ORDER])).rejects.toThrow('2 to 15 orders');
    const mixed = [ORDER, { ...ORDER, pair: 'BTC/USDT' }];
    await expect(venue.placeBatch(mixed)).rejects.toThrow('one pair');
  });
});

test('cancels everything, and arms the switch that does', async () => {
  kraken.answer('CancelAll', { result: { count: 3 } });
  expect(await venue.cancelAll()).toBe(3);
  kraken.answer('CancelAllOrdersAfter', { result: { currentTime: '', triggerTime: '' } });
  await venue.cancelAllAfter(60);
  expect(fieldsOf('CancelAllOrdersAfter')).toMatchObject({ timeout: '60' });
});

describe('a key', () => {
  const rights = (...permissions: string[]): FakeAnswer => ({ result: { permissions } });

  test('that can withdraw is refused where money is real', async () => {
    kraken.answer('GetApiKeyInfo', rights('query-funds', 'withdraw-funds'));
    await expect(venue.assertKeyPermissions({ live: true })).rejects.toMatchObject({
      kind: 'person',
      message: expect.stringMatching(/can withdraw.*lacks .*modify-trades/) as string,
    });
  });

  test('is not asked about elsewhere', async () => {
    await venue.assertKeyPermissions({ live: false });
    expect(kraken.calls).toEqual([]);
  });
});

describe('instruments', () => {
  const row = {
    altname: 'XRPXBT',
    wsname: 'XRP/XBT',
    base: 'XXRP',
    quote: 'XXBT',
    pair_decimals: 8,
    lot_decimals: 8,
    tick_size: '0.00000001',
    ordermin: '2',
    costmin: '0.00002',
    leverage_buy: [2, 3],
    leverage_sell: [],
    fees: [
      [0, 0.4],
      [10000, 0.35],
    ],
    fees_maker: [[0, 0.25]],
    status: 'post_only',
  };
  const expected = {
    pair: 'XRP/BTC',
    tick: '0.00000001',
    priceDecimals: 8,
    lot: '0.00000001',
    minQuantity: '2',
    minCost: '0.00002',
    takerFee: 0.004,
    makerFee: 0.0025,
    leverageBuy: [2, 3],
    leverageSell: [],
    status: 'post_only',
  };

  test('carry the lowest tier until the account is told its own', async () => {
    kraken.answer('AssetPairs', { result: { XXRPXXBT: row } });
    expect(await venue.instruments(['XRP/BTC'])).toEqual([expected]);
    kraken.answer('TradeVolume', {
      result: {
        currency: 'ZUSD',
        volume: '60000',
        fees: { XXRPXXBT: { fee: '0.2400' } },
        fees_maker: { XXRPXXBT: { fee: '0.1400' } },
      },
    });
    expect(await venue.instruments(['XRP/BTC'])).toEqual([
      { ...expected, takerFee: 0.0024, makerFee: 0.0014 },
    ]);
  });

  test('are refused when the pair is not listed or a number is missing', async () => {
    kraken.answer('AssetPairs', { result: { XXRPXXBT: row } });
    await expect(venue.instruments(['BTC/USDT'])).rejects.toThrow('lists no pair BTC/USDT');
    kraken.answer('AssetPairs', { result: { XXRPXXBT: { ...row, ordermin: undefined } } });
    await expect(venue.instruments(['XRP/BTC'])).rejects.toThrow('XXRPXXBT.ordermin');
  });
});

test('reads fees taken from the base asset off the ledger', async () => {
  const trade = {
    ordertxid: 'OX',
    pair: 'XXRPXXBT',
    time: 1688667796,
    type: 'buy',
    ordertype: 'limit',
    price: '0.00002270',
    cost: '0.00227',
    fee: '0.00000568',
    vol: '100',
    ledgers: ['L1', 'L2'],
  };
  const ledger = { refid: 'T1', time: 1688667796, type: 'trade', balance: '0' };
  kraken.answer('TradesHistory', { result: { trades: { T1: trade }, count: 1 } });
  kraken.answer('QueryOrders', { result: { OX: orderRow({ oflags: 'fcib' }) } });
  kraken.answer('QueryLedgers', {
    result: {
      L1: { ...ledger, asset: 'XXBT', amount: '-0.00227', fee: '0.0000' },
      L2: { ...ledger, asset: 'XXRP', amount: '100', fee: '0.25' },
    },
  });
  expect(await venue.fillsSince(1688667796_000)).toMatchObject([{ fee: '0.25', feeAsset: 'XRP' }]);
});

test('reads what changed the account beside trades off the ledger', async () => {
  const row = { refid: 'R', time: 1688667796.5, fee: '0.0000', balance: '0', asset: 'XXBT' };
  kraken.answer('Ledgers', {
    result: {
      ledger: {
        L3: { ...row, type: 'withdrawal', amount: '-0.5', time: 1688667800 },
        L2: { ...row, type: 'trade', amount: '1' },
        L1: { ...row, type: 'deposit', amount: '0.1000000000' },
      },
      count: 3,
    },
  });
  expect(await venue.movementsSince(1688667000_000)).toEqual([
    {
      ...{
        id: 'L1',
        refId: 'R',
        type: 'deposit',
        asset: 'BTC',
        amount: '0.1000000000',
        fee: '0.0000',
      },
      at: '2023-07-06T18:23:16.500Z',
    },
    expect.objectContaining({ id: 'L3', type: 'withdrawal', amount: '-0.5' }),
  ]);
});

test('hands a call back unsent when the counters have no room', async () => {
  const limited = createKrakenVenue({
    rest: kraken.rest,
    key: 'KEY',
    secret: SECRET,
    rateLimits: 'on',
    wallMs: () => 1_700_000_000_000,
  });
  kraken.answer('AddOrder', { errors: ['EOrder:Rate limit exceeded'] });
  await expect(limited.place(ORDER)).rejects.toMatchObject({ kind: 'retry' });
  // The counter of 60 is full, and one order in the part for entries needs it down to 44: 16 s at 1 a second.
  await expect(limited.place(ORDER)).rejects.toMatchObject({ kind: 'retry', retryAfterMs: 16_000 });
  expect(kraken.calls).toHaveLength(1);
  limited.close();
});
