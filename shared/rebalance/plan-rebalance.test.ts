import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instrument } from '../venue.ts';
import { planRebalance, type RebalanceInput } from './plan-rebalance.ts';
import { RebalanceSettingsSchema } from './settings.ts';
import { targetShares } from './target-shares.ts';

const instrument = (pair: string, change: Partial<Instrument> = {}): Instrument => ({
  pair,
  tick: '0.0001',
  priceDecimals: 4,
  lot: '0.0001',
  minQuantity: '0.0001',
  minCost: '0.0001',
  takerFee: 0.004,
  makerFee: 0.0025,
  leverageBuy: [],
  leverageSell: [],
  status: 'online',
  ...change,
});

/** BTC at 100, XRP at 1: a core of 3,000 USDT is 10 BTC, 1000 XRP and 1000 USDT in thirds. */
function core(btc: string, xrp: string, usdt: string, change: Partial<RebalanceInput> = {}) {
  const held = { BTC: btc, XRP: xrp, USDT: usdt };
  return {
    now: Date.UTC(2026, 2, 1),
    lastMs: null,
    core: held,
    free: held,
    usdtPer: { BTC: '100', XRP: '1' },
    markets: [
      { instrument: instrument('BTC/USDT'), bid: '100', ask: '100' },
      { instrument: instrument('XRP/USDT'), bid: '1', ask: '1' },
      { instrument: instrument('XRP/BTC', { lot: '0.01' }), bid: '0.01', ask: '0.01' },
    ],
    isCrisis: false,
    pendingStops: [],
    settings: RebalanceSettingsSchema.parse({ slippageBps: 0 }),
    ...change,
  };
}

