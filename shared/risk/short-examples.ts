import type { RuleExample } from './rule-examples.ts';

const other = (pair: string, riskUsdt: string, notionalUsdt = '1000') => ({
  pair,
  side: 'sell' as const,
  riskUsdt,
  notionalUsdt,
});
const vetoed = { outcome: 'veto' as const, quantity: null };
const shrunk = { outcome: 'shrink' as const };

/** Of `exampleShort`: where a rule asks something else of a short. In the order of the table. */
export const SHORT_EXAMPLES: readonly RuleExample[] = [
  {
    rule: 'readable',
    words: 'the venue names no interest',
    change: { instrument: { marginRatePct: null } },
    ...vetoed,
    observed: 2,
    reckoning: 'neither that of the open nor that of a rollover can be read',
  },
  {
    rule: 'legal-action',
    words: 'nothing differs',
    change: {},
    outcome: 'pass',
    quantity: '32.57',
    observed: 'short',
    reckoning: 'the profile has margin and the venue lends BTC',
  },
  {
    rule: 'stop',
    words: 'a limit entry at 98',
    change: { decision: { entry: { type: 'limit', price: 98 } } },
    ...vetoed,
    observed: 2,
    reckoning: 'the stop is 98 x 1.02 = 99.96, below the ask of 100',
  },
  {
    rule: 'reward-risk',
    words: 'the decision looks 30 days ahead',
    change: { decision: { horizonHours: 720 } },
    ...vetoed,
    observed: '0.515837',
    reckoning:
      '720 / 4 = 180 rollovers: 0.02 x 181 = 3.62 interest; won 99.5 - 3.62 - 92 x 1.005 = 3.42; lost 102 x 1.005 - 99.5 + 3.62 = 6.63',
  },
  {
    rule: 'leverage',
    words: 'the decision wishes for no leverage',
    change: { decision: { leverage: 1 } },
    ...vetoed,
    observed: 1,
    reckoning: '2 is the least that is on offer',
  },
  {
    rule: 'exposure',
    words: '6,000 USDT of BTC are short on BTC/EUR already',
    change: { account: { positions: [other('BTC/EUR', '20', '6000')] } },
    ...shrunk,
    quantity: '10',
    observed: 92.5733,
    reckoning: '(70 % - 60 %) x 10000 / 100 = 10',
  },
  {
    rule: 'cluster-heat',
    words: 'a short on XRP/USDT has 350 USDT at risk',
    change: { account: { positions: [other('XRP/USDT', '350')] } },
    ...shrunk,
    quantity: '16.28',
    observed: 4.5,
    reckoning: '4 % of 10000 = 400; 400 - 350 = 50; 50 / 3.07 = 16.28',
  },
  {
    rule: 'free-balance',
    words: '30.70 USDT are free',
    change: { account: { free: { USDT: '30.7' } } },
    ...shrunk,
    quantity: '10',
    observed: '100',
    reckoning: 'one BTC loses 3.07 at the stop; 30.7 / 3.07 = 10',
  },
  {
    rule: 'margin-level',
    words: 'other positions bind 4,500 USDT',
    change: { account: { margin: { usedUsdt: '4500', freeUsdt: '5500', levelPct: 222 } } },
    ...shrunk,
    quantity: '10',
    observed: 163.168,
    reckoning: '10000 / 200 % - 4500 = 500; one BTC binds 100 / 2 = 50; 500 / 50 = 10',
  },
  {
    rule: 'liquidation',
    words: 'the margin call must be 500 stops away',
    change: { limits: { liquidationStops: 500 } },
    ...shrunk,
    quantity: '9.61',
    observed: '133.5',
    reckoning:
      'called at 80 %: 10000 - 0.8 x 50 x size are left for a move of 500 x 2; 10000 / (40 + 1000) = 9.61',
  },
  {
    rule: 'venue-minimum',
    words: 'the venue takes orders from 3,000 USDT on',
    change: { instrument: { minCost: '3000' } },
    ...vetoed,
    observed: '32.57',
    reckoning: 'at the target 3000 / 92 = 32.61 > 32.57',
  },
];
