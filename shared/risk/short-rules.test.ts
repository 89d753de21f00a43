import { describe, expect, test } from 'vitest';
import { exampleReview, exampleShort, type ReviewChange } from './example-review.ts';
import { reviewEntry } from './review.ts';
import { limit, reserved, risk, testRules, wrong } from './rule-cases.fixture.ts';
import { vetoesOf } from './verdict.ts';

const margin = (usedUsdt: string, freeUsdt: string, levelPct: number | null = null) => ({
  account: { margin: { usedUsdt, freeUsdt, levelPct } },
});
/** 1 XRP = 1 USDT, sold for BTC of 100 USDT; 50 BTC are held, and what a loss takes of them is free. */
const xrpBtc = (account: ReviewChange['account'] = {}): ReviewChange => ({
  pair: 'XRP/BTC',
  market: { bid: '0.01', ask: '0.01' },
  account: {
    free: { BTC: '20' },
    margin: { usedUsdt: '0', freeUsdt: '10000', levelPct: null },
    ...account,
  },
  instrument: { tick: '0.0001', minCost: '0.00002' },
});

testRules(
  {
    readable: [
      {
        name: 'no margin account',
        change: { account: { margin: null } },
        outcome: 'veto',
        observed: 2,
      },
      {
        name: 'an account that says nothing of margin',
        change: { account: { margin: undefined as never } },
        outcome: 'veto',
        note: 'margin used is undefined; free margin is undefined',
      },
      { name: 'free margin that is no number', change: margin('0', 'x'), outcome: 'veto' },
      { name: 'less than nothing used', change: margin('-1', '10000'), outcome: 'veto' },
      { name: 'a debt of margin is a number', change: margin('20000', '-5000'), outcome: 'pass' },
      {
        name: 'a level that is none',
        change: margin('0', '10000', NaN),
        outcome: 'veto',
        note: 'margin level is NaN',
      },
      { name: 'a level below 0', change: margin('0', '10000', -1), outcome: 'veto' },
      { name: 'a level of 0', change: margin('0', '10000', 0), outcome: 'pass' },
      {
        name: 'no level of a margin call',
        change: { instrument: { marginCallPct: null } },
        outcome: 'veto',
        note: 'margin call is null',
      },
      {
        name: 'interest that is paid to the desk',
        change: { instrument: { marginRatePct: { open: 0.02, rollover: -0.02 } } },
        outcome: 'veto',
        note: 'interest of a rollover is -0.02',
      },
      {
        name: 'interest at the open that is no number',
        change: { instrument: { marginRatePct: { open: wrong('0.02'), rollover: 0.02 } } },
        outcome: 'veto',
        note: 'interest at the open is 0.02',
      },
      {
        name: 'a reservation whose margin is no number',
        change: {
          account: {
            margin: { usedUsdt: '0', freeUsdt: '10000', levelPct: null },
            reservations: [{ ...reserved('ETH/USDT', '10'), marginUsdt: '' }],
          },
        },
        outcome: 'veto',
        note: 'margin of reservation ETH/USDT is ',
      },
      {
        name: 'holdings of the quote that are no number',
        change: xrpBtc({ holdings: { BTC: 'x' } }),
        outcome: 'veto',
        note: 'holdings of BTC is x',
      },
      {
        name: 'what a long needs not, nobody asks a long for',
        change: { decision: { action: 'long' }, account: { margin: null } },
        outcome: 'pass',
      },
    ],
    'legal-action': [
      {
        name: 'a profile without margin',
        change: { margin: null },
        outcome: 'veto',
        note: 'spot cannot be sold short',
      },
      {
        name: 'a pair that is not lent',
        change: { instrument: { leverageSell: [] } },
        outcome: 'veto',
        note: 'the venue does not lend it',
      },
      { name: 'a long stays legal', change: { decision: { action: 'long' } }, outcome: 'pass' },
      { name: 'a hold opens nothing', change: { decision: { action: 'hold' } }, outcome: 'veto' },
    ],
    stop: [
      {
        name: 'above the ask',
        change: { market: { bid: '99.9', ask: '100.1' } },
        outcome: 'pass',
        note: 'stop at 101.89', // 99.9 x 1.02 = 101.898, down to the tick
      },
      // sold at 100 with a stop at 102, which is what the ask is
      {
        name: 'at the ask',
        change: { decision: limit(100), market: { bid: '97.9', ask: '102' } },
        outcome: 'veto',
        note: 'the stop 102 would trigger at once',
      },
      {
        name: 'too wide',
        change: { decision: { stopLossPct: 2.1 } },
        outcome: 'veto',
        note: 'too wide',
      },
      {
        name: 'lost on the tick',
        change: { decision: { stopLossPct: 1.5 }, instrument: { tick: '5' } },
        outcome: 'veto',
        note: 'no stop fits above such an entry', // 101.5 down to the tick of 5 is 100
      },
      {
        name: 'of a short that cannot be made is not looked at',
        change: { decision: { leverage: 1 } },
        outcome: 'not-applicable',
      },
    ],
    'reward-risk': [
      // no interest: won 99.5 - 92.46 = 7.04, lost 3.01
      {
        name: 'without interest',
        change: { instrument: { marginRatePct: { open: 0, rollover: 0 } } },
        outcome: 'pass',
        observed: '2.33887',
      },
      // 8 hours: 0.02 + 2 x 0.02 = 0.06: 6.98 / 3.07
      { name: 'with interest', change: {}, outcome: 'pass', observed: '2.27362' },
      // 8.1 hours: 3 rollovers: 0.08: 6.96 / 3.09
      {
        name: 'with a rollover begun',
        change: { decision: { horizonHours: 8.1 } },
        outcome: 'pass',
        observed: '2.25243',
      },
      // the open alone, at a rate of its own: 0.5: 6.54 / 3.51
      {
        name: 'with a dear open',
        change: { instrument: { marginRatePct: { open: 0.5, rollover: 0 } } },
        outcome: 'veto',
        observed: '1.86325',
      },
      ...[undefined, NaN, 0, -4, '8'].map((hours) => ({
        name: `a horizon of ${hours}`,
        change: { decision: { horizonHours: wrong(hours) } },
        outcome: 'veto' as const,
        note: 'without a horizon the interest cannot be reckoned',
      })),
      {
        name: 'a long needs no horizon',
        change: { decision: { action: 'long' as const, horizonHours: NaN } },
        outcome: 'pass',
      },
      {
        name: 'targets below nothing',
        change: { decision: { takeProfitPct: [8, 100] } },
        outcome: 'veto',
        note: 'no target that can be used',
      },
    ],
    leverage: [
      { name: 'of the profile', change: {}, outcome: 'pass', observed: 2 },
      { name: 'of a greater profile', change: { margin: { leverage: 5 } }, outcome: 'pass', observed: 3 }, // prettier-ignore
      {
        name: 'the largest on offer',
        change: { margin: { leverage: 10 }, limits: { leverage: 10 } },
        outcome: 'pass',
        observed: 5,
      },
      {
        name: 'a wish lowers it',
        change: { margin: { leverage: 10 }, limits: { leverage: 10 }, decision: { leverage: 4.5 } },
        outcome: 'shrink',
        observed: 4.5,
        note: '4 is used',
      },
      {
        name: 'a wish never raises it',
        change: { decision: { leverage: 5 } },
        outcome: 'shrink',
        observed: 5,
        quantity: '32.57',
        note: '2 is used',
      },
      {
        name: 'nothing low enough for the profile',
        change: { instrument: { leverageSell: [3, 5] } },
        outcome: 'veto',
        observed: 2,
        note: 'the venue lends at 3, 5 times, not at 2 or less',
      },
      {
        name: 'nothing low enough for the limits',
        change: { limits: { leverage: 1.5 } },
        outcome: 'veto',
        note: 'not at 1.5 or less',
      },
      ...[0.5, NaN, 'high', undefined].map((leverage) => ({
        name: `a wish of ${leverage}`,
        change: { decision: { leverage: wrong(leverage) } },
        outcome: 'veto' as const,
        note: 'leverage is no multiple',
      })),
      { name: 'a long has none', change: { decision: { action: 'long' } }, outcome: 'pass', observed: 1 }, // prettier-ignore
    ],
    exposure: [
      {
        name: 'what is held earns a short no credit',
        change: { account: { ...margin('0', '10000').account, holdings: { BTC: '100' } } },
        outcome: 'pass',
        observed: 32.5733, // 3257 of 10000
      },
      {
        name: 'an order to sell short',
        change: {
          account: {
            ...margin('0', '10000').account,
            reservations: [{ ...reserved('BTC/EUR', '20', '6000'), side: 'sell' }],
          },
        },
        outcome: 'shrink',
        quantity: '10', // (70 % - 60 %) x 10000 / 100
        note: 'BTC is short at 60 %',
      },
      {
        name: 'an order to buy is on the other side',
        change: {
          account: {
            ...margin('0', '10000').account,
            reservations: [reserved('BTC/EUR', '20', '6000')],
          },
        },
        outcome: 'pass',
        observed: 32.5733,
      },
      {
        name: 'a short of another base',
        change: {
          account: {
            ...margin('0', '10000').account,
            positions: [{ ...risk('ETH/USDT', '20', 'sell'), notionalUsdt: '6000' }],
          },
        },
        outcome: 'pass',
        observed: 32.5733,
      },
      // entry 0.01 - 0.00005, stop 0.0102 x 1.005 = 0.010251, interest 0.000006: 0.000307 BTC = 0.0307 USDT at
      // risk: 3257.3 XRP of 1 USDT; the 40 BTC that are held are 4000 USDT: (70 - 40) % = 3000
      {
        name: 'a quote that is held is long, and bound first',
        change: xrpBtc({ holdings: { BTC: '40' } }),
        outcome: 'shrink',
        quantity: '3000',
        note: 'BTC is at 40 %',
      },
      {
        name: 'bags of the quote are outside',
        change: { ...xrpBtc({ holdings: { BTC: '40' }, bags: { BTC: '40' } }) },
        outcome: 'pass',
        observed: 32.5733, // 6000 x 1 % / 0.0307 = 1954.4 of 6000
      },
      {
        name: 'a short in that quote makes it longer',
        change: xrpBtc({
          positions: [{ ...risk('ETH/BTC', '20', 'sell'), notionalUsdt: '5000' }],
        }),
        outcome: 'shrink',
        quantity: '2000',
        note: 'BTC is at 50 %',
      },
      {
        name: 'more short of the base than long of the quote',
        change: xrpBtc({
          holdings: { BTC: '40' },
          positions: [{ ...risk('XRP/USDT', '20', 'sell'), notionalUsdt: '5000' }],
        }),
        outcome: 'shrink',
        quantity: '2000',
        note: 'XRP is short at 50 %',
      },
      {
        name: 'a long is bound by what shorts keep of its base',
        change: {
          decision: { action: 'long' },
          account: {
            ...margin('0', '10000').account,
            positions: [{ ...risk('XRP/BTC', '20', 'sell'), notionalUsdt: '6000' }],
          },
        },
        outcome: 'shrink',
        quantity: '10',
        note: 'BTC is at 60 %',
      },
    ],
    'cluster-heat': [
      {
        name: 'longs of the cluster give no credit and no room',
        change: {
          account: { ...margin('0', '10000').account, positions: [risk('XRP/USDT', '350')] },
        },
        outcome: 'pass',
        observed: 1,
      },
      {
        name: 'a short on its way counts',
        change: {
          account: {
            ...margin('0', '10000').account,
            reservations: [{ ...reserved('XRP/USDT', '350'), side: 'sell' }],
          },
        },
        outcome: 'shrink',
        quantity: '16.28', // (400 - 350) / 3.07
      },
      {
        name: 'XRP/BTC sold short adds to what is long of BTC',
        change: xrpBtc({ positions: [risk('BTC/USDT', '350')] }),
        outcome: 'shrink',
        quantity: '1628.66', // 50 / 0.0307
      },
      {
        name: 'XRP/BTC sold short adds to what is short of XRP',
        change: xrpBtc({ positions: [risk('XRP/USDT', '350', 'sell')] }),
        outcome: 'shrink',
        quantity: '1628.66',
      },
    ],
    'free-balance': [
      {
        name: 'nothing to pay a loss with',
        change: { account: { ...margin('0', '10000').account, free: {} } },
        outcome: 'veto',
      },
      // in BTC: 3257.3 x 0.000307 = 1 BTC
      {
        name: 'of a short in BTC is BTC',
        change: xrpBtc({ free: { BTC: '0.5', USDT: '10000' } }),
        outcome: 'shrink',
        quantity: '1628.66', // 0.5 / 0.000307
        note: '0.5 BTC are free',
      },
    ],
    'margin-level': [
      { name: 'nothing used', change: {}, outcome: 'pass', observed: 614 }, // 10000 / (32.573 x 50)
      // 10000 / (x + 1628.66) at 200 %: x = 3371.34
      { name: 'just enough', change: margin('3371.3', '6628.7'), outcome: 'pass' },
      { name: 'a little more', change: margin('3371.4', '6628.6'), outcome: 'shrink' },
      { name: 'all used', change: margin('5000', '5000'), outcome: 'veto', note: 'no room' },
      {
        name: 'a level that is bad already',
        change: margin('100', '9900', 199.9),
        outcome: 'veto',
        observed: 199.9,
        note: 'the margin level is 199.9 %',
      },
      { name: 'a level that just does', change: margin('100', '9900', 200), outcome: 'pass' },
      {
        name: 'a stricter limit',
        change: { limits: { marginLevelPct: 1000 } },
        outcome: 'shrink',
        quantity: '20', // 10000 / 10 / 50
      },
      {
        name: 'margin that is reserved is used',
        change: {
          account: {
            ...margin('0', '10000').account,
            reservations: [{ ...reserved('ETH/USDT', '10'), side: 'sell', marginUsdt: '4500' }],
          },
        },
        outcome: 'shrink',
        quantity: '10', // (5000 - 4500) / 50
        note: '4500 USDT of 10000 are bound',
      },
      {
        name: 'bags back nothing',
        change: {
          account: { ...margin('0', '10000').account, bags: { BTC: '90' } },
          limits: { marginLevelPct: 1000 },
        },
        outcome: 'shrink',
        quantity: '2', // 1000 / 10 / 50
      },
      {
        name: 'the lower equity of venue and ledger',
        change: { ...margin('0', '20000'), limits: { marginLevelPct: 1000 } },
        outcome: 'shrink',
        quantity: '20',
      },
      {
        name: 'what the venue says where it is less',
        change: { ...margin('0', '5000'), limits: { marginLevelPct: 1000 } },
        outcome: 'shrink',
        quantity: '10',
      },
      {
        name: 'more leverage binds less',
        change: { margin: { leverage: 3 }, limits: { marginLevelPct: 1000 } },
        outcome: 'shrink',
        quantity: '30', // 1000 / 33.33
      },
      {
        name: 'a long binds none',
        change: { decision: { action: 'long' }, ...margin('9000', '1000', 111) },
        outcome: 'not-applicable',
        quantity: '33.44',
      },
    ],
    liquidation: [
      // (10000 / 32.573 - 0.8 x 50) / 2 = 133.5
      { name: 'far away', change: {}, outcome: 'pass', observed: '133.5' },
      {
        name: 'just far enough',
        change: { limits: { liquidationStops: 133.4 } },
        outcome: 'pass',
      },
      { name: 'just too near', change: { limits: { liquidationStops: 133.6 } }, outcome: 'shrink' },
      // 10000 - 550 at other stops = 9450; / 1040 = 9.09
      {
        name: 'other stops are lost first',
        change: {
          limits: { liquidationStops: 500 },
          account: {
            ...margin('0', '10000').account,
            positions: [risk('ETH/USDT', '300'), risk('SOL/USDT', '150')],
          },
        },
        outcome: 'shrink',
        quantity: '9.18', // (10000 - 450) / 1040
      },
      {
        name: 'what is bound already is called at too',
        change: { ...margin('1000', '9000'), limits: { liquidationStops: 500 } },
        outcome: 'shrink',
        quantity: '8.84', // (10000 - 800) / 1040
      },
      {
        name: 'a call that comes early',
        change: { instrument: { marginCallPct: 20000 } },
        outcome: 'shrink',
        quantity: '0.99', // 10000 / (200 x 50 + 10)
      },
      {
        name: 'no room at all',
        change: { ...margin('4900', '5100'), instrument: { marginCallPct: 300 } },
        outcome: 'veto',
        note: 'no room for liquidation', // 10000 - 3 x 4900 < 0
      },
      { name: 'of a long', change: { decision: { action: 'long' } }, outcome: 'not-applicable' },
    ],
    'venue-minimum': [
      {
        name: 'reckoned at the last target',
        change: { instrument: { minCost: '2996' } },
        outcome: 'pass', // 92 x 32.57 = 2996.44
      },
    ],
  },
  exampleShort,
);

