import { describe, expect, it } from 'vitest';
import { open, PAIR, place } from '../exchange/exchange.fixture.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { exchangeOver, tape } from '../feed/recording.fixture.ts';
import type { Order, OrderRequest } from '../state/order.ts';
import type { SelfTradeMode } from '../state/order.ts';

/** Asks 0.50100 x 50 and 0.50300 x 50; an own offer of 20 rests between them. */
const withOwnOffer = (): { exchange: Exchange; own: Order } => {
  const exchange = exchangeOver(
    tape(PAIR, {
      bids: [['0.50000', '100']],
      asks: [
        ['0.50100', '50'],
        ['0.50300', '50'],
      ],
    }).recording(),
  );
  const own = place(exchange, {
    side: 'sell',
    type: 'limit',
    limitPrice: '0.50200',
    quantity: '20',
  });
  return { exchange, own };
};
const ended = (order: Order): string =>
  `${order.status} ${order.filled.toFixed()}${order.reason === null ? '' : ` ${order.reason}`}`;

interface Case {
  name: string;
  mode: SelfTradeMode;
  order: Partial<OrderRequest>;
  newest: string;
  oldest: string;
}
const CASES: Case[] = [
  {
    // 50 @ 0.501, then the own offer comes first
    name: 'newest is what Kraken does unless told: it takes what lies before its own',
    mode: 'cancel-newest',
    order: { quantity: '60' },
    newest: 'canceled 50 Self trade prevention',
    oldest: 'open 0',
  },
  {
    // 50 @ 0.501, 10 @ 0.503
    name: 'oldest goes, the new one takes on',
    mode: 'cancel-oldest',
    order: { quantity: '60' },
    newest: 'closed 60',
    oldest: 'canceled 0 Self trade prevention',
  },
  {
    name: 'both go',
    mode: 'cancel-both',
    order: { quantity: '60' },
    newest: 'canceled 50 Self trade prevention',
    oldest: 'canceled 0 Self trade prevention',
  },
  {
    name: 'an order that ends before its own leaves it alone',
    mode: 'cancel-both',
    order: { quantity: '50' },
    newest: 'closed 50',
    oldest: 'open 0',
  },
  {
    name: 'an order whose limit does not reach its own leaves it alone',
    mode: 'cancel-both',
    order: { quantity: '60', type: 'limit', limitPrice: '0.50190' },
    newest: 'open 50',
    oldest: 'open 0',
  },
  {
    name: 'all or nothing is nothing',
    mode: 'cancel-newest',
    order: { quantity: '60', type: 'limit', limitPrice: '0.50300', timeInForce: 'fok' },
    newest: 'canceled 0 Self trade prevention',
    oldest: 'open 0',
  },
];

describe('an account does not trade with itself', () => {
  it.each(CASES)('$name', ({ mode, order, newest, oldest }) => {
    const { exchange, own } = withOwnOffer();
    const taker = place(exchange, { ...order, selfTrade: mode });
    expect(ended(taker)).toBe(newest);
    expect(ended(own)).toBe(oldest);
  });

  it('a post-only order that would meet its own is refused', () => {
    const { exchange } = withOwnOffer();
    const request = { pair: PAIR, side: 'buy', type: 'limit', quantity: '5' } as const;
    expect(exchange.place({ ...request, limitPrice: '0.50200', postOnly: true })).toEqual({
      error: 'EOrder:Post only order',
    });
  });

  it('in stepped time it does not show which of two came first', () => {
    const outcome = (reversed: boolean): string[] => {
      const exchange = open([[1, 1, 1, 1]]);
      exchange.attach(['1h']);
      // The spread of candles by hand is 0.999 to 1.001: both lie inside it.
      const sides = [
        { side: 'buy', limitPrice: '1.0002', clientId: 'buys' },
        { side: 'sell', limitPrice: '1.0001', clientId: 'sells' },
      ] as const;
      for (const one of reversed ? [...sides].reverse() : sides) {
        place(exchange, { ...one, type: 'limit' });
      }
      exchange.run(Infinity);
      return ['buys', 'sells'].map((id) => {
        const order = exchange.orderByClientId(id);
        return order === null ? 'none' : ended(order);
      });
    };
    expect(outcome(false)).toEqual(outcome(true));
    expect(outcome(false)[1]).toBe('canceled 0 Self trade prevention');
  });

  it('a stop that gaps through an own bid is not stopped by it: the market fills both', () => {
    const exchange = open([
      [1, 1, 1, 1],
      [0.8, 0.8, 0.8, 0.8],
    ]);
    const stop = place(exchange, { side: 'sell', type: 'stop-loss', triggerPrice: '0.95' });
    const bid = place(exchange, { type: 'limit', limitPrice: '0.9' });
    exchange.run(Infinity);
    expect([stop, bid].map(ended)).toEqual(['closed 10', 'closed 10']);
  });
});
