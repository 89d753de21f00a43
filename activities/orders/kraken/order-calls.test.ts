import { describe, expect, test } from 'vitest';
import type { OrderRequest } from '../../../shared/venue.ts';
import type { FakeAnswer } from './fake-kraken.fixture.ts';
import { ID, ORDER, orderRow, venueForTests, type FakedVenue } from './venue.fixture.ts';

let kraken: FakedVenue['kraken'];
let venue: FakedVenue['venue'];
let fieldsOf: FakedVenue['fieldsOf'];
let venueWith: FakedVenue['venueWith'];
venueForTests((of) => ({ kraken, venue, fieldsOf, venueWith } = of));

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
    const impatient = venueWith({ fetchTimeoutMs: 50 });
    await expect(impatient.place(ORDER)).rejects.toMatchObject({ kind: 'ambiguous' });
  });

  test('never sent, when nobody listens, is no open question', async () => {
    await kraken.close();
    await expect(venue.place(ORDER)).rejects.toMatchObject({ kind: 'retry' });
  });

  test('carries the wait that the venue asks for', async () => {
    kraken.answer('AddOrder', { raw: '', status: 429, headers: { 'Retry-After': '7' } });
    await expect(venue.place(ORDER)).rejects.toMatchObject({ retryAfterMs: 7000 });
  });
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

test('cancels everything, and arms the switch that does', async () => {
  kraken.answer('CancelAll', { result: { count: 3 } });
  expect(await venue.cancelAll()).toBe(3);
  kraken.answer('CancelAllOrdersAfter', { result: { currentTime: '', triggerTime: '' } });
  await venue.cancelAllAfter(60);
  expect(fieldsOf('CancelAllOrdersAfter')).toMatchObject({ timeout: '60' });
});