describe('shares to trade to', () => {
  const third = [1 / 3, 1 / 3, 1 / 3];
  const cases: { name: string; shares: number[]; reach: number; expected: number[] | null }[] = [
    { name: 'in their bands', shares: [0.35, 0.32, 0.33], reach: 1, expected: null },
    { name: 'on the edge', shares: [1 / 3 + 0.05, 1 / 3 - 0.05, 1 / 3], reach: 1, expected: null },
    // 0.5 comes to 0.3833 and frees 0.1167, which the two below share alike
    {
      name: 'one over',
      shares: [0.5, 0.25, 0.25],
      reach: 1,
      expected: [0.383333, 0.308333, 0.308333],
    },
    // half-way: 0.3583
    {
      name: 'one over, half-way',
      shares: [0.5, 0.25, 0.25],
      reach: 0.5,
      expected: [0.358333, 0.320833, 0.320833],
    },
    // 0.2 comes to 0.2833 and needs 0.0833: 0.43 is over and gives 0.0467 by its own edge, the rest 0.0367 in
    // proportion to what they lie above their targets (0.05 and 0.0367)
    {
      name: 'one under',
      shares: [0.2, 0.43, 0.37],
      reach: 1,
      expected: [0.283333, 0.362179, 0.354487],
    },
    // both reach their edges, what is left balances
    {
      name: 'one over, one under',
      shares: [0.5, 1 / 3, 1 / 6],
      reach: 1,
      expected: [0.383333, 0.333333, 0.283333],
    },
    { name: 'all in one', shares: [1, 0, 0], reach: 1, expected: [0.383333, 0.308333, 0.308333] },
  ];
  test.each(cases)('$name', ({ shares, reach, expected }) => {
    const to = targetShares(shares, third, 0.05, reach);
    expect(to?.map((share) => Number(share.toFixed(6))) ?? null).toEqual(expected);
  });

  test('stay in the bands, add to 1 and never pass a target', () => {
    const parts = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000));
    fc.assert(
      fc.property(parts, parts, fc.constantFrom(0.5, 1), (held, wished, reach) => {
        const shareOf = (all: readonly number[]): number[] => {
          const sum = all.reduce((a, b) => a + b + 1, 0);
          return all.map((one) => (one + 1) / sum);
        };
        const shares = shareOf(held);
        const targets = shareOf(wished);
        const to = targetShares(shares, targets, 0.05, reach);
        if (to === null) return true;
        const sum = to.reduce((a, b) => a + b, 0);
        return (
          Math.abs(sum - 1) < 1e-9 &&
          to.every((share, n) => {
            const target = targets[n] ?? 0;
            const from = shares[n] ?? 0;
            const isBetween = (share - target) * (from - target) >= -1e-9; // on the side it came from
            return isBetween && Math.abs(share - target) <= 0.05 + 1e-9;
          })
        );
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('a pass', () => {
  const cases: { name: string; input: RebalanceInput; legs: string[] }[] = [
    // 3000 in all: BTC 1500 (50 %) to 38.33 % = 1150, XRP and USDT 25 % each to 30.83 % = 925:
    // 175 over XRP/BTC in one leg, the other 175 for USDT
    {
      name: 'a direct leg where it saves one',
      input: core('15', '750', '750'),
      legs: ['buy 175 XRP/BTC', 'sell 1.75 BTC/USDT'],
    },
    {
      name: 'two legs where the direct pair is too wide',
      input: core('15', '750', '750', {
        markets: [
          { instrument: instrument('BTC/USDT'), bid: '100', ask: '100' },
          { instrument: instrument('XRP/USDT'), bid: '1', ask: '1' },
          { instrument: instrument('XRP/BTC'), bid: '0.0098', ask: '0.0102' }, // 2 % + 0.4 % > 0.8 %
        ],
      }),
      legs: ['sell 3.5 BTC/USDT', 'buy 175 XRP/USDT'],
    },
    // XRP 1500, BTC 750: the direct pair is sold
    {
      name: 'the direct pair the other way',
      input: core('7.5', '1500', '750'),
      legs: ['sell 175 XRP/BTC', 'sell 175 XRP/USDT'],
    },
    // USDT 1500: both are bought with it
    {
      name: 'only USDT is over',
      input: core('7.5', '750', '1500'),
      legs: ['buy 1.75 BTC/USDT', 'buy 175 XRP/USDT'],
    },
    // only what is free can be sold: the rest lies in an order
    {
      name: 'what is not free stays',
      input: core('15', '750', '750', { free: { BTC: '1', XRP: '750', USDT: '750' } }),
      legs: ['buy 99.6 XRP/BTC'], // 1 BTC / (0.01 * 1.004) = 99.60, nothing is left for USDT
    },
  ];
  test.each(cases)('$name', ({ input, legs }) => {
    const plan = planRebalance(input);
    const told = plan.kind === 'plan' ? plan.legs : [];
    expect(told.map((leg) => `${leg.side} ${leg.quantity} ${leg.pair}`)).toEqual(legs);
  });

  test('says where it leads', () => {
    expect(planRebalance(core('15', '750', '750'))).toMatchObject({
      shares: { BTC: 0.5, XRP: 0.25, USDT: 0.25 },
      toShares: { BTC: 0.383333, XRP: 0.308333, USDT: 0.308333 },
      skipped: [],
    });
  });

  test.each<[string, RebalanceInput, string]>([
    ['in its bands', core('10', '1000', '1000'), 'every share lies in its band'],
    ['in a crisis', core('15', '750', '750', { isCrisis: true }), 'crisis'],
    ['with a stop pending', core('15', '750', '750', { pendingStops: ['XRP/BTC'] }), 'XRP/BTC'],
    [
      'too soon',
      core('15', '750', '750', { lastMs: Date.UTC(2026, 2, 1) - 86_399_999 }),
      'less than 24 hours ago',
    ],
    ['with nothing', core('0', '0', '0'), 'there is no core'],
    ['without a price', core('15', '750', '750', { usdtPer: { BTC: '100' } }), 'no price for XRP'],
    ['without markets', core('15', '750', '750', { markets: [] }), 'no market'],
    ['of a few cents', core('0.015', '0.75', '0.75'), 'too small an order'],
  ])('does nothing %s', (_name, input, reason) => {
    const plan = planRebalance(input);
    expect(plan.kind).toBe('none');
    expect(plan).toHaveProperty('reason', expect.stringContaining(reason));
  });

  test('goes again a day later', () => {
    const input = core('15', '750', '750', { lastMs: Date.UTC(2026, 1, 28) });
    expect(planRebalance(input).kind).toBe('plan');
  });

  test('tells the leg that is left out', () => {
    const markets = core('15', '750', '750').markets.map((market) =>
      market.instrument.pair === 'BTC/USDT'
        ? { ...market, instrument: { ...market.instrument, status: 'maintenance' as const } }
        : market,
    );
    expect(planRebalance(core('15', '750', '750', { markets }))).toMatchObject({
      legs: [{ pair: 'XRP/BTC', valueUsdt: '175.00' }],
      skipped: [{ pair: 'BTC/USDT', valueUsdt: '175.00', reason: 'BTC/USDT is maintenance' }],
    });
  });

  test('never spends or sells more than is free, in the order of its legs', () => {
    const amount = fc.nat(2_000_000).map((n) => (n / 100).toFixed(2));
    fc.assert(
      fc.property(fc.tuple(amount, amount, amount), fc.tuple(amount, amount, amount), (a, f) => {
        const free = { BTC: f[0], XRP: f[1], USDT: f[2] };
        const plan = planRebalance(core(a[0], a[1], a[2], { free }));
        if (plan.kind === 'none') return true;
        const left: Record<string, number> = {
          BTC: Number(free.BTC),
          XRP: Number(free.XRP),
          USDT: Number(free.USDT),
        };
        const price: Record<string, number> = { 'BTC/USDT': 100, 'XRP/USDT': 1, 'XRP/BTC': 0.01 };
        return plan.legs.every(({ pair, side, quantity }) => {
          const [base = '', quote = ''] = pair.split('/');
          const cost = Number(quantity) * (price[pair] ?? 0);
          const sign = side === 'buy' ? 1 : -1;
          left[base] = (left[base] ?? 0) + sign * Number(quantity);
          left[quote] = (left[quote] ?? 0) - sign * cost - cost * 0.004;
          return (left[base] ?? 0) >= -1e-6 && (left[quote] ?? 0) >= -1e-6;
        });
      }),
      { numRuns: 20_000 },
    );
  });
});
