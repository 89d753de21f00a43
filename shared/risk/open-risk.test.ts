import { expect, test } from 'vitest';
import { openRiskUsdt } from './open-risk.ts';

const long = {
  side: 'buy' as const,
  quantity: '2',
  entryPrice: '100',
  stopPrice: '98',
  fee: 0.005,
  quoteUsdt: '1',
};

test.each([
  { name: 'a long', change: {}, expected: '5.98' }, // 2 * (2 + 198 * 0.005)
  { name: 'without fees', change: { fee: 0 }, expected: '4' },
  { name: 'paid in BTC of 100 USDT', change: { quoteUsdt: '100' }, expected: '598' },
  { name: 'a short', change: { side: 'sell' as const, stopPrice: '102' }, expected: '6.02' }, // 2 * (2 + 202 * 0.005)
  { name: 'a stop in profit', change: { stopPrice: '103' }, expected: '0' },
  { name: 'a stop at break-even loses the fees', change: { stopPrice: '100' }, expected: '2' },
  { name: 'no stop', change: { stopPrice: null }, expected: '200' },
])('$name risks $expected USDT', ({ change, expected }) => {
  expect(openRiskUsdt({ ...long, ...change })).toBe(expected);
});
