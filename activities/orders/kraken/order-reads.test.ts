import { describe, expect, test } from 'vitest';
import { ID, orderRow, venueForTests, type FakedVenue } from './venue.fixture.ts';

let kraken: FakedVenue['kraken'];
let venue: FakedVenue['venue'];
venueForTests((of) => ({ kraken, venue } = of));

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
