import { describe, expect, test } from 'vitest';
import { venueForTests, type FakedVenue } from './venue.fixture.ts';

let kraken: FakedVenue['kraken'];
let venue: FakedVenue['venue'];
venueForTests((of) => ({ kraken, venue } = of));

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
