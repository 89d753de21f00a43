import { NOON, reserved, risk, testRules } from './rule-cases.fixture.ts';

const input = (ageMs: number | null, required = true) => ({ name: 'book', ageMs, required });

testRules({
  readable: [
    { name: 'an ask below the bid', change: { market: { ask: '99' } }, outcome: 'veto' },
    { name: 'bid and ask alike', change: { market: { bid: '100', ask: '100' } }, outcome: 'pass' },
    { name: 'an equity of 0', change: { account: { equity: '0' } }, outcome: 'veto' },
    {
      name: 'nothing outside of the bags',
      change: { account: { bags: { BTC: '100' } } }, // 100 BTC at 100 are all of the 10000
      outcome: 'veto',
      note: 'equity outside of bags is 0',
    },
    {
      name: 'no price for what lies in a bag',
      change: { account: { bags: { DOGE: '1' } } },
      outcome: 'veto',
      note: 'USDT per DOGE is undefined',
    },
    {
      name: 'an empty bag needs no price',
      change: { account: { bags: { DOGE: '0' } } },
      outcome: 'pass',
    },
    { name: 'no price for the base', change: { market: { usdtPer: {} } }, outcome: 'veto' },
    {
      name: "another pair's instrument",
      change: { instrument: { pair: 'ETH/USDT' } },
      outcome: 'veto',
      note: 'pair is BTC/USDT, its instrument ETH/USDT',
    },
    { name: 'a pair that is none', change: { pair: 'BTCUSDT' }, outcome: 'veto' },
    { name: 'a negative count', change: { desk: { tradesToday: -1 } }, outcome: 'veto' },
    {
      name: 'a spend that is no number',
      change: { desk: { llmSpendTodayUsd: NaN } },
      outcome: 'veto',
    },
    { name: 'a streak that is no number', change: { desk: { lossStreak: NaN } }, outcome: 'veto' },
    { name: 'no venue time', change: { now: NaN }, outcome: 'veto' },
    { name: 'a cooldown of no time', change: { desk: { cooldownUntil: NaN } }, outcome: 'veto' },
    { name: 'a negative fee', change: { instrument: { takerFee: -0.1 } }, outcome: 'veto' },
    {
      name: 'an infinite maker fee',
      change: { instrument: { makerFee: Infinity } },
      outcome: 'veto',
    },
    { name: 'a lot of 0', change: { instrument: { lot: '0' } }, outcome: 'veto' },
    { name: 'a negative minimum', change: { instrument: { minCost: '-1' } }, outcome: 'veto' },
    {
      name: 'no minimum',
      change: { instrument: { minCost: '0', minQuantity: '0' } },
      outcome: 'pass',
    },
    {
      name: 'names no more than five problems',
      change: {
        account: { equity: 'a', peakEquity: 'b', dayStartEquity: 'c', weekStartEquity: 'd' },
        market: { bid: 'e' },
        instrument: { tick: 'f' },
      },
      outcome: 'veto',
      observed: 6,
      note: 'equity is a; bid is e; peak equity is b; equity at the start of the day is c; equity at the start of the week is d',
    },
  ],
  'instrument-status': [
    { name: 'post-only', change: { instrument: { status: 'post_only' } }, outcome: 'veto' },
  ],
  'desk-state': [
    { name: 'reduced', change: { desk: { state: 'reduced' } }, outcome: 'pass', quantity: '16.72' },
    { name: 'halted', change: { desk: { state: 'halted' } }, outcome: 'veto' },
    { name: 'flattening', change: { desk: { state: 'flattening' } }, outcome: 'veto' },
  ],
  freshness: [
    {
      name: 'shows how late a stale one is',
      change: { market: { inputs: [input(180_000)] } },
      outcome: 'veto',
      observed: 180,
      note: 'book is 180 s off',
    },
    {
      name: 'one that is missing shows nothing',
      change: { market: { inputs: [input(NaN)] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'just fresh',
      change: { market: { inputs: [input(120_000)] } },
      outcome: 'pass',
      observed: 120,
    },
    { name: 'just stale', change: { market: { inputs: [input(120_001)] } }, outcome: 'veto' },
    { name: 'from the future', change: { market: { inputs: [input(-120_001)] } }, outcome: 'veto' },
    {
      name: 'missing',
      change: { market: { inputs: [input(null)] } },
      outcome: 'veto',
      note: 'book is missing',
    },
    { name: 'no number', change: { market: { inputs: [input(NaN)] } }, outcome: 'veto' },
    {
      name: 'a stale one that is not required',
      change: { market: { inputs: [input(0), input(1e9, false)] } },
      outcome: 'pass',
    },
    {
      name: 'a stale one beside a fresh one',
      change: { market: { inputs: [input(0), input(1e9)] } },
      outcome: 'veto',
    },
    {
      name: 'the oldest is shown',
      change: { market: { inputs: [input(3000), input(7000), input(1000)] } },
      outcome: 'pass',
      observed: 7,
    },
    { name: 'nothing to look at', change: { market: { inputs: [] } }, outcome: 'veto' },
    {
      name: 'nothing required',
      change: { market: { inputs: [input(0, false)] } },
      outcome: 'veto',
    },
  ],
  cooldown: [
    { name: 'never', change: { desk: { cooldownUntil: null } }, outcome: 'pass', observed: 0 },
    {
      name: 'the last time of the calendar',
      change: { desk: { cooldownUntil: 8.64e15 } },
      outcome: 'veto',
      note: 'until +275760-09-13T00:00:00Z',
    },
    { name: 'just over', change: { desk: { cooldownUntil: NOON } }, outcome: 'pass' },
    {
      name: 'a millisecond left',
      change: { desk: { cooldownUntil: NOON + 1 } },
      outcome: 'veto',
      observed: 1,
    },
    {
      name: 'a time no calendar has',
      change: { desk: { cooldownUntil: 9e15 } },
      outcome: 'veto',
      note: 'until 9000000000000000',
    },
  ],
  'position-open': [
    {
      name: 'an entry that rests',
      change: { account: { restingEntries: ['BTC/USDT'] } },
      outcome: 'veto',
      observed: 1,
    },
    {
      name: 'a reservation',
      change: { account: { reservations: [reserved('BTC/USDT', '1')] } },
      outcome: 'veto',
      observed: 1,
    },
    {
      name: 'a position and an entry',
      change: { account: { positions: [risk('BTC/USDT', '1')], restingEntries: ['BTC/USDT'] } },
      outcome: 'veto',
      observed: 2,
    },
    {
      name: 'other pairs',
      change: { account: { positions: [risk('ETH/USDT', '1')], restingEntries: ['XRP/USDT'] } },
      outcome: 'pass',
    },
  ],
  'open-positions': [
    {
      name: 'the last place',
      change: { account: { positions: [risk('ETH/USDT', '1'), risk('SOL/USDT', '1')] } },
      outcome: 'pass',
      observed: 3,
    },
    {
      name: 'an entry and its reservation are one',
      change: {
        account: { reservations: [reserved('ETH/USDT', '1')], restingEntries: ['ETH/USDT'] },
      },
      outcome: 'pass',
      observed: 2,
    },
    {
      name: 'a reservation of a position that is partly filled is the same',
      change: {
        account: { positions: [risk('ETH/USDT', '1')], reservations: [reserved('ETH/USDT', '1')] },
      },
      outcome: 'pass',
      observed: 2,
    },
  ],
  'trades-per-day': [
    { name: 'the last one', change: { desk: { tradesToday: 11 } }, outcome: 'pass', observed: 12 },
  ],
  'llm-spend': [
    { name: 'just below', change: { desk: { llmSpendTodayUsd: 19.99 } }, outcome: 'pass' },
    {
      name: 'a desk of rules with a budget of 0',
      change: { limits: { llmSpendPerDayUsd: 0 } },
      outcome: 'pass',
    },
  ],
  'daily-loss': [
    { name: 'a gain', change: { account: { equity: '10500' } }, outcome: 'pass', observed: 0 },
    {
      name: 'just not reached',
      change: { account: { equity: '9500.01' } },
      outcome: 'pass',
      observed: 4.9999,
    },
    {
      name: 'bags count for losses',
      change: { account: { bags: { BTC: '10' }, dayStartEquity: '10000' } }, // still 10000 in all
      outcome: 'pass',
      observed: 0,
    },
  ],
  spread: [
    {
      name: 'just at the limit',
      change: { market: { bid: '99.85', ask: '100.15' } },
      outcome: 'pass',
      observed: 30,
    },
    { name: 'just beyond', change: { market: { bid: '99.84', ask: '100.15' } }, outcome: 'veto' },
  ],
});
