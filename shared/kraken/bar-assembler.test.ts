import { expect, test } from 'vitest';
import type { Candle } from '../candle.ts';
import { barAssembler, type BarAssembler } from './bar-assembler.ts';

const MINUTE = 60_000;
const PAIRS = ['BTC/USDT', 'XRP/BTC'];

const candle = (minute: number, close = 1): Candle => ({
  timeMs: minute * MINUTE,
  open: 1,
  high: 2,
  low: 0.5,
  close,
  volume: 10,
});

const start = (): BarAssembler => {
  const bars = barAssembler({ pairs: PAIRS, timeframes: ['1m'], graceMs: 2000, startMs: 0 });
  bars.connected(0);
  return bars;
};

const see = (bars: BarAssembler, pair: string, minute: number, close?: number): void =>
  bars.candle({ pair, timeframe: '1m', candle: candle(minute, close) });

/** Minute and state of each pair. */
const told = (bars: BarAssembler, nowMs: number): unknown[] =>
  bars
    .due(nowMs)
    .map(({ barMs, pairs }) => [
      barMs / MINUTE,
      ...[...pairs.values()].map((state) =>
        state.kind === 'closed' ? state.candle.close : state.kind,
      ),
    ]);

test('closes at once when every pair shows a newer bar, with the last state of each', () => {
  const bars = start();
  see(bars, 'BTC/USDT', 0, 5);
  see(bars, 'BTC/USDT', 0, 6);
  see(bars, 'XRP/BTC', 0, 7);
  see(bars, 'BTC/USDT', 1);
  expect(told(bars, MINUTE)).toEqual([]);
  see(bars, 'XRP/BTC', 1);
  expect(told(bars, MINUTE)).toEqual([[0, 6, 7]]);
  expect(told(bars, MINUTE)).toEqual([]);
});

test('closes by the clock after the grace; a pair without a trade is empty', () => {
  const bars = start();
  see(bars, 'BTC/USDT', 0, 5);
  expect(told(bars, MINUTE + 1999)).toEqual([]);
  expect(told(bars, MINUTE + 2000)).toEqual([[0, 5, 'empty']]);
});

test('a late update inside the grace still counts, one after it does not come back', () => {
  const bars = start();
  see(bars, 'BTC/USDT', 0, 5);
  see(bars, 'XRP/BTC', 0, 5);
  told(bars, MINUTE + 1000);
  see(bars, 'XRP/BTC', 0, 9);
  expect(told(bars, MINUTE + 2000)).toEqual([[0, 5, 9]]);
  see(bars, 'XRP/BTC', 0, 10);
  expect(told(bars, MINUTE + 3000)).toEqual([]);
});

test('what was not watched to its end is missing, unless a snapshot or REST told it', () => {
  const bars = start();
  see(bars, 'BTC/USDT', 0, 5);
  bars.disconnected();
  bars.connected(2 * MINUTE + 500);
  see(bars, 'BTC/USDT', 2);
  bars.repair('BTC/USDT', '1m', [candle(0, 6)]);
  expect(told(bars, 3 * MINUTE + 2000)).toEqual([
    [0, 6, 'missing'],
    [1, 'missing', 'missing'],
    [2, 1, 'missing'],
  ]);
});

test('bars that a snapshot restates after a disconnect are final but for the running one', () => {
  const bars = start();
  see(bars, 'BTC/USDT', 0, 5);
  bars.disconnected();
  for (const minute of [0, 1, 2]) see(bars, 'BTC/USDT', minute, 10 + minute);
  bars.connected(2 * MINUTE + 500);
  see(bars, 'BTC/USDT', 2, 13);
  expect(told(bars, 3 * MINUTE + 2000)).toEqual([
    [0, 10, 'missing'],
    [1, 11, 'missing'],
    [2, 13, 'missing'],
  ]);
});

test('bars of several timeframes come in the order in which they end', () => {
  const bars = barAssembler({ pairs: ['A/B'], timeframes: ['5m', '1m'], graceMs: 0, startMs: 0 });
  bars.connected(0);
  const closes = bars.due(5 * MINUTE);
  expect(closes.map(({ timeframe, barMs }) => [timeframe, barMs / MINUTE])).toEqual([
    ['1m', 0],
    ['1m', 1],
    ['1m', 2],
    ['1m', 3],
    ['5m', 0],
    ['1m', 4],
  ]);
});
