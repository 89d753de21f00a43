import { describe, expect, it } from 'vitest';
import { handMarket, START, type Row } from '../market/market.fixture.ts';
import { next, open, PAIR, place } from './exchange.fixture.ts';
import { createExchange } from './exchange.ts';

const HOUR = 3_600_000;

describe('stepped time', () => {
  const rows: Row[] = [
    [1, 1.1, 0.9, 1],
    [1, 1.2, 0.8, 1.1],
    [1.1, 1.1, 1.1, 1.1],
  ];

  it('stands at each bar of the attached timeframes and then at the end', () => {
    const exchange = open(rows);
    exchange.attach(['1h']);
    expect(next(exchange)).toBe('bar 01:00:00.000 1h:closed');
    expect(next(exchange)).toBe('bar 02:00:00.000 1h:closed');
    expect(next(exchange)).toBe('bar 03:00:00.000 1h:closed');
    expect(next(exchange)).toBe('end 03:00:00.000');
    expect(next(exchange)).toBe('end 03:00:00.000');
  });

  it('lists in one event all timeframes that close at that moment', () => {
    const exchange = open(Array.from({ length: 4 }, () => rows[0] as Row));
    exchange.attach(['1h', '4h']);
    for (let i = 0; i < 3; i += 1) next(exchange);
    expect(next(exchange)).toBe('bar 04:00:00.000 1h:closed 4h:closed');
  });

  it('tells a bar that the data lack as missing, and none when all pairs lack it', () => {
    const market = handMarket({
      'XRP/USDT': [rows[0] as Row, null, null, rows[2] as Row],
      'BTC/USDT': [rows[0] as Row, rows[1] as Row, null, rows[2] as Row],
    });
    const exchange = createExchange({ market, deposits: {} });
    exchange.attach(['1h']);
    expect([next(exchange), next(exchange), next(exchange)]).toEqual([
      'bar 01:00:00.000 1h:closed/closed',
      'bar 02:00:00.000 1h:missing/closed',
      'bar 04:00:00.000 1h:closed/closed',
    ]);
  });

  it('answers the orders of the last bar and never matches them', () => {
    const exchange = open([rows[0] as Row]);
    exchange.attach(['1h']);
    next(exchange);
    const order = place(exchange, {});
    expect(next(exchange)).toBe('end 01:00:00.000');
    expect(order.status).toBe('open');
  });

  it('takes an old acknowledgement as done and refuses one for the future', () => {
    const exchange = open(rows);
    exchange.attach(['1h']);
    next(exchange);
    next(exchange);
    expect(exchange.acknowledge(1)).toBe(true);
    expect(exchange.state.event?.number).toBe(2);
    expect(exchange.acknowledge(3)).toBe(false);
  });

  it('fires wake-ups booked for a time, all that are due at once, late ones now', () => {
    const exchange = open(rows);
    exchange.attach(['1h']);
    exchange.wake({ id: 'b', atMs: START + 10 * 60_000 });
    exchange.wake({ id: 'a', atMs: START + 10 * 60_000 });
    exchange.wake({ id: 'c', atMs: START + HOUR });
    expect(next(exchange)).toBe('wake 00:10:00.000 a b');
    exchange.wake({ id: 'late', atMs: START });
    expect(next(exchange)).toBe('wake 00:10:00.000 late');
    // what is booked for the boundary itself comes before the bar
    expect(next(exchange)).toBe('wake 01:00:00.000 c');
    expect(next(exchange)).toBe('bar 01:00:00.000 1h:closed');
  });

  it('replaces a wake-up of the same id and forgets one', () => {
    const exchange = open(rows);
    exchange.attach(['1h']);
    exchange.wake({ id: 'a', atMs: START + 60_000 });
    exchange.wake({ id: 'a', atMs: START + 120_000 });
    exchange.wake({ id: 'b', atMs: START + 60_000 });
    exchange.unwake('b');
    expect(next(exchange)).toBe('wake 00:02:00.000 a');
  });

  it('wakes at a level inside the candle, or at the open when it is gapped', () => {
    const exchange = open([
      [1, 1.1, 0.9, 1],
      [1.3, 1.3, 1.2, 1.2],
    ]);
    exchange.attach(['1h']);
    exchange.wake({ id: 'near', pair: PAIR, side: 'above', level: 1.05 });
    exchange.wake({ id: 'far', pair: PAIR, side: 'above', level: 1.25 });
    expect(next(exchange)).toBe('wake 00:30:00.000 near');
    expect(exchange.price(PAIR)).toBe(1.05);
    expect(next(exchange)).toBe('bar 01:00:00.000 1h:closed');
    expect(next(exchange)).toBe('wake 01:00:00.000 far');
  });
});
