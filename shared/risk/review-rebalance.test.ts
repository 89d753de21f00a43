import { describe, expect, test } from 'vitest';
import { exampleLeg, LEG_EXAMPLES, type LegChange } from './rebalance-examples.ts';
import { REBALANCE_RULES } from './rebalance-rules.ts';
import { reviewRebalance } from './review-rebalance.ts';
import { vetoesOf } from './verdict.ts';

const review = (change: LegChange = {}) => reviewRebalance(exampleLeg(change));
const told = (rule: string, change: LegChange) => review(change).rules.find((r) => r.rule === rule);

test('a leg that nothing stands against goes out as it was planned', () => {
  expect(review()).toMatchObject({
    kind: 'approved',
    plan: {
      ...{ kind: 'rebalance', pair: 'BTC/USDT', side: 'sell', quantity: '10' },
      ...{ referencePrice: '100', notionalUsdt: '1000', reserve: { asset: 'BTC', amount: '10' } },
    },
  });
  // 10 * 100 and its fee of 0.5 %
  expect(review({ side: 'buy' })).toMatchObject({
    ...{ kind: 'approved', plan: { reserve: { asset: 'USDT', amount: '1005' } } },
  });
});

test('the verdict lists every rule in the order of the table, each under one name', () => {
  const ids = REBALANCE_RULES.map((rule) => rule.id);
  expect(review().rules.map((rule) => rule.rule)).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(review({ quantity: '' }).rules).toHaveLength(ids.length);
  // limits are told without a leg too
  const { limits } = exampleLeg();
  const bounds = REBALANCE_RULES.map((rule) => rule.limit(limits, null));
  expect(bounds).not.toContain(undefined);
});

describe('worked examples', () => {
  test.each(LEG_EXAMPLES)('$rule: $words', (example) => {
    const { rules, plan } = review(example.change);
    const found = rules.find((r) => r.rule === example.rule);
    expect(found).toMatchObject({ outcome: example.outcome, observed: example.observed });
    expect(plan?.quantity ?? null).toBe(example.quantity);
    const others = rules.filter((r) => r.rule !== example.rule && r.outcome === 'veto');
    expect(others).toEqual([]);
    const can = REBALANCE_RULES.find((r) => r.id === example.rule)?.can;
    if (example.outcome !== 'pass') expect(can).toContain(example.outcome);
  });
});

describe('slippage', () => {
  const slippage = { limits: { slippageBps: 50 } };
  test('makes a purchase dearer and a sale cheaper', () => {
    expect(review({ side: 'buy', ...slippage }).plan?.referencePrice).toBe('100.5');
    // 10 * 100.5 * 1.005
    expect(review({ side: 'buy', ...slippage }).plan?.reserve.amount).toBe('1010.025');
    expect(review(slippage).plan?.referencePrice).toBe('99.5');
  });
  test('counts against the least order of the venue', () => {
    // 995 / 99.5 = 10 exactly; 996 needs 10.02
    expect(review({ ...slippage, instrument: { minCost: '995' } }).kind).toBe('approved');
    expect(vetoesOf(review({ ...slippage, instrument: { minCost: '996' } }))).toEqual([
      'venue-minimum',
    ]);
  });
});

describe('what stands against an entry of the account stands against a leg', () => {
  test.each<[string, LegChange]>([
    ['readable', { account: { equity: 'much' } }],
    ['readable', { instrument: { takerFee: NaN } }],
    ['instrument-status', { instrument: { status: 'post_only' } }],
    ['reconciled', { desk: { reconciled: false } }],
    ['freshness', { market: { inputs: [{ name: 'bars', ageMs: null, required: true }] } }],
    ['daily-loss', { account: { dayStartEquity: '10527' } }],
    ['weekly-loss', { account: { weekStartEquity: '11112' } }],
    ['monthly-loss', { account: { monthStartEquity: '12500' } }],
    ['spread', { market: { ask: '101' } }],
  ])('%s', (rule, change) => {
    expect(vetoesOf(review(change))).toContain(rule);
    expect(review(change)).toMatchObject({ kind: 'vetoed', plan: null });
  });

  test.each(['paused', 'reduced', 'halted', 'flattening'] as const)(
    'a desk that is %s',
    (state) => {
      expect(vetoesOf(review({ desk: { state } }))).toEqual(['desk-running']);
    },
  );

  test('but no cooldown, position or count of trades does', () => {
    const desk = { cooldownUntil: Date.UTC(2030, 0), tradesToday: 99, lossStreak: 9 };
    const positions = [
      { pair: 'BTC/USDT', side: 'buy' as const, riskUsdt: '1', notionalUsdt: '1' },
    ];
    expect(review({ desk, account: { positions } }).kind).toBe('approved');
  });
});

