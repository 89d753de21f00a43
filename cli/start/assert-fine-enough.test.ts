import { expect, test } from 'vitest';
import type { Timeframe } from '../../shared/timeframe.ts';
import { assertFineEnough } from './assert-fine-enough.ts';

const check = (timeframe: Timeframe, baseTimeframe: Timeframe, isMadeUp = false) =>
  assertFineEnough({
    ...{ desk: 'd', timeframe, isMadeUp },
    market: { baseTimeframe, passedOver: [{ timeframe: '5m', reason: 'no file for XRP/USDT' }] },
  });

test('a desk may decide on the candles of its market or on longer ones', () => {
  expect(() => check('5m', '5m')).not.toThrow();
  expect(() => check('1h', '1m')).not.toThrow();
});

test('one that decides on shorter ones is refused, for it would wait for ever', () => {
  expect(() => check('5m', '1h')).toThrow(
    'desk d decides on 5m bars, but prices move on 1h candles (5m: no file for XRP/USDT)',
  );
  expect(() => check('1m', '5m', true)).toThrow('--speed 20 or less');
});
