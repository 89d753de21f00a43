import { wrong, testRules } from './rule-cases.fixture.ts';

testRules({
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