describe('bounds that are reached', () => {
  test.each<[string, LegChange, string]>([
    // (11111.11 - 10000) / 11111.11 = 9.99999 %
    ['calm-account', { account: { peakEquity: '11111.11' } }, 'pass'],
    ['calm-account', { account: { peakEquity: '11111.12' } }, 'veto'],
    ['calm-account', { limits: { drawdownPausePct: 0 } }, 'pass'],
    ['calm-market', { market: { volatilityRatio: 2.99 } }, 'pass'],
    ['calm-market', { market: { volatilityRatio: null } }, 'not-applicable'],
    ['calm-market', { market: { volatilityRatio: -1 } }, 'veto'],
    ['calm-market', { market: { volatilityRatio: NaN } }, 'veto'],
    ['depth', { market: { depthQuote: 5000 } }, 'pass'],
    ['depth', { market: { depthQuote: 4999 } }, 'shrink'],
    ['depth', { market: { depthQuote: null } }, 'not-applicable'],
    ['depth', { market: { depthQuote: 0 } }, 'veto'],
    ['exposure', { side: 'buy', quantity: '20' }, 'pass'],
    ['exposure', { side: 'buy', quantity: '20.01' }, 'shrink'],
    ['exposure', { side: 'buy', limits: { exposurePerAssetPct: 50 } }, 'veto'],
    ['exposure', {}, 'not-applicable'],
    ['free-balance', { account: { free: { BTC: '10' } } }, 'pass'],
    ['free-balance', { account: { free: { BTC: '9.99' } } }, 'shrink'],
    ['free-balance', { account: { free: {} } }, 'veto'],
    ['free-balance', { account: { free: { BTC: 'much' } } }, 'veto'],
    ['venue-minimum', { quantity: '0.05' }, 'pass'],
    ['venue-minimum', { quantity: '0.049' }, 'veto'],
    ['venue-minimum', { quantity: '0.01', instrument: { minCost: '0' } }, 'pass'],
    ['planned-size', { quantity: '0' }, 'veto'],
    ['planned-size', { quantity: '-1' }, 'veto'],
    ['planned-size', { quantity: '1e3' }, 'veto'],
  ])('%s', (rule, change, outcome) => {
    expect(told(rule, change)?.outcome).toBe(outcome);
    const can = REBALANCE_RULES.find((r) => r.id === rule)?.can;
    expect(['pass', 'not-applicable', ...(can ?? [])]).toContain(outcome);
  });
});

describe('a pair of two assets', () => {
  // 50 BTC at 100 USDT; XRP at 1 USDT, 0.01 BTC
  const direct: LegChange = {
    pair: 'XRP/BTC',
    instrument: { tick: '0.0001' },
    market: { bid: '0.01', ask: '0.01', usdtPer: { BTC: '100', XRP: '1' } },
    account: {
      free: { BTC: '50', XRP: '1000' },
      holdings: { BTC: '50', XRP: '1000', USDT: '4000' },
    },
  };

  test('pays a purchase with its quote', () => {
    expect(review({ ...direct, side: 'buy', quantity: '500' }).plan).toMatchObject({
      ...{ notionalUsdt: '500', reserve: { asset: 'BTC', amount: '5.025' } },
    });
  });

  test('is bound by the exposure of what is bought, on either side', () => {
    // XRP may be worth 7000, 1000 are held
    const bought = told('exposure', { ...direct, side: 'buy', quantity: '6001' });
    expect(bought).toMatchObject({ outcome: 'shrink', note: 'XRP is at 10 %' });
    // BTC may be worth 7000, 5000 are held: 2000 XRP bring 2000 USDT of BTC
    const sold = { ...direct, side: 'sell' as const, quantity: '2001' };
    expect(told('exposure', sold)).toMatchObject({ outcome: 'shrink', note: 'BTC is at 50 %' });
    expect(told('exposure', { ...sold, quantity: '2000' })?.outcome).toBe('pass');
  });

  test('counts no bag as exposure', () => {
    const account = { ...direct.account, bags: { BTC: '10' } };
    // outside of the bag there are 9000 USDT, of which BTC has 4000: 4000 / 9000
    expect(told('exposure', { ...direct, account, quantity: '100' })?.note).toBe(
      'BTC is at 44.4444 %',
    );
  });
});
