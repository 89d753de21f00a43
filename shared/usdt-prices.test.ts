import { expect, test } from 'vitest';
import { usdtPrices, worthInUsdt } from './usdt-prices.ts';

test.each([
  ['directly', { 'BTC/USDT': 50000 }, { USDT: '1', BTC: '50000' }],
  // 0.00001 BTC at 50000
  [
    'over another asset',
    { 'XRP/BTC': 0.00001, 'BTC/USDT': 50000 },
    { USDT: '1', BTC: '50000', XRP: '0.5' },
  ],
  // 2 ETH at 0.1 BTC at 50000, listed in any order
  [
    'over two',
    { 'AAA/ETH': 2, 'ETH/BTC': 0.1, 'BTC/USDT': 50000 },
    { USDT: '1', BTC: '50000', ETH: '5000', AAA: '10000' },
  ],
  ['not at all', { 'XRP/EUR': 0.5 }, { USDT: '1' }],
  ['from nothing', {}, { USDT: '1' }],
])('prices in USDT, %s', (_name, closes, expected) => {
  expect(usdtPrices(closes)).toEqual(expected);
});

test('the same prices whatever the order of the pairs, and the direct one wins', () => {
  const forth = { 'BTC/USDT': 50000, 'XRP/BTC': 0.00001, 'XRP/USDT': 0.51 };
  const back = Object.fromEntries(Object.entries(forth).reverse());
  expect(usdtPrices(back)).toEqual(usdtPrices(forth));
  expect(usdtPrices(forth)['XRP']).toBe('0.51');
});

test('worth is the sum at these prices; what has no price counts as nothing', () => {
  const prices = { USDT: '1', BTC: '50000' };
  // 10.5 + 0.02 * 50000
  expect(worthInUsdt({ USDT: '10.5', BTC: '0.02', DOGE: '9' }, prices)).toBe('1010.5000');
  expect(worthInUsdt({}, prices)).toBe('0.0000');
});
