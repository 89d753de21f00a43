import { limit, reserved, risk, testRules } from './rule-cases.fixture.ts';

testRules({
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
});