describe('a short', () => {
  test('that breaks no rule says what may be sent', () => {
    const verdict = reviewEntry(exampleShort());
    expect(vetoesOf(verdict)).toEqual([]);
    expect(verdict.kind).toBe('approved');
    expect(verdict.plan).toEqual({
      kind: 'enter',
      pair: 'BTC/USDT',
      side: 'sell',
      entry: { type: 'market', price: null, postOnly: false },
      quantity: '32.57', // 100 / 3.07
      referencePrice: '100',
      stopPrice: '102',
      targets: [{ price: '92', share: '1' }],
      leverage: 2,
      riskUsdt: '99.9899', // 32.57 x 3.07
      notionalUsdt: '3257',
      reserve: { asset: 'USDT', amount: '99.9899' },
      marginUsdt: '1628.5',
      expiresAtMs: null,
    });
  });

  test('rests post-only at the ask, and is bought back as a taker', () => {
    const { plan } = reviewEntry(
      exampleShort({
        entry: { type: 'post-only', expireAfterMinutes: 30 },
        market: { bid: '99.9', ask: '100.1' },
      }),
    );
    // brings 100.1 x 0.9975 = 99.84975 less 0.06 % of 100.1 = 0.06006; the stop 102.102 -> 102.10 takes
    // 102.1 x (1 + 0.005 + 0.1/100) = 102.7126: 2.92291 at risk, and 100 / 2.92291 = 34.21
    expect(plan).toMatchObject({
      entry: { type: 'limit', price: '100.1', postOnly: true },
      ...{ referencePrice: '100.1', stopPrice: '102.1', quantity: '34.21' },
      targets: [{ price: '92.1' }], // 92.092 up to the tick
      expiresAtMs: Date.UTC(2026, 2, 1, 12, 30),
    });
    expect(Number(plan?.riskUsdt)).toBeCloseTo(34.21 * 2.92291, 6);
  });

  test('at the market pays slippage at both ends', () => {
    const { rules } = reviewEntry(exampleShort({ limits: { slippageBps: 100, rewardRisk: 0 } }));
    // brings 100 x (1 - 0.015) = 98.5, the stop takes 102 x 1.015 = 103.53, interest 0.06: 5.09
    expect(rules.find((r) => r.rule === 'risk-per-trade')?.note).toContain('buys 19.6464 BTC');
  });

  test('at a limit that takes pays the taker fee, at one that rests the maker fee', () => {
    const risked = (price: number) =>
      Number(reviewEntry(exampleShort({ decision: limit(price) })).plan?.riskUsdt) /
      Number(reviewEntry(exampleShort({ decision: limit(price) })).plan?.quantity);
    expect(risked(100)).toBeCloseTo(3.07, 9);
    // 100.01: brings 100.01 x 0.9975 - 0.060006 = 99.699969, the stop 102.0102 -> 102.01 takes 102.52005
    expect(risked(100.01)).toBeCloseTo(2.820081, 9);
  });

  test('binds its value over the leverage that is used', () => {
    const { plan } = reviewEntry(
      exampleShort({
        ...{ margin: { leverage: 10 }, limits: { leverage: 10 }, decision: { leverage: 4.5 } },
      }),
    );
    expect(plan).toMatchObject({ leverage: 4, marginUsdt: '814.25' }); // 3257 / 4
  });

  test('has its targets nearest first, joined where they fall together', () => {
    const { plan } = reviewEntry(
      exampleShort({ decision: { takeProfitPct: [8, 12, 8.001, 8.004] } }),
    );
    expect(plan?.targets).toEqual([
      { price: '92', share: '0.75' },
      { price: '88', share: '0.25' },
    ]);
  });

  test('without margin in the profile is what it was: vetoed by one rule, and not sized', () => {
    const { margin: _, ...spot } = exampleShort();
    const verdict = reviewEntry(spot);
    expect(vetoesOf(verdict)).toEqual(['legal-action']);
    expect(verdict.rules.find((r) => r.rule === 'risk-per-trade')?.outcome).toBe('not-applicable');
    const { rules } = reviewEntry(exampleReview({ decision: { action: 'short' } }));
    expect(verdict.rules).toEqual(rules);
  });

  test.each([
    ['long', exampleReview({ margin: { leverage: 2 } }), 'long'],
    ['short', exampleShort(), 'long, short'],
  ])('a %s shows what is legal', (_side, input, limitShown) => {
    const legal = reviewEntry(input).rules.find((r) => r.rule === 'legal-action');
    expect(legal?.limit).toBe(limitShown);
  });

  test('shows the leverage that is allowed', () => {
    const shown = (input: ReturnType<typeof exampleShort>) =>
      reviewEntry(input).rules.find((r) => r.rule === 'leverage')?.limit;
    expect(shown(exampleShort({ margin: { leverage: 5 } }))).toBe(3);
    expect(shown(exampleShort({ decision: { action: 'long' } }))).toBe(1);
  });
});
