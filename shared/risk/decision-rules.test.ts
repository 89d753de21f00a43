import { limit, wrong, testRules } from './rule-cases.fixture.ts';

testRules({
  'legal-action': [
    {
      name: 'hold',
      change: { decision: { action: 'hold' } },
      outcome: 'veto',
      note: 'hold opens nothing',
    },
    { name: 'close', change: { decision: { action: 'close' } }, outcome: 'veto' },
    {
      name: 'an unknown word',
      change: { decision: { action: 'LONG' as 'long' } },
      outcome: 'veto',
      note: 'no such action',
    },
  ],
  confidence: [
    {
      name: 'NaN where none is asked for',
      change: { decision: { confidence: NaN }, limits: { confidence: 0 } },
      outcome: 'veto',
    },
    {
      name: 'none at all, where none is asked for',
      change: { decision: { confidence: 0 }, limits: { confidence: 0 } },
      outcome: 'pass',
      observed: 0,
    },
    {
      name: 'beyond certainty',
      change: { decision: { confidence: 1.01 } },
      outcome: 'veto',
      note: 'no probability',
    },
    { name: 'at the limit', change: { decision: { confidence: 0.6 } }, outcome: 'pass' },
    { name: 'certain', change: { decision: { confidence: 1 } }, outcome: 'pass' },
    {
      name: '87 instead of 0.87',
      change: { decision: { confidence: 87 } },
      outcome: 'veto',
      note: 'confidence is no probability',
    },
    {
      name: 'below 0',
      change: { decision: { confidence: -0.1 }, limits: { confidence: 0 } },
      outcome: 'veto',
    },
    {
      name: 'text',
      change: { decision: { confidence: wrong('0.9') } },
      outcome: 'veto',
      observed: '0.9',
    },
    { name: 'NaN', change: { decision: { confidence: NaN } }, outcome: 'veto', observed: 'NaN' },
  ],
  'entry-price': [
    {
      name: 'shows the price that was asked',
      change: { decision: limit(-5) },
      outcome: 'veto',
      observed: -5,
    },
    {
      name: 'shows the type where there is no price',
      change: { decision: { entry: { type: 'stop' as 'limit', price: null } } },
      outcome: 'veto',
      observed: 'stop',
    },
    { name: 'at the limit', change: { decision: limit(98) }, outcome: 'pass', observed: '2' },
    {
      name: 'above the market',
      change: { decision: limit(102.01) },
      outcome: 'veto',
      observed: '2.01',
    },
    { name: 'a limit without a price', change: { decision: limit(null) }, outcome: 'veto' },
    { name: 'a negative price', change: { decision: limit(-100) }, outcome: 'veto' },
    {
      name: 'a price of 0',
      change: { decision: limit(0), limits: { entryDistancePct: 20 } },
      outcome: 'veto',
      note: 'neither a market entry nor a limit price',
    },
    {
      name: 'another type',
      change: { decision: { entry: { type: 'stop' as 'limit', price: 100 } } },
      outcome: 'veto',
    },
    { name: 'no entry', change: { decision: { entry: null as never } }, outcome: 'veto' },
    {
      name: 'a market entry ignores a price',
      change: { decision: { entry: { type: 'market', price: 1 } } },
      outcome: 'pass',
      quantity: '33.44',
    },
  ],
  stop: [
    {
      name: 'none shows nothing',
      change: { decision: { stopLossPct: null } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'a yes',
      change: { decision: { stopLossPct: true as never } },
      outcome: 'veto',
      observed: 'a value of type boolean',
    },
    { name: 'a quiet market', change: { market: { atrPct: 0 } }, outcome: 'pass' },
    {
      name: 'an ATR that is not there',
      change: { market: { atrPct: undefined as never } },
      outcome: 'pass',
    },
    {
      name: 'text',
      change: { decision: { stopLossPct: '2' as never } },
      outcome: 'veto',
      observed: '2',
      note: 'no stop',
    },
    { name: 'at the limit', change: {}, outcome: 'pass', observed: 2 },
    { name: 'none', change: { decision: { stopLossPct: null } }, outcome: 'veto', note: 'no stop' },
    { name: '0', change: { decision: { stopLossPct: 0 } }, outcome: 'veto', note: 'no stop' },
    {
      name: 'negative',
      change: { decision: { stopLossPct: -2 } },
      outcome: 'veto',
      note: 'no stop',
    },
    { name: 'just beyond', change: { decision: { stopLossPct: 2.0001 } }, outcome: 'veto' },
    // 0.99 is less than one ATR of 1 %
    {
      name: 'in the noise',
      change: { decision: { stopLossPct: 0.99 } },
      outcome: 'veto',
      note: 'nearer than 1 ATR, which is 1 %',
    },
    { name: 'one ATR', change: { decision: { stopLossPct: 1 } }, outcome: 'pass' },
    {
      name: 'two ATR of a wild market do not fit',
      change: { market: { atrPct: 5 } },
      outcome: 'veto',
    },
    {
      name: 'an ATR that is not known',
      change: { decision: { stopLossPct: 0.5, takeProfitPct: [9] }, market: { atrPct: null } },
      outcome: 'pass',
    },
    {
      name: 'an ATR that is no number',
      change: { market: { atrPct: NaN } },
      outcome: 'veto',
      note: 'ATR could not be read',
    },
    { name: 'a negative ATR', change: { market: { atrPct: -1 } }, outcome: 'veto' },
    // 100.30 * 0.998 = 100.0994, up to the tick 100.10; bid 100.10: it would trigger
    {
      name: 'at the bid',
      change: {
        decision: { stopLossPct: 0.2 },
        market: { atrPct: null, bid: '100.10', ask: '100.30' },
      },
      outcome: 'veto',
      note: 'the stop 100.1 would trigger at once',
    },
    {
      name: 'just below the bid',
      change: {
        decision: { stopLossPct: 0.2 },
        market: { atrPct: null, bid: '100.11', ask: '100.30' },
      },
      outcome: 'pass',
    },
    // 100 * 0.99999 = 99.999, up to the tick 100: nothing is left
    {
      name: 'lost by the tick',
      change: { decision: { stopLossPct: 0.001 }, market: { atrPct: null } },
      outcome: 'veto',
      note: 'no stop fits below such an entry',
    },
    { name: '100 percent', change: { decision: { stopLossPct: 100 } }, outcome: 'veto' },
  ],
  'reward-risk': [
    {
      name: 'four rungs',
      change: { decision: { takeProfitPct: [8, 9, 10, 11] } },
      outcome: 'pass',
    },
    {
      name: 'a negative rung',
      change: { decision: { takeProfitPct: [20, -1] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'one of two rungs lost by the tick',
      change: { decision: { takeProfitPct: [0.001, 40] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'no list',
      change: { decision: { takeProfitPct: null as never } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'nothing to size',
      change: { decision: { action: 'close' } },
      outcome: 'not-applicable',
    },
    // won over two rungs: 110 * 0.995 - 100.5 = 8.95; 8.95 / 2.99
    {
      name: 'a ladder counts by its mean',
      change: { decision: { takeProfitPct: [6, 14] } },
      outcome: 'pass',
      observed: '2.99331',
    },
    {
      name: 'no target',
      change: { decision: { takeProfitPct: [] } },
      outcome: 'veto',
      note: 'no target that can be used',
    },
    {
      name: 'a target of 0',
      change: { decision: { takeProfitPct: [0, 20] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'a target beyond all sense',
      change: { decision: { takeProfitPct: [501] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'the furthest target',
      change: { decision: { takeProfitPct: [500] } },
      outcome: 'pass',
    },
    {
      name: 'five rungs',
      change: { decision: { takeProfitPct: [8, 9, 10, 11, 12] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'a target that is no number',
      change: { decision: { takeProfitPct: [8, NaN] } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'text for targets',
      change: { decision: { takeProfitPct: '8' as never } },
      outcome: 'veto',
      observed: null,
    },
    {
      name: 'a target lost by the tick',
      change: { decision: { takeProfitPct: [0.001] }, limits: { rewardRisk: 0 } },
      outcome: 'veto',
      observed: null,
    },
    // reward = risk * 2 needs 108 * 0.995 = 107.46 >= 100.5 + 2 * 2.99 = 106.48; the limit 2.3277 is met, 2.3278 is not
    { name: 'at the limit', change: { limits: { rewardRisk: 2.3277 } }, outcome: 'pass' },
    { name: 'just below the limit', change: { limits: { rewardRisk: 2.3278 } }, outcome: 'veto' },
    // slippage 100 bps on each side: cost 101.5, stop 98 * 0.985 = 96.53, target 108 * 0.985 = 106.38
    {
      name: 'slippage counts at both ends',
      change: { limits: { slippageBps: 100 } },
      outcome: 'veto',
      observed: '0.981891',
    },
    // half-spread 0.1 of mid 99.9: kept 0.995 - 0.001001; (107.35189 - 100.5) / (100.5 - 97.41190)
    {
      name: 'the spread counts at the exit',
      change: { market: { bid: '99.8' } },
      outcome: 'pass',
      observed: '2.21881',
    },
    // limit at 99 below the ask: maker 0.25 %: cost 99.2475; stop 97.02 -> 97.02 * 0.995 = 96.5349; target 106.92 * 0.995 = 106.3854
    {
      name: 'a resting limit pays the maker fee',
      change: { decision: limit(99) },
      outcome: 'pass',
      observed: '2.63139',
    },
    // at the ask it takes: as the market entry
    {
      name: 'a limit at the ask pays the taker fee',
      change: { decision: limit(100) },
      outcome: 'pass',
      observed: '2.32776',
    },
  ],
  leverage: [
    {
      name: 'text',
      change: { decision: { leverage: '3' as never } },
      outcome: 'veto',
      observed: '3',
    },
    { name: '1', change: { decision: { leverage: 1 } }, outcome: 'pass', observed: 1 },
    { name: 'none named', change: {}, outcome: 'pass', observed: 1 },
    { name: 'a half', change: { decision: { leverage: 0.5 } }, outcome: 'veto' },
    { name: 'no number', change: { decision: { leverage: NaN } }, outcome: 'veto' },
    { name: 'missing', change: { decision: { leverage: undefined as never } }, outcome: 'veto' },
  ],
  funding: [
    {
      name: 'that is not there',
      change: { market: { fundingPctPerDay: undefined as never } },
      outcome: 'not-applicable',
    },
    { name: 'at the limit', change: { market: { fundingPctPerDay: 0.1 } }, outcome: 'pass' },
    { name: 'that is received', change: { market: { fundingPctPerDay: -1 } }, outcome: 'pass' },
    { name: 'that is no number', change: { market: { fundingPctPerDay: NaN } }, outcome: 'veto' },
    { name: 'none', change: {}, outcome: 'not-applicable' },
  ],
});
