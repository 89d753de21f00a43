import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planSweep } from './plan-sweep.ts';
import { BagSettingsSchema } from './settings.ts';

const settings = BagSettingsSchema.parse({});
const usdtPer = { BTC: '50000', XRP: '0.5' };
const plenty = { BTC: '1', XRP: '10000', USDT: '10000' };

describe('a sweep', () => {
  test.each([
    // 20 % of 1000 are 200: 100 / 50000 BTC, 100 / 0.5 XRP
    ['halves', '1000', plenty, {}, { BTC: '0.002', XRP: '200' }],
    [
      'what is not free of one asset in USDT',
      '1000',
      { ...plenty, XRP: '50' },
      {},
      { BTC: '0.002', XRP: '50', USDT: '75' },
    ],
    ['no more USDT than is free', '1000', { USDT: '60' }, {}, { USDT: '60' }],
    ['all in USDT where that is wished', '1000', plenty, { assets: { USDT: 1 } }, { USDT: '200' }],
    [
      'a part in USDT',
      '1000',
      plenty,
      { assets: { BTC: 0.25, USDT: 0.75 } },
      { BTC: '0.001', USDT: '150' },
    ],
    ['nothing of a loss', '-1000', plenty, {}, {}],
    ['nothing of nothing', '0', plenty, {}, {}],
    ['nothing where nothing is free', '1000', {}, {}, {}],
    ['in USDT what has no price', '1000', plenty, { assets: { DOGE: 1 } }, { USDT: '200' }],
    // 0.2 / 3 is cut at the eighth decimal, and no crumb of USDT follows
    ['rounded down', '1', { BTC: '1' }, { assets: { BTC: 1 } }, { BTC: '0.000004' }],
  ])('puts aside %s', (_name, profitUsdt, free, change, expected) => {
    const of = { profitUsdt, free, usdtPer, settings: { ...settings, ...change } };
    expect(planSweep(of)).toEqual(expected);
  });

  test('never takes more than is free, nor more than its share', () => {
    const cents = fc.integer({ min: -100_000, max: 1_000_000 }).map((n) => (n / 100).toFixed(2));
    const share = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(
        cents,
        cents,
        cents,
        cents,
        share,
        fc.nat(100),
        (profit, a, b, c, sharePct, part) => {
          const free = { BTC: a, XRP: b, USDT: c };
          const assets = { BTC: part / 100, XRP: 1 - part / 100 };
          const taken = planSweep({
            ...{ profitUsdt: profit, free, usdtPer: { BTC: '30', XRP: '0.7' } },
            settings: { ...settings, sharePct, assets },
          });
          const worth = Object.entries(taken).reduce(
            (sum, [asset, amount]) => sum + Number(amount) * ({ BTC: 30, XRP: 0.7 }[asset] ?? 1),
            0,
          );
          const isFree = Object.entries(taken).every(
            ([asset, amount]) => Number(amount) <= Number(free[asset as keyof typeof free]),
          );
          return isFree && worth <= (Math.max(0, Number(profit)) * sharePct) / 100 + 1e-6;
        },
      ),
      { numRuns: 20_000 },
    );
  });
});
