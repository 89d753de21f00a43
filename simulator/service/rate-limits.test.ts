import { describe, expect, it } from 'vitest';
import { createRateLimits } from './rate-limits.ts';

describe('createRateLimits', () => {
  it('lets everything through until a tier is set', () => {
    const limits = createRateLimits(() => 0);
    for (let i = 0; i < 1000; i += 1) expect(limits.call('Balance')).toBeNull();
  });

  it('counts calls up to the ceiling and lets them decay', () => {
    let now = 0;
    const limits = createRateLimits(() => now);
    limits.setTier('starter');
    const calls = (n: number): (string | null)[] =>
      Array.from({ length: n }, () => limits.call('Balance'));
    expect(calls(15).every((answer) => answer === null)).toBe(true);
    expect(limits.call('Balance')).toBe('EAPI:Rate limit exceeded');
    now = 10_000; // 16 counted, 3.3 decayed: 12.7, and a history costs 2
    expect(limits.call('TradesHistory')).toBeNull();
    expect(limits.call('Balance')).toBe('EAPI:Rate limit exceeded');
  });

  it('counts orders by pair, dearer the younger they are', () => {
    const limits = createRateLimits(() => 0);
    limits.setTier('starter'); // 60 a pair
    // placed 1, cancelled within 5 s 8: six of these make 54
    for (let i = 0; i < 6; i += 1) {
      expect(limits.engine('BTC/USDT', 'place', 0)).toBeNull();
      expect(limits.engine('BTC/USDT', 'cancel', 1_000)).toBeNull();
    }
    expect(limits.engine('BTC/USDT', 'amend', 12_000)).toBeNull(); // 56
    expect(limits.engine('BTC/USDT', 'cancel', 400_000)).toBeNull(); // 0 more
    expect(limits.engine('BTC/USDT', 'amend', 1_000)).toBeNull(); // 60
    expect(limits.engine('BTC/USDT', 'place', 0)).toBe('EOrder:Rate limit exceeded');
    expect(limits.engine('XRP/USDT', 'place', 0)).toBeNull();
  });
});
