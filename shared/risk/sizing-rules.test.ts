import type { ReviewChange } from './example-review.ts';
import { limit, reserved, risk, wrong, testRules } from './rule-cases.fixture.ts';

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
  capital: [
    {
      name: 'positions and reservations use it up',
      change: {
        account: { positions: [risk('ETH/USDT', '1')], reservations: [reserved('SOL/USDT', '1')] },
        limits: { capitalUsdt: 2500 },
      },
      outcome: 'shrink', // 2500 - 1000 - 1000 = 500
      quantity: '5',
    },
    {
      name: 'used up',
      change: { account: { positions: [risk('ETH/USDT', '1')] }, limits: { capitalUsdt: 1000 } },
      outcome: 'veto',
      note: '0 USDT are left: no room for capital',
    },
    {
      name: 'a negative value gives no room',
      change: {
        account: { positions: [{ ...risk('ETH/USDT', '1'), notionalUsdt: '-500' }] },
        limits: { capitalUsdt: 500 },
      },
      outcome: 'shrink',
      quantity: '5',
    },
  ],
  exposure: [
    {
      name: 'at the limit',
      change: { account: { holdings: { BTC: '70' } } },
      outcome: 'veto',
      note: 'BTC is at 70 %: no room for exposure',
    },
    // 30 in the bag are outside: equity 7000, 70 % of it = 4900, 20 held: 29 are left, fewer than 23.41 of the risk unit
    {
      name: 'bags are outside',
      change: { account: { holdings: { BTC: '50' }, bags: { BTC: '30' } } },
      outcome: 'pass',
      quantity: '23.41',
    },
    {
      name: 'what others have ordered counts',
      change: {
        account: { holdings: { BTC: '50' }, reservations: [reserved('BTC/EUR', '1', '1500')] },
      },
      outcome: 'shrink', // 7000 - 5000 - 1500 = 500
      quantity: '5',
    },
    {
      name: 'reservations of other assets do not',
      change: {
        account: { holdings: { BTC: '50' }, reservations: [reserved('ETH/BTC', '1', '1500')] },
      },
      outcome: 'shrink',
      quantity: '20',
    },
    {
      name: 'a debt gives no room',
      change: { account: { holdings: { BTC: '-10' } }, limits: { exposurePerAssetPct: 20 } },
      outcome: 'shrink',
      quantity: '20',
    },
  ],
  heat: [
    {
      name: 'just enough left',
      change: { account: { positions: [risk('ETH/USDT', '300'), risk('SOL/USDT', '200')] } },
      outcome: 'pass',
      quantity: '33.44',
      observed: 6,
    },
    {
      name: 'reservations are hot too',
      change: { account: { reservations: [reserved('ETH/USDT', '550')] } },
      outcome: 'shrink',
      quantity: '16.72',
    },
    {
      name: 'none left',
      change: { account: { positions: [risk('ETH/USDT', '600')] } },
      outcome: 'veto',
      note: '6 % are open: no room for heat',
    },
    {
      name: 'a stop in profit gives no room',
      change: { account: { positions: [risk('ETH/USDT', '550'), risk('SOL/USDT', '-100')] } },
      outcome: 'shrink',
      quantity: '16.72',
    },
  ],
  'cluster-heat': [
    // XRP/BTC is long XRP: 350 + 100 > 400
    {
      name: 'XRP/BTC counts as long XRP',
      change: { account: { positions: [risk('XRP/BTC', '350')] } },
      outcome: 'shrink',
      quantity: '16.72',
    },
    {
      name: 'a short of XRP/USDT lies on the other side',
      change: { account: { positions: [risk('XRP/USDT', '350', 'sell')] } },
      outcome: 'pass',
      quantity: '33.44',
    },
    // selling XRP/BTC is long BTC
    {
      name: 'a sale of XRP/BTC counts as long BTC',
      change: { account: { positions: [risk('XRP/BTC', '350', 'sell')] } },
      outcome: 'shrink',
      quantity: '16.72',
    },
    {
      name: 'reservations count',
      change: { account: { reservations: [reserved('XRP/USDT', '350')] } },
      outcome: 'shrink',
      quantity: '16.72',
    },
    {
      name: 'other assets do not',
      change: { account: { positions: [risk('ETH/USDT', '350')] } },
      outcome: 'pass',
      quantity: '33.44',
    },
    {
      name: 'what lies outside of all clusters',
      change: { limits: { clusters: [['ETH', 'SOL']] } },
      outcome: 'not-applicable',
      quantity: '33.44',
    },
    {
      // short BTC by the quote: the short side has 350 of the sold BTC/USDT
      name: 'a purchase paid in BTC is short BTC',
      change: {
        pair: 'ETH/BTC',
        market: { usdtPer: { BTC: '100', ETH: '10000' } },
        account: { free: { BTC: '50' }, positions: [risk('BTC/USDT', '350', 'sell')] },
        limits: { positionCapPct: 400, exposurePerAssetPct: 400 },
      },
      outcome: 'shrink', // 50 USDT / (2.99 BTC * 100) = 0.167
      quantity: '0.16',
    },
  ],
  'free-balance': [
    {
      name: 'nothing',
      change: { account: { free: {} } },
      outcome: 'veto',
      note: '0 USDT are free: no room for free-balance',
    },
    { name: 'less than nothing', change: { account: { free: { USDT: '-5' } } }, outcome: 'veto' },
    {
      name: 'just enough',
      change: { account: { free: { USDT: '3361.21' } } },
      outcome: 'pass',
      quantity: '33.44',
    },
    // slippage of 100 bps: 100 * (1 + 0.005 + 0.01) = 101.5 a piece
    {
      name: 'slippage must be paid for',
      change: { account: { free: { USDT: '1015' } }, limits: { slippageBps: 100, rewardRisk: 0 } },
      outcome: 'shrink',
      quantity: '10',
    },
    // a limit pays no more than its price: 99 * 1.0025 = 99.2475
    {
      name: 'a limit has no slippage',
      change: {
        account: { free: { USDT: '992.475' } },
        decision: limit(99),
        limits: { slippageBps: 100, rewardRisk: 0 },
      },
      outcome: 'shrink',
      quantity: '10',
    },
  ],
  depth: [
    {
      name: 'that is not there',
      change: { market: { depthQuote: undefined as never } },
      outcome: 'not-applicable',
    },
    { name: 'negative', change: { market: { depthQuote: -1 } }, outcome: 'veto', observed: -1 },
    {
      name: 'deep',
      change: { market: { depthQuote: 1_000_000 } },
      outcome: 'pass',
      quantity: '33.44',
    },
    {
      name: 'empty',
      change: { market: { depthQuote: 0 } },
      outcome: 'veto',
      note: 'the book shows no depth',
    },
    { name: 'no number', change: { market: { depthQuote: NaN } }, outcome: 'veto' },
    { name: 'not known', change: {}, outcome: 'not-applicable' },
  ],
  drawdown: [
    { name: 'none', change: { account: { peakEquity: '9000' } }, outcome: 'pass', observed: 0 },
    // (11764 - 10000) / 11764 = 14.995 %
    {
      name: 'just not reached',
      change: { account: { peakEquity: '11764' } },
      outcome: 'pass',
      quantity: '33.44',
    },
    {
      name: 'exactly 15 %',
      change: {
        account: {
          equity: '8500',
          peakEquity: '10000',
          dayStartEquity: '8500',
          weekStartEquity: '8500',
        },
      },
      outcome: 'shrink',
      observed: 15,
    },
    {
      name: 'exactly 20 %',
      change: { account: { peakEquity: '12500' } },
      outcome: 'veto',
      observed: 20,
    },
    { name: 'just below 20 %', change: { account: { peakEquity: '12499' } }, outcome: 'shrink' },
    {
      name: 'a reduced desk',
      change: { desk: { state: 'reduced' } },
      outcome: 'shrink',
      observed: 0,
      quantity: '16.72',
    },
    {
      name: 'is told without a setup too',
      change: { account: { peakEquity: '12500' }, decision: { stopLossPct: null } },
      outcome: 'veto',
      observed: 20,
    },
  ],
  volatility: [
    {
      name: 'that is not there',
      change: { market: { volatilityRatio: undefined as never } },
      outcome: 'not-applicable',
    },
    { name: 'just below', change: { market: { volatilityRatio: 1.99 } }, outcome: 'pass' },
    {
      name: 'twice the usual',
      change: { market: { volatilityRatio: 2 } },
      outcome: 'shrink',
      quantity: '16.72',
    },
    { name: 'three times the usual', change: { market: { volatilityRatio: 3 } }, outcome: 'veto' },
    { name: 'none', change: { market: { volatilityRatio: 0 } }, outcome: 'pass' },
    { name: 'negative', change: { market: { volatilityRatio: -1 } }, outcome: 'veto' },
    { name: 'no number', change: { market: { volatilityRatio: wrong('2') } }, outcome: 'veto' },
    { name: 'not known', change: {}, outcome: 'not-applicable' },
  ],
  'loss-streak': [
    {
      name: 'one short of it',
      change: { desk: { lossStreak: 4 } },
      outcome: 'pass',
      quantity: '33.44',
    },
    // half of half: 33.4448 / 4
    {
      name: 'halves what drawdown has halved',
      change: { desk: { lossStreak: 9 }, account: { peakEquity: '12000' } },
      outcome: 'shrink',
      quantity: '8.36',
    },
  ],
  'venue-minimum': [
    // by value at the stop: 3277.12 / 98 = 33.44
    {
      name: 'just enough value at the stop',
      change: { instrument: { minCost: '3277.12' } },
      outcome: 'pass',
    },
    {
      name: 'enough for the entry, too little for the stop',
      change: { instrument: { minCost: '3277.13' } },
      outcome: 'veto',
      note: "33.44 BTC is less than the venue's 33.45",
    },
    {
      name: 'just enough',
      change: { instrument: { minQuantity: '33.44' } },
      outcome: 'pass',
      observed: '33.44',
    },
    {
      name: 'a lot that is too large',
      change: { instrument: { lot: '50' } },
      outcome: 'veto',
      observed: '0',
    },
    {
      name: 'no minimum, but a lot',
      change: { instrument: { minQuantity: '0', minCost: '0', lot: '33' } },
      outcome: 'pass',
      quantity: '33',
    },
  ],
});
