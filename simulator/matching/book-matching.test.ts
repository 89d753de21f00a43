import { describe, expect, it } from 'vitest';
import { Decimal } from '../../shared/money.ts';
import { place, PAIR } from '../exchange/exchange.fixture.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { BEGIN, exchangeOver, tape, type Tape } from '../feed/recording.fixture.ts';
import { parseRecording } from '../feed/recording.ts';
import type { Order, OrderRequest } from '../state/order.ts';

/** Bids 0.50000 x 100, 0.49900 x 200; asks 0.50100 x 50, 0.50200 x 80. */
const session = (): Tape =>
  tape(PAIR, {
    bids: [
      ['0.50000', '100'],
      ['0.49900', '200'],
    ],
    asks: [
      ['0.50100', '50'],
      ['0.50200', '80'],
    ],
  });

const buy = (more: Partial<OrderRequest>): Partial<OrderRequest> => ({
  side: 'buy',
  type: 'limit',
  limitPrice: '0.50000',
  quantity: '10',
  ...more,
});

/** Lets the clock run to so many milliseconds after the begin. */
const to = (exchange: Exchange, afterMs: number): void => exchange.run(BEGIN + afterMs);
const fills = (exchange: Exchange, order: Order): string[] =>
  exchange
    .trades()
    .filter((t) => t.orderId === order.id)
    .map((t) => `${t.quantity.toFixed()} @ ${t.price.toFixed()} ${t.liquidity}`);

interface Case {
  name: string;
  order: Partial<OrderRequest>;
  play: (tape: Tape) => Tape;
  expected: string[];
}

const CASES: Case[] = [
  {
    // 100 ahead: 60 served, 40 left; then 45: 40 served, 5 for us; then 20: 5 left for us
    name: 'rests behind what was there first and is filled by what trades behind that',
    order: buy({}),
    play: (t) =>
      t
        .trade(100, 'sell', '0.50000', '60')
        .trade(200, 'sell', '0.50000', '45')
        .trade(300, 'sell', '0.50000', '20'),
    expected: ['5 @ 0.5 maker', '5 @ 0.5 maker'],
  },
  {
    // the book tells of 70 less, then the tape of the trade of 70 that did it: 30 stay ahead, not -40
    name: 'counts a trade once when the book told of it first',
    order: buy({}),
    play: (t) =>
      t
        .book(100, { bids: [['0.50000', '30']] })
        .trade(100, 'sell', '0.50000', '70')
        .trade(200, 'sell', '0.50000', '25'),
    expected: [],
  },
  {
    // 30 ahead after the cancellation, 35 trade later: 5 for us
    name: 'moves up when others before it cancel',
    order: buy({}),
    play: (t) => t.book(100, { bids: [['0.50000', '30']] }).trade(200, 'sell', '0.50000', '35'),
    expected: ['5 @ 0.5 maker'],
  },
  {
    // 160 at the price, 60 of them behind us: 100 - 90 = 10 stay ahead
    name: 'does not move up when those behind it cancel',
    order: buy({}),
    play: (t) =>
      t
        .book(100, { bids: [['0.50000', '160']] })
        .book(200, { bids: [['0.50000', '110']] })
        .trade(300, 'sell', '0.50000', '90'),
    expected: [],
  },
  {
    name: 'is first at a price of its own inside the spread',
    order: buy({ limitPrice: '0.50050' }),
    play: (t) => t.trade(100, 'sell', '0.50050', '4').trade(200, 'sell', '0.50000', '100'),
    expected: ['4 @ 0.5005 maker', '6 @ 0.5005 maker'],
  },
  {
    name: 'is filled at its own price by a trade through it, as far as that goes',
    order: buy({}),
    play: (t) => t.trade(100, 'sell', '0.49900', '3'),
    expected: ['3 @ 0.5 maker'],
  },
  {
    name: 'meets a seller whom the book shows at its price or below',
    order: buy({}),
    play: (t) =>
      t.book(100, {
        bids: [['0.50000', '0']],
        asks: [
          ['0.49950', '4'],
          ['0.50000', '3'],
        ],
      }),
    expected: ['4 @ 0.5 maker', '3 @ 0.5 maker'],
  },
  {
    name: 'is not filled by buyers',
    order: buy({}),
    play: (t) => t.trade(100, 'buy', '0.50000', '500'),
    expected: [],
  },
  {
    // 50 @ 0.501, 30 of the 80 @ 0.502
    name: 'a market order goes down the book',
    order: { type: 'market', quantity: '80' },
    play: (t) => t,
    expected: ['50 @ 0.501 taker', '30 @ 0.502 taker'],
  },
  {
    name: 'a limit that crosses takes up to its limit, and the rest is first in the queue',
    order: buy({ limitPrice: '0.50100', quantity: '60' }),
    play: (t) => t.book(100, { asks: [['0.50100', '0']] }).trade(200, 'sell', '0.50100', '7'),
    expected: ['50 @ 0.501 taker', '7 @ 0.501 maker'],
  },
  {
    name: 'an immediate order takes what there is',
    order: buy({ limitPrice: '0.50100', quantity: '60', timeInForce: 'ioc' }),
    play: (t) => t,
    expected: ['50 @ 0.501 taker'],
  },
  {
    name: 'all or nothing is nothing when the book is too thin',
    order: buy({ limitPrice: '0.50100', quantity: '60', timeInForce: 'fok' }),
    play: (t) => t,
    expected: [],
  },
  {
    // triggered by the trade at 0.499, it meets bids 100 @ 0.5 and 20 of 200 @ 0.499
    name: 'a stop is triggered by a trade and goes down the book',
    order: { side: 'sell', type: 'stop-loss', triggerPrice: '0.49900', quantity: '120' },
    play: (t) => t.trade(100, 'sell', '0.49950', '1').trade(200, 'sell', '0.49900', '1'),
    expected: ['100 @ 0.5 taker', '20 @ 0.499 taker'],
  },
  {
    // best 0.51, distance 0.005: triggered at 0.505
    name: 'a trailing stop follows the trades',
    order: {
      side: 'sell',
      type: 'trailing-stop',
      trail: { kind: 'absolute', value: '0.005' },
      quantity: '10',
    },
    play: (t) =>
      t
        .trade(100, 'buy', '0.51000', '1')
        .trade(200, 'sell', '0.50600', '1')
        .trade(300, 'sell', '0.50500', '1'),
    expected: ['10 @ 0.5 taker'],
  },
];

