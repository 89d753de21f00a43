import { expect, test } from 'vitest';
import { assetOf, pairOf, restName } from './symbols.ts';

test.each([
  { pair: 'BTC/USDT', names: ['XBTUSDT', 'XBT/USDT', 'BTC/USDT'], rest: 'XBTUSDT' },
  { pair: 'XRP/USDT', names: ['XRPUSDT', 'XRP/USDT'], rest: 'XRPUSDT' },
  { pair: 'XRP/BTC', names: ['XXRPXXBT', 'XRPXBT', 'XRP/XBT'], rest: 'XRPXBT' },
  { pair: 'BTC/USD', names: ['XXBTZUSD', 'XBTUSD'], rest: 'XBTUSD' },
  { pair: 'DOGE/USD', names: ['XDGUSD', 'XDG/USD'], rest: 'XDGUSD' },
  { pair: 'ETH/USDC', names: ['ETHUSDC'], rest: 'ETHUSDC' },
  { pair: 'SUI/USD', names: ['SUIUSD'], rest: 'SUIUSD' },
])('$pair', ({ pair, names, rest }) => {
  expect(names.map(pairOf)).toEqual(names.map(() => pair));
  expect(restName(pair)).toBe(rest);
});

test('says when a name cannot be divided', () => {
  expect(pairOf('NONSENSE')).toBeNull();
});

test('keeps what an asset is held as', () => {
  expect(['XXBT', 'XBT.F', 'XXRP', 'XRP', 'ZUSD', 'USDT', 'XTZ', 'USD.M'].map(assetOf)).toEqual([
    'BTC',
    'BTC.F',
    'XRP',
    'XRP',
    'USD',
    'USDT',
    'XTZ',
    'USD.M',
  ]);
});
