import type { ReviewChange } from './example-review.ts';
import { limit, testRules } from './rule-cases.fixture.ts';

const kelly = (trades: number, wins: number, meanWinR = 2, meanLossR = 1): ReviewChange => ({
  limits: { kellyFraction: 0.25 },
  track: { trades, wins, meanWinR, meanLossR },
});

testRules({
  'risk-per-trade': [
    // sized on 9000: 90 / 2.99 = 30.10
    {
      name: 'bags are outside of sizing',
      change: { account: { bags: { BTC: '10' } } },
      outcome: 'pass',
      quantity: '30.1',
    },
    // 1 XRP = 1 USDT, paid in BTC of 100 USDT: entry 0.01, cost 0.01005, stop 0.0098 * 0.995 = 0.009751;
    // 0.000299 BTC = 0.0299 USDT at risk; 100 / 0.0299 = 3344.48
    {
      name: 'risk in BTC is turned into USDT',
      change: {
        pair: 'XRP/BTC',
        market: { bid: '0.01', ask: '0.01' },
        account: { free: { BTC: '50' } },
        instrument: { tick: '0.0001', minCost: '0.00002' },
      },
      outcome: 'pass',
      quantity: '3344.48',
    },
    ...[0, -1, 100, NaN].map((stopLossPct) => ({
      name: `nothing at a stop of ${stopLossPct} %`,
      change: { decision: { stopLossPct } },
      outcome: 'not-applicable' as const,
      quantity: null,
    })),
    ...[0, -99, NaN, null].map((price) => ({
      name: `nothing at a limit price of ${price}`,
      change: { decision: limit(price) },
      outcome: 'not-applicable' as const,
      quantity: null,
    })),
    {
      name: 'nothing for a short',
      change: { decision: { action: 'short' } },
      outcome: 'not-applicable',
    },
    {
      name: 'nothing for a stop order',
      change: { decision: { entry: { type: 'stop' as 'limit', price: 100 } } },
      outcome: 'not-applicable',
    },
    {
      name: 'nothing without a stop',
      change: { decision: { stopLossPct: null } },
      outcome: 'not-applicable',
      quantity: null,
    },
  ],
  'size-wish': [
    {
      name: 'nothing is no wrong number',
      change: { decision: { sizePct: 0 } },
      outcome: 'veto',
      note: 'asks for 0 % of equity: no room',
    },
    {
      name: 'larger than the risk unit',
      change: { decision: { sizePct: 90 } },
      outcome: 'pass',
      quantity: '33.44',
    },
    { name: 'nothing', change: { decision: { sizePct: 0 } }, outcome: 'veto' },
    {
      name: 'negative',
      change: { decision: { sizePct: -5 } },
      outcome: 'veto',
      note: 'the wished size is no percentage',
    },
    { name: 'infinite', change: { decision: { sizePct: Infinity } }, outcome: 'veto' },
    { name: 'missing', change: { decision: { sizePct: undefined as never } }, outcome: 'veto' },
    { name: 'none', change: {}, outcome: 'not-applicable' },
  ],
  'volatility-target': [
    { name: 'a calm asset', change: { market: { volatilityPctPerYear: 60 } }, outcome: 'pass' }, // 33 % * 60 % = 20 %
    {
      name: 'no movement',
      change: { market: { volatilityPctPerYear: 0 } },
      outcome: 'pass',
      observed: 0,
    },
    {
      name: 'not known',
      change: { market: { volatilityPctPerYear: null } },
      outcome: 'not-applicable',
    },
    { name: 'no number', change: { market: { volatilityPctPerYear: NaN } }, outcome: 'veto' },
    { name: 'negative', change: { market: { volatilityPctPerYear: -60 } }, outcome: 'veto' },
    {
      name: 'no bound',
      change: { market: { volatilityPctPerYear: 900 }, limits: { volatilityTargetPct: null } },
      outcome: 'not-applicable',
      quantity: '33.44',
    },
  ],
  kelly: [
    // p low of 50 in 100 = 0.4188; 0.4188 - 0.5812 / 2 = 0.1283; a quarter is 3.2 % of equity, more than the unit
    {
      name: 'an edge that allows the unit',
      change: kelly(100, 50),
      outcome: 'pass',
      quantity: '33.44',
    },
    // p low of 43 in 100 = 0.35147; 0.35147 - 0.64853 / 2 = 0.027205; a quarter: 0.680 % = 68.0; / 2.99
    { name: 'a small edge', change: kelly(100, 43), outcome: 'shrink', quantity: '22.74' },
    { name: 'too few trades', change: kelly(99, 10), outcome: 'not-applicable', quantity: '33.44' },
    { name: 'no win yet', change: kelly(100, 0), outcome: 'shrink', quantity: '3.34' },
    { name: 'wins of nothing', change: kelly(100, 90, 0), outcome: 'shrink', quantity: '3.34' },
    { name: 'nothing but wins', change: kelly(100, 100, 2, 0), outcome: 'pass' },
    { name: 'more wins than trades', change: kelly(100, 101), outcome: 'veto' },
    { name: 'no number', change: kelly(100, NaN), outcome: 'veto' },
    { name: 'a negative mean', change: kelly(100, 50, -2), outcome: 'veto' },
    {
      name: 'no floor',
      change: { ...kelly(100, 40), limits: { kellyFraction: 0.25, kellyFloorPct: 0 } },
      outcome: 'veto',
    },
    { name: 'an infinite mean', change: kelly(100, 50, 2, Infinity), outcome: 'veto' },
    {
      name: 'wins and losses of nothing',
      change: kelly(100, 50, 0, 0),
      outcome: 'shrink',
      quantity: '3.34',
    },
    { name: 'an infinite number of trades', change: kelly(Infinity, 50), outcome: 'veto' },
    { name: 'no record', change: { limits: { kellyFraction: 0.25 } }, outcome: 'not-applicable' },
    {
      name: 'a profile without it',
      change: { track: kelly(100, 0).track ?? null },
      outcome: 'not-applicable',
    },
  ],
  'position-cap': [
    {
      name: 'just as large',
      change: { limits: { positionCapPct: 34 } },
      outcome: 'pass',
      quantity: '33.44',
    },
    { name: 'nothing allowed', change: { limits: { positionCapPct: 0 } }, outcome: 'veto' },
  ],
});