describe('matching in a recorded book', () => {
  it.each(CASES)('$name', ({ order, play, expected }) => {
    const exchange = exchangeOver(play(session()).book(50_000, {}).recording());
    const placed = place(exchange, order);
    to(exchange, 50_000);
    expect(fills(exchange, placed)).toEqual(expected);
  });

  it('serves the better price first, then the earlier order', () => {
    const exchange = exchangeOver(session().trade(100, 'sell', '0.50000', '112').recording());
    const first = place(exchange, buy({}));
    const second = place(exchange, buy({}));
    const better = place(exchange, buy({ limitPrice: '0.50010', quantity: '5' }));
    to(exchange, 100);
    // 112: 5 for the better one, 100 ahead, 7 for the first
    expect(fills(exchange, better)).toEqual(['5 @ 0.5001 maker']);
    expect(fills(exchange, first)).toEqual(['7 @ 0.5 maker']);
    expect(fills(exchange, second)).toEqual([]);
  });

  it('an order made smaller keeps its place, one made larger goes to the end', () => {
    for (const [quantity, expected] of [
      ['8', ['8 @ 0.5 maker']],
      ['12', []],
    ] as const) {
      const exchange = exchangeOver(
        session()
          .trade(100, 'sell', '0.50000', '90')
          .book(100, { bids: [['0.50000', '60']] })
          .trade(300, 'sell', '0.50000', '30')
          .recording(),
      );
      const order = place(exchange, buy({}));
      to(exchange, 200);
      // 10 ahead, 60 at the price
      expect(exchange.amend(order, { quantity })).toBe(null);
      to(exchange, 300);
      expect(fills(exchange, order)).toEqual(expected);
    }
  });

  it('what was taken is gone until the venue tells of another quantity', () => {
    const exchange = exchangeOver(
      session()
        .book(100, { asks: [['0.50100', '55']] })
        .recording(),
    );
    const first = place(exchange, { quantity: '50' });
    const second = place(exchange, { quantity: '10' });
    to(exchange, 100);
    const third = place(exchange, { quantity: '10' });
    expect([first, second, third].map((order) => fills(exchange, order))).toEqual([
      ['50 @ 0.501 taker'],
      ['10 @ 0.502 taker'],
      ['10 @ 0.501 taker'],
    ]);
  });

  it('a post-only order that crosses is refused', () => {
    const exchange = exchangeOver(session().recording());
    const refused = exchange.place({
      pair: PAIR,
      side: 'buy',
      type: 'limit',
      limitPrice: '0.50100',
      quantity: '10',
      postOnly: true,
    });
    expect(refused).toEqual({ error: 'EOrder:Post only order' });
  });

  it('nothing is filled and nothing comes in while the book is wrong', () => {
    const spoilt = session()
      .book(100, { asks: [['0.50050', '10']] })
      .trade(200, 'sell', '0.49950', '1')
      .text()
      .replace(/"checksum":\d+(?!.*"checksum")/s, '"checksum":1');
    const exchange = exchangeOver(parseRecording(Buffer.from(spoilt), 'spoilt'));
    const stop = place(exchange, {
      side: 'sell',
      type: 'stop-loss',
      triggerPrice: '0.49950',
      quantity: '10',
    });
    to(exchange, 50_000);
    expect(fills(exchange, stop)).toEqual([]);
    expect(stop.status).toBe('open');
    expect(exchange.place({ pair: PAIR, side: 'buy', type: 'market', quantity: '10' })).toEqual({
      error: 'EService:Market in cancel_only mode',
    });
    expect(exchange.cancel(stop)).toBe(null);
  });

  it('deeper than what is shown it stands behind all that is there when its level is seen', () => {
    const bids = Array.from(
      { length: 11 },
      (_, i) => [(0.5001 - i / 100_000).toFixed(5), '10'] as const,
    );
    const deep = tape(PAIR, { bids: bids.slice(0, 10), asks: [['0.50100', '50']] });
    const exchange = exchangeOver(
      deep
        .book(100, {
          bids: [
            ['0.50010', '0'],
            ['0.49950', '20'],
          ],
        })
        .trade(200, 'sell', '0.49950', '24')
        .recording(),
    );
    const order = place(exchange, buy({ limitPrice: '0.49950' }));
    to(exchange, 200);
    expect(fills(exchange, order)).toEqual(['4 @ 0.4995 maker']);
  });

  it('stands at bars, fills and wake-ups for an attached desk, and ends with the recording', () => {
    const exchange = exchangeOver(
      session()
        .trade(1000, 'buy', '0.50100', '1')
        .trade(61_000, 'sell', '0.49900', '20')
        .recording(),
    );
    exchange.attach(['1m']);
    place(exchange, buy({ clientId: 'mine' }));
    exchange.wake({ id: 'low', pair: PAIR, side: 'below', level: 0.4995 });
    const seen: string[] = [];
    for (let i = 0; i < 10 && exchange.state.phase !== 'ended'; i += 1) {
      exchange.run(Infinity);
      const { event } = exchange.state;
      if (event === null) break;
      seen.push(`${event.kind} ${new Date(event.atMs).toISOString().slice(11, 19)}`);
      exchange.acknowledge(event.number);
    }
    // The wake-up of the same moment comes when the fill is dealt with.
    expect(seen).toEqual(['bar 12:01:00', 'orders 12:01:01', 'wake 12:01:01', 'bar 12:02:00']);
    expect(exchange.trades()).toHaveLength(1);
    const [bar] = exchange.market.bars(PAIR, '1m', BEGIN + 120_000, 1);
    expect(bar).toMatchObject({ open: 0.499, close: 0.499, volume: 20 });
    expect(exchange.state.balances.get('XRP')?.eq(new Decimal(100_010))).toBe(true);
  });
});
