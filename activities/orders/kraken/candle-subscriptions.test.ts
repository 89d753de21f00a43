import { beforeEach, expect, test } from 'vitest';
import type { OhlcMessage } from '../../../shared/kraken/socket-messages.ts';
import { candleSubscriptions, type CandleSubscriptions } from './candle-subscriptions.ts';

const MINUTE = 60_000;

let told: string[];
let subscriptions: CandleSubscriptions;

beforeEach(() => {
  told = [];
  subscriptions = candleSubscriptions({
    pairs: ['BTC/USDT', 'XRP/BTC'],
    timeframes: ['1m', '1h'],
    onCandle: ({ pair, timeframe, candle }) =>
      told.push(`${pair} ${timeframe} ${candle.timeMs / MINUTE}`),
  });
  subscriptions.started(0);
});

const message = (symbol: string, interval: number, ...minutes: number[]): OhlcMessage => ({
  channel: 'ohlc',
  type: minutes.length > 1 ? 'snapshot' : 'update',
  data: minutes.map((minute) => ({
    symbol,
    interval,
    interval_begin: new Date(minute * MINUTE).toISOString(),
    open: '1',
    high: '2',
    low: '0.5',
    close: '1.5',
    vwap: '1.2',
    trades: 3,
    volume: '10',
  })),
});

const silent = (nowMs: number): string[] =>
  subscriptions.silent(nowMs).map(({ pair, timeframe }) => `${pair} ${timeframe}`);

test('a timeframe that lags behind another of its pair is dead, and told once', () => {
  subscriptions.read(message('BTC/USDT', 1, 1), MINUTE);
  subscriptions.read(message('BTC/USDT', 60, 0), MINUTE);
  expect(silent(MINUTE)).toEqual([]);
  subscriptions.read(message('BTC/USDT', 1, 2), 2 * MINUTE + 1);
  expect(silent(2 * MINUTE + 1)).toEqual(['BTC/USDT 1h']);
  expect(silent(2 * MINUTE + 2)).toEqual([]);
});

test('a quiet pair is asked about after five minutes beside a busy one', () => {
  for (const interval of [1, 60]) subscriptions.read(message('BTC/USDT', interval, 5), 5 * MINUTE);
  expect(silent(5 * MINUTE)).toEqual([]);
  for (const interval of [1, 60]) {
    subscriptions.read(message('BTC/USDT', interval, 6), 5 * MINUTE + 1);
  }
  expect(silent(5 * MINUTE + 1)).toEqual(['XRP/BTC 1m', 'XRP/BTC 1h']);
});

test('silence of everything says nothing of one subscription', () => {
  expect(silent(60 * MINUTE)).toEqual([]);
});

test('a snapshot in any order is told oldest first, and never what is older than the newest told', () => {
  subscriptions.read(message('BTC/USDT', 1, 3, 2), 0);
  expect(told).toEqual(['BTC/USDT 1m 3']);
  subscriptions.read(message('BTC/USDT', 1, 5, 4, 3, 2), 0);
  subscriptions.read(message('BTC/USDT', 1, 4), 0);
  expect(told.slice(1)).toEqual(['BTC/USDT 1m 3', 'BTC/USDT 1m 4', 'BTC/USDT 1m 5']);
});

test('what was not asked for is left alone', () => {
  subscriptions.read(message('ETH/USDT', 1, 3), 0);
  subscriptions.read(message('BTC/USDT', 5, 3), 0);
  expect(told).toEqual([]);
});
