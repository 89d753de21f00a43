import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededCandles } from '../indicators/seeded-candles.fixture.ts';
import { Account } from './account.ts';

const DAY = 86_400_000;
const PAIRS = ['BTC/USDT', 'XRP/BTC'];
const HELD = { USDT: 50, BTC: 2, XRP: 3 };

function marksOf(account: Account): unknown {
  const { equity, peakEquity, dayStartEquity, weekStartEquity, monthStartEquity } = account;
  const { maxDrawdown, startEquity, dailyMs, dailyEquity } = account;
  return {
    ...{ equity, peakEquity, dayStartEquity, weekStartEquity, monthStartEquity },
    ...{ maxDrawdown, startEquity, dailyMs, dailyEquity },
  };
}

describe('account', () => {
  it('values over another asset: 50 + 2 * 100 + 3 * 0.5 * 100 = 400', () => {
    const account = new Account(PAIRS, 'USDT', HELD);
    account.mark(0, Float64Array.of(100, 0.5));
    expect(account.equity).toBe(400);
  });

  it('remembers the equity before a new day, week and month', () => {
    const account = new Account(['BTC/USDT'], 'USDT', { BTC: 1 });
    // 1970-01-01 was a Thursday: day 3 is a Sunday, day 4 the Monday, day 31 the first of February.
    const seen = [0, 3, 4, 31].map((day, k) => {
      account.mark(day * DAY, Float64Array.of(10 * (k + 1)));
      return [account.dayStartEquity, account.weekStartEquity, account.monthStartEquity];
    });
    expect(seen).toEqual([
      [10, 10, 10],
      [10, 10, 10],
      [20, 20, 10],
      [30, 30, 30],
    ]);
  });

  it('drawdown is from the highest mark: 100, 120, 90 is a quarter', () => {
    const account = new Account(['BTC/USDT'], 'USDT', { BTC: 1 });
    [100, 120, 90, 110].forEach((price, k) => account.mark(k, Float64Array.of(price)));
    expect(account.maxDrawdown).toBe(0.25);
  });

  it('marks the same in one go as one by one, and stops where it must be looked at', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0.8, max: 1, noNaN: true }),
        (seed, share) => {
          const bars = [seededCandles(400, seed), seededCandles(400, seed + 1, 0.5)];
          const columns = bars.map((b) => b.close);
          const times = bars[0]!.timeMs;
          const one = new Account(PAIRS, 'USDT', HELD);
          const many = new Account(PAIRS, 'USDT', HELD);
          const band = { floor: 0, peakShare: share };
          let at = 0;
          while (at < 400) {
            const from = Int32Array.of(at, at);
            const done = many.markRange(times, columns, from, 400 - at, at, band);
            for (let i = at; i < at + done; i++) {
              one.mark(times[i]!, Float64Array.of(columns[0]![i]!, columns[1]![i]!));
              const isLast = i === at + done - 1;
              if (!isLast) expect(one.equity).toBeGreaterThan(share * one.peakEquity);
            }
            expect(marksOf(many)).toEqual(marksOf(one));
            at += done;
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses an asset that no pair leads to', () => {
    expect(() => new Account(['XRP/BTC'], 'USDT', {})).toThrow(/XRP, BTC cannot be valued in USDT/);
  });
});
