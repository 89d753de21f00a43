import { describe, expect, it } from 'vitest';
import { Decimal } from '../../shared/money.ts';
import { next, open, PAIR, place, price } from '../exchange/exchange.fixture.ts';
import { createExchange } from '../exchange/exchange.ts';
import { handMarket, START, type Row } from '../market/market.fixture.ts';
import type { OrderRequest } from '../state/order.ts';

const HOUR = 3_600_000;

describe('matching', () => {
  const calm: Row = [1, 1, 1, 1];

  it.each<{ name: string; order: Partial<OrderRequest>; bar: Row; at: string; price: string }>([
    // 1 * 1.001 = 1.001
    { name: 'market buy at the open', order: {}, bar: calm, at: '01:00:00.000', price: '1.001' },
    // 1 * 0.999 = 0.999
    {
      name: 'market sell at the open',
      order: { side: 'sell' },
      bar: calm,
      at: '01:00:00.000',
      price: '0.999',
    },
    // touched inside: the limit itself, as maker
    {
      name: 'limit buy inside',
      order: { type: 'limit', limitPrice: '0.95' },
      bar: [1, 1, 0.9, 1],
      at: '01:30:00.000',
      price: '0.95',
    },
    // 0.95 * (1 - 0.001 - 0.002) = 0.94715
    {
      name: 'stop sell inside',
      order: { type: 'stop-loss', side: 'sell', triggerPrice: '0.95' },
      bar: [1, 1, 0.9, 1],
      at: '01:30:00.000',
      price: '0.94715',
    },
    // 1.1 * 1.003 = 1.1033
    {
      name: 'stop buy inside',
      order: { type: 'stop-loss', triggerPrice: '1.1' },
      bar: [1, 1.2, 1, 1],
      at: '01:30:00.000',
      price: '1.1033',
    },
    // reached at 1.1, then sold at market: 1.1 * 0.999 = 1.0989
    {
      name: 'take-profit sell inside',
      order: { type: 'take-profit', side: 'sell', triggerPrice: '1.1' },
      bar: [1, 1.2, 1, 1],
      at: '01:30:00.000',
      price: '1.0989',
    },
    // crosses 1 * 1.001: takes at 1.001, not at its limit
    {
      name: 'limit buy that crosses',
      order: { type: 'limit', limitPrice: '1.5' },
      bar: calm,
      at: '01:00:00.000',
      price: '1.001',
    },
  ])('$name', ({ order, bar, at, price: expected }) => {
    const exchange = open([calm, bar, calm]);
    exchange.attach(['1h']);
    next(exchange);
    const placed = place(exchange, { clientId: 'c', ...order });
    expect(next(exchange)).toBe(`orders ${at} c:filled`);
    expect(price(exchange, placed)).toBe(expected);
  });

  it('rounds a taker’s price to the tick against the taker', () => {
    // 1.00003 * 1.001 = 1.00103003 -> 1.00104; * 0.999 = 0.99902997 -> 0.99902
    const bar: Row = [1.00003, 1.1, 0.9, 1];
    const exchange = open([bar, bar]);
    exchange.run(START);
    expect(price(exchange, place(exchange, {}))).toBe('1.00104');
    expect(price(exchange, place(exchange, { side: 'sell' }))).toBe('0.99902');
  });

  it('fills a resting stop and a resting limit at the open when the open gaps through both', () => {
    const exchange = open([calm, calm, [0.8, 0.8, 0.8, 0.8]]);
    exchange.attach(['1h']);
    next(exchange);
    const stop = place(exchange, {
      clientId: 'stop',
      type: 'stop-loss',
      side: 'sell',
      triggerPrice: '0.9',
    });
    const limit = place(exchange, { clientId: 'limit', type: 'limit', limitPrice: '0.9' });
    next(exchange);
    // one event for all that fills at the open
    expect(next(exchange)).toBe('orders 02:00:00.000 stop:filled limit:filled');
    expect(price(exchange, stop)).toBe('0.7976'); // 0.8 * 0.997
    expect(price(exchange, limit)).toBe('0.8');
  });

  it('takes the stop before the limit when a candle touches both, each an event of its own', () => {
    const exchange = open([calm, [1, 1.2, 0.8, 1]]);
    exchange.attach(['1h']);
    next(exchange);
    place(exchange, { clientId: 'target', type: 'limit', side: 'sell', limitPrice: '1.1' });
    place(exchange, { clientId: 'stop', type: 'stop-loss', side: 'sell', triggerPrice: '0.9' });
    expect(next(exchange)).toBe('orders 01:30:00.000 stop:filled');
    expect(exchange.price(PAIR)).toBe(0.9);
    expect(next(exchange)).toBe('orders 01:30:00.001 target:filled');
  });

  it('lets a stop placed after a fill at the open see the whole candle', () => {
    const exchange = open([calm, [1, 1.2, 0.8, 1]]);
    exchange.attach(['1h']);
    next(exchange);
    place(exchange, { clientId: 'entry' });
    expect(next(exchange)).toBe('orders 01:00:00.000 entry:filled');
    place(exchange, { clientId: 'stop', type: 'stop-loss', side: 'sell', triggerPrice: '0.9' });
    place(exchange, { clientId: 'target', type: 'limit', side: 'sell', limitPrice: '1.15' });
    expect(next(exchange)).toBe('orders 01:30:00.000 stop:filled');
    expect(next(exchange)).toBe('orders 01:30:00.001 target:filled');
  });

  it('inside a candle shows its range to a fresh stop and only the next candle to a fresh limit', () => {
    const exchange = open([calm, [1, 1.2, 0.8, 1], [1, 1.2, 1, 1]]);
    exchange.attach(['1h']);
    next(exchange);
    place(exchange, { clientId: 'entry', type: 'limit', limitPrice: '0.95' });
    expect(next(exchange)).toBe('orders 01:30:00.000 entry:filled');
    place(exchange, {
      clientId: 'stop',
      type: 'stop-loss',
      side: 'sell',
      triggerPrice: '0.9',
      quantity: '5',
    });
    place(exchange, {
      clientId: 'target',
      type: 'limit',
      side: 'sell',
      limitPrice: '1.1',
      quantity: '5',
    });
    expect(next(exchange)).toBe('orders 01:30:00.001 stop:filled');
    expect(next(exchange)).toBe('bar 02:00:00.000 1h:closed');
    expect(next(exchange)).toBe('orders 02:30:00.000 target:filled');
  });

  it('settles market orders and stops beyond their trigger at the price of the event', () => {
    const exchange = open([calm, [1, 1.2, 0.8, 1]]);
    exchange.attach(['1h']);
    next(exchange);
    place(exchange, { clientId: 'entry', type: 'limit', limitPrice: '0.9' });
    next(exchange);
    const out = place(exchange, { clientId: 'out', side: 'sell' });
    const stop = place(exchange, {
      clientId: 'stop',
      type: 'stop-loss',
      side: 'sell',
      triggerPrice: '0.95',
    });
    expect(next(exchange)).toBe('orders 01:30:00.000 out:filled');
    expect(next(exchange)).toBe('orders 01:30:00.000 stop:filled');
    expect(price(exchange, out)).toBe('0.8991'); // 0.9 * 0.999
    expect(price(exchange, stop)).toBe('0.8973'); // 0.9 * 0.997
  });

  it('gives the same fills whatever order the requests came in', () => {
    const requests: Partial<OrderRequest>[] = [
      { clientId: 'a', quantity: '11' },
      { clientId: 'b', quantity: '7' },
      { clientId: 'c', side: 'sell', quantity: '5' },
      { clientId: 'd', type: 'limit', limitPrice: '1.2', quantity: '3' },
    ];
    const run = (order: number[]): string[] => {
      const exchange = open([calm, calm]);
      exchange.attach(['1h']);
      next(exchange);
      for (const i of order) place(exchange, requests[i] ?? {});
      next(exchange);
      return exchange
        .trades()
        .map((t) => `${t.number} ${t.id} ${t.orderId} ${t.quantity.toFixed()}`);
    };
    expect(run([3, 1, 0, 2])).toEqual(run([0, 1, 2, 3]));
    expect(run([2, 0, 3, 1])).toEqual(run([0, 1, 2, 3]));
  });

  it('keeps an order waiting while its pair has no candle', () => {
    const market = handMarket({ 'XRP/USDT': [calm, null, calm], 'BTC/USDT': [calm, calm, calm] });
    const exchange = createExchange({ market, deposits: { USDT: '100' } });
    exchange.attach(['1h']);
    next(exchange);
    place(exchange, { clientId: 'c' });
    expect(next(exchange)).toBe('bar 02:00:00.000 1h:missing/closed');
    expect(next(exchange)).toBe('orders 02:00:00.000 c:filled');
  });

  it('cancels an immediate order that finds nothing, and ends one at its time', () => {
    const exchange = open([calm, calm]);
    exchange.attach(['1h']);
    next(exchange);
    place(exchange, { clientId: 'ioc', type: 'limit', limitPrice: '0.9', timeInForce: 'ioc' });
    place(exchange, {
      clientId: 'gtd',
      type: 'limit',
      limitPrice: '0.9',
      timeInForce: 'gtd',
      expireMs: START + HOUR + 60_000,
    });
    expect(next(exchange)).toBe('orders 01:00:00.000 ioc:canceled');
    expect(next(exchange)).toBe('orders 01:01:00.000 gtd:expired');
  });

  it('draws a trailing stop after the best price and triggers it on the way back', () => {
    // best 1.2, so 10 % below is 1.08; the next candle falls through it: 1.08 * 0.997 = 1.07676
    const exchange = open([calm, [1, 1.2, 1, 1.2], [1.15, 1.15, 1, 1]]);
    exchange.attach(['1h']);
    next(exchange);
    const trail = { kind: 'share' as const, value: '0.1' };
    const stop = place(exchange, { clientId: 'trail', type: 'trailing-stop', side: 'sell', trail });
    expect(stop.triggerPrice?.toFixed()).toBe('0.9');
    expect(next(exchange)).toBe('bar 02:00:00.000 1h:closed');
    expect(stop.triggerPrice?.toFixed()).toBe('1.08');
    expect(next(exchange)).toBe('orders 02:30:00.000 trail:filled');
    expect(price(exchange, stop)).toBe('1.07676');
  });

  it('lets a triggered stop-loss-limit rest when its limit does not allow the price', () => {
    // triggered at 0.9, where a seller gets 0.8973; the limit of 0.95 waits for a rise
    const exchange = open([calm, [1, 1, 0.85, 0.86], [0.86, 0.97, 0.86, 0.9]]);
    exchange.attach(['1h']);
    next(exchange);
    const order = place(exchange, {
      clientId: 'sll',
      type: 'stop-loss-limit',
      side: 'sell',
      triggerPrice: '0.9',
      limitPrice: '0.95',
    });
    expect(next(exchange)).toBe('orders 01:30:00.000 sll:new');
    expect(next(exchange)).toBe('bar 02:00:00.000 1h:closed');
    expect(next(exchange)).toBe('orders 02:30:00.000 sll:filled');
    expect(price(exchange, order)).toBe('0.95');
  });

  it('goes down the book when an order is larger than its first level', () => {
    const exchange = open([calm, calm], { USDT: '5000000' });
    exchange.run(START);
    const order = place(exchange, { quantity: '1000000' });
    const trades = exchange.trades();
    expect(order.status).toBe('closed');
    expect(trades.length).toBeGreaterThan(2);
    expect(trades[0]?.price.toFixed()).toBe('1.001');
    const prices = trades.map((t) => t.price.toNumber());
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    const sum = trades.reduce((total, t) => total.plus(t.quantity), new Decimal(0));
    expect(sum.toFixed()).toBe('1000000');
  });

  it('leaves what a limit does not allow resting, and fills all or nothing when told so', () => {
    const exchange = open([calm, calm], { USDT: '5000000' });
    exchange.run(START);
    const large = { type: 'limit' as const, limitPrice: '1.001', quantity: '1000000' };
    expect(place(exchange, { ...large, timeInForce: 'fok' })).toMatchObject({ status: 'canceled' });
    expect(exchange.trades()).toEqual([]);
    const ioc = place(exchange, { ...large, timeInForce: 'ioc' });
    expect(ioc.status).toBe('canceled');
    expect(ioc.filled.gt(0) && ioc.filled.lt(1_000_000)).toBe(true);
    const resting = place(exchange, large);
    expect(resting.status).toBe('open');
    expect(resting.filled.gt(0)).toBe(true);
  });

  it('fills a resting order in parts when that is ordered', () => {
    const dip: Row = [1, 1, 0.9, 1];
    const exchange = open([calm, dip, dip, dip]);
    exchange.attach(['1h']);
    next(exchange);
    exchange.fillPartially(0.4, 2);
    const order = place(exchange, { clientId: 'c', type: 'limit', limitPrice: '0.95' });
    expect(next(exchange)).toBe('orders 01:30:00.000 c:partially_filled');
    expect(order.filled.toFixed()).toBe('4');
    next(exchange);
    expect(next(exchange)).toBe('orders 02:30:00.000 c:partially_filled');
    expect(order.filled.toFixed()).toBe('6.4'); // 4 + 0.4 * 6
    next(exchange);
    expect(next(exchange)).toBe('orders 03:30:00.000 c:filled');
  });

  it('matches at once while no desk is attached', () => {
    const exchange = open([calm, [1, 1.2, 0.8, 1.1], calm]);
    exchange.run(START + HOUR + 1);
    expect(place(exchange, {}).status).toBe('closed');
    const resting = place(exchange, { type: 'limit', limitPrice: '0.9' });
    expect(resting.status).toBe('open');
    exchange.run(START + 2 * HOUR);
    expect(resting.status).toBe('open'); // it came inside the candle: only the next one counts
  });
});
