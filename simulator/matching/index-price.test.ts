import { describe, expect, it } from 'vitest';
import { open, PAIR, place, price } from '../exchange/exchange.fixture.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { BEGIN, exchangeOver, tape } from '../feed/recording.fixture.ts';
import type { Order } from '../state/order.ts';

const stop = (exchange: Exchange, trigger: string, reference: 'last' | 'index'): Order =>
  place(exchange, { side: 'sell', type: 'stop-loss', triggerPrice: trigger, reference });

describe('triggers on the index price', () => {
  it('an index below the last price triggers earlier in a candle, and the fill is at the market', () => {
    const exchange = open([
      [1, 1, 1, 1],
      [1, 1, 0.94, 0.97],
    ]);
    exchange.setIndex(PAIR, 0.9);
    const byIndex = stop(exchange, '0.864', 'index');
    const byLast = stop(exchange, '0.864', 'last');
    exchange.run(Infinity);
    // the index is at 0.864 when the last price is at 0.96: 0.96 * (1 - 0.001 - 0.002)
    expect(price(exchange, byIndex)).toBe('0.95712');
    expect(byLast.status).toBe('open');
  });

  it('an index that jumps triggers at once, and one that is out is the last price', () => {
    const exchange = open([[1, 1, 1, 1]]);
    const order = stop(exchange, '0.95', 'index');
    exchange.setIndex(PAIR, 'out');
    expect(order.status).toBe('open');
    exchange.setIndex(PAIR, 0.94);
    exchange.run(exchange.state.nowMs + 60_000);
    expect(order.status).toBe('closed');
  });

  it('in a real book it is the middle of the book, whatever was traded', () => {
    const exchange = exchangeOver(
      tape(PAIR, { bids: [['0.50000', '100']], asks: [['0.50200', '100']] })
        .trade(100, 'sell', '0.49000', '1')
        .book(200, {
          bids: [
            ['0.50000', '0'],
            ['0.49600', '100'],
          ],
        })
        .book(300, {
          asks: [
            ['0.50200', '0'],
            ['0.49800', '100'],
          ],
        })
        .recording(),
    );
    const byIndex = stop(exchange, '0.49800', 'index');
    const byLast = stop(exchange, '0.49000', 'last');
    exchange.run(BEGIN + 200);
    // the middle is at 0.499
    expect([byIndex.status, byLast.status]).toEqual(['open', 'closed']);
    exchange.run(BEGIN + 300);
    expect(price(exchange, byIndex)).toBe('0.496');
  });
});
