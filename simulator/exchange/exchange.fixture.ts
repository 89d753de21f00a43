import { handMarket, type Row } from '../market/market.fixture.ts';
import type { Order, OrderRequest } from '../state/order.ts';
import { createExchange, type Exchange } from './exchange.ts';

/** The pair of the exchanges below. */
export const PAIR = 'XRP/USDT';

/** An exchange over candles by hand. */
export const open = (
  rows: readonly Row[],
  deposits: Record<string, string> = { USDT: '1000', XRP: '1000' },
): Exchange => createExchange({ market: handMarket({ [PAIR]: rows }), deposits });

/** Places an order that must be accepted: by default a market buy of 10. */
export function place(exchange: Exchange, request: Partial<OrderRequest>): Order {
  const placed = exchange.place({
    pair: PAIR,
    side: 'buy',
    type: 'market',
    quantity: '10',
    ...request,
  });
  if ('error' in placed) throw new Error(placed.error);
  return placed;
}

/** Runs to the next event and says what it is: `orders 12:30:00.000 O...:filled`. */
export function next(exchange: Exchange): string {
  if (exchange.state.event !== null) exchange.acknowledge(exchange.state.event.number);
  exchange.run(Infinity);
  const { event } = exchange.state;
  if (event === null) return 'none';
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  const more =
    event.kind === 'bar'
      ? event.bars.map((b) => `${b.timeframe}:${b.pairs.map((p) => p.state).join('/')}`)
      : event.kind === 'orders'
        ? event.orders.map((o) => `${o.clientOrderId}:${o.status}`)
        : event.wakes.map((w) => w.id);
  return [event.kind, time, ...more].join(' ');
}

/** Price of an order's first fill. */
export const price = (exchange: Exchange, order: Order): string =>
  exchange
    .trades()
    .find((t) => t.orderId === order.id)
    ?.price.toFixed() ?? 'none';
