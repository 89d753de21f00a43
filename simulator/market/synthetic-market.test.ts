import { describe, expect, it } from 'vitest';
import { syntheticMarket } from './synthetic-market.ts';

const ORIGIN = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
const decimals = { 'BTC/USDT': 1, 'XRP/USDT': 5, 'XRP/BTC': 8 };
const market = (seed: number, historyDays = 20) =>
  syntheticMarket({ seed, originMs: ORIGIN, step: '5m', pairs: PAIRS, decimals, historyDays });

describe('syntheticMarket', () => {
  it('stands at the table’s prices at the origin, with history before it', () => {
    const m = market(7);
    const btc = m.candles('BTC/USDT', ORIGIN + DAY);
    const xrp = m.candles('XRP/USDT', ORIGIN + DAY);
    const at = btc.timeMs.indexOf(ORIGIN);
    expect(at).toBe(20 * 288);
    expect(btc.open[at]).toBe(60_000);
    expect(xrp.open[at]).toBe(0.6);
  });

  it('is the same however far it was asked for before', () => {
    const inOneGo = market(3).candles('XRP/BTC', ORIGIN + 20 * DAY);
    const inSteps = market(3);
    for (let day = 1; day < 20; day += 3) inSteps.candles('XRP/BTC', ORIGIN + day * DAY);
    expect(inSteps.candles('XRP/BTC', ORIGIN + 20 * DAY)).toEqual(inOneGo);
  });

  it('gives a pair the same candles whatever other pairs are there', () => {
    const alone = syntheticMarket({
      seed: 3,
      originMs: ORIGIN,
      step: '5m',
      pairs: ['XRP/USDT'],
      decimals,
      historyDays: 20,
    });
    expect(alone.candles('XRP/USDT', ORIGIN)).toEqual(market(3).candles('XRP/USDT', ORIGIN));
  });

  it('differs from seed to seed', () => {
    const a = market(1).candles('BTC/USDT', ORIGIN);
    const b = market(2).candles('BTC/USDT', ORIGIN);
    expect(a.close).not.toEqual(b.close);
  });

  it('draws sound candles on the grid and on the tick, without a gap', () => {
    for (const pair of PAIRS) {
      const c = market(5).candles(pair, ORIGIN);
      const scale = 10 ** decimals[pair as keyof typeof decimals];
      for (let i = 0; i < c.timeMs.length; i += 1) {
        const [o, h, l, cl] = [c.open[i]!, c.high[i]!, c.low[i]!, c.close[i]!];
        expect(l > 0 && l <= Math.min(o, cl) && h >= Math.max(o, cl)).toBe(true);
        expect(Math.abs(h * scale - Math.round(h * scale))).toBeLessThan(1e-3);
        if (i > 0) expect(c.timeMs[i]! - c.timeMs[i - 1]!).toBe(300_000);
      }
    }
  });

  it('keeps XRP/BTC within the spread of what the other two say', () => {
    const m = market(11);
    const [btc, xrp, cross] = PAIRS.map((pair) => m.candles(pair, ORIGIN).close);
    for (let i = 0; i < btc!.length; i += 1) {
      const implied = xrp![i]! / btc![i]!;
      // two basis points, and half a tick of each of the three prices
      const slack = 0.0002 * implied + 0.5e-8 + implied * (0.05 / btc![i]! + 0.5e-5 / xrp![i]!);
      expect(Math.abs(cross![i]! - implied)).toBeLessThanOrEqual(slack * 1.0001);
    }
  });

  it('has fat tails and clusters of volatility', () => {
    const { close } = market(1, 200).candles('BTC/USDT', ORIGIN);
    const returns = [...close].slice(1).map((c, i) => Math.log(c / close[i]!));
    const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
    const variance = mean(returns.map((r) => r * r));
    const kurtosis = mean(returns.map((r) => r ** 4)) / variance ** 2;
    expect(kurtosis).toBeGreaterThan(4); // a normal distribution has 3
    const sizes = returns.map(Math.abs);
    const m = mean(sizes);
    const lag = 12;
    const together = mean(sizes.slice(lag).map((s, i) => (s - m) * (sizes[i]! - m)));
    expect(together / mean(sizes.map((s) => (s - m) ** 2))).toBeGreaterThan(0.05);
  });

  it('stays plausible for years', () => {
    const { low, high } = market(9).candles('XRP/USDT', ORIGIN + 3 * 365 * DAY);
    expect(low.reduce((a, b) => Math.min(a, b))).toBeGreaterThan(0.6 / 20);
    expect(high.reduce((a, b) => Math.max(a, b))).toBeLessThan(0.6 * 20);
  });
});
