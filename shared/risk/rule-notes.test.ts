import { describe, expect, test } from 'vitest';
import { exampleReview, type ReviewChange } from './example-review.ts';
import { exampleLeg, type LegChange } from './rebalance-examples.ts';
import { reviewRebalance } from './review-rebalance.ts';
import { reviewEntry } from './review.ts';
import type { Shown } from './verdict.ts';

const unreadable = { trades: 100, wins: NaN, meanWinR: 2, meanLossR: 1 };
const entry = (change: ReviewChange) => reviewEntry(exampleReview(change));
const leg = (change: LegChange) => reviewRebalance(exampleLeg(change));

describe('words of a rule of an entry', () => {
  test.each<[string, string, ReviewChange]>([
    ['capital', 'no bound is set', {}],
    ['cluster-heat', 'the pair lies in no cluster', { limits: { clusters: [] } }],
    ['size-wish', 'the decision names no size', {}],
    ['volatility-target', 'the volatility is not known', {}],
    [
      'volatility-target',
      'no bound is set',
      { market: { volatilityPctPerYear: 60 }, limits: { volatilityTargetPct: null } },
    ],
    [
      'volatility-target',
      'the volatility is no percentage',
      { market: { volatilityPctPerYear: NaN } },
    ],
    ['kelly', 'no bound is set', {}],
    ['kelly', 'fewer than 100 closed trades', { limits: { kellyFraction: 0.25 } }],
    [
      'kelly',
      'the track record could not be read',
      { limits: { kellyFraction: 0.25 }, track: unreadable },
    ],
    ['drawdown', 'drawdown of 20 % halts the desk', { account: { peakEquity: '12500' } }],
    ['volatility', 'volatility is 3 times the usual', { market: { volatilityRatio: 3 } }],
    ['volatility', 'volatility is not known', {}],
    ['volatility', 'volatility is no number', { market: { volatilityRatio: NaN } }],
    ['depth', 'the depth is not known', {}],
    ['confidence', 'confidence is no probability', { decision: { confidence: -0.1 } }],
    ['entry-price', 'market entry', {}],
    ['stop', 'stop at 98', {}],
    ['leverage', 'leverage is no multiple', { decision: { leverage: 0.5 } }],
    ['funding', 'spot pays no funding', {}],
    ['funding', 'funding could not be read', { market: { fundingPctPerDay: NaN } }],
    [
      'position-open',
      'an entry of the pair has not ended',
      { account: { restingEntries: ['BTC/USDT'] } },
    ],
    ['freshness', 'there is no required input to decide on', { market: { inputs: [] } }],
    ['reconciled', '', {}],
  ])('%s: %s', (rule, note, change) => {
    expect(entry(change).rules.find((r) => r.rule === rule)?.note).toBe(note);
  });

  test('a rule of words shows the word that it saw', () => {
    const seen = new Map(entry({}).rules.map((r) => [r.rule, r.observed]));
    expect(seen.get('legal-action')).toBe('long');
    expect(seen.get('reconciled')).toBe('reconciled');
  });
});

test('a review whose track record is missing has none', () => {
  const input = exampleReview({ limits: { kellyFraction: 0.25 } });
  const { rules } = reviewEntry({ ...input, track: undefined as never });
  const note = 'fewer than 100 closed trades';
  const told = rules.find((r) => r.rule === 'kelly');
  expect(told).toMatchObject({ outcome: 'not-applicable', limit: null, note });
});

test('a decision without an entry is vetoed', () => {
  const verdict = entry({ decision: { entry: undefined as never } });
  expect(verdict).toMatchObject({ kind: 'vetoed', plan: null });
});

describe('what cannot be read is named', () => {
  const risk = (change: object) => [
    { pair: 'XRP/USDT', side: 'buy' as const, riskUsdt: '1', notionalUsdt: '1', ...change },
  ];
  test.each<[string, ReviewChange]>([
    ['now is -1', { now: -1 }],
    ['cooldownUntil is -1', { desk: { cooldownUntil: -1 } }],
    ['lossStreak is -1', { desk: { lossStreak: -1 } }],
    ['tradesToday is -1', { desk: { tradesToday: -1 } }],
    ['llmSpendTodayUsd is -1', { desk: { llmSpendTodayUsd: -1 } }],
    ['takerFee is -1', { instrument: { takerFee: -1 } }],
    ['makerFee is -1', { instrument: { makerFee: -1 } }],
    ['bid is 0', { market: { bid: '0' } }],
    ['ask is 0; ask 0 is below bid 100', { market: { ask: '0' } }],
    ['ask 99 is below bid 100', { market: { ask: '99' } }],
    ['USDT per BTC is 0', { market: { usdtPer: { BTC: '0' } } }],
    // twice: for the whole, and for what is held of the base
    ['bag of BTC is -1; bag of BTC is -1', { account: { bags: { BTC: '-1' } } }],
    ['equity is -1', { account: { equity: '-1' } }],
    ['peak equity is 0', { account: { peakEquity: '0' } }],
    ['equity at the start of the day is 0', { account: { dayStartEquity: '0' } }],
    ['equity at the start of the week is 0', { account: { weekStartEquity: '0' } }],
    ['equity at the start of the month is 0', { account: { monthStartEquity: '0' } }],
    ['holdings of BTC is x', { account: { holdings: { BTC: 'x' } } }],
    ['free USDT is x', { account: { free: { USDT: 'x' } } }],
    ['risk of position XRP/USDT is x', { account: { positions: risk({ riskUsdt: 'x' }) } }],
    ['value of position XRP/USDT is x', { account: { positions: risk({ notionalUsdt: 'x' }) } }],
    ['risk of reservation XRP/USDT is x', { account: { reservations: risk({ riskUsdt: 'x' }) } }],
    ['tick is 0', { instrument: { tick: '0' } }],
    ['lot is 0', { instrument: { lot: '0' } }],
    ['least quantity is -1', { instrument: { minQuantity: '-1' } }],
    ['least cost is -1', { instrument: { minCost: '-1' } }],
  ])('%s', (note, change) => {
    const verdict = entry(change);
    expect(verdict).toMatchObject({ kind: 'vetoed', plan: null });
    expect(verdict.rules[0]).toMatchObject({ rule: 'readable', outcome: 'veto', note });
  });
});

describe('words of a rule of a leg', () => {
  test.each<[string, string, LegChange]>([
    [
      'stops-resting',
      'a stop or an exit is on its way on XRP/USDT, ETH/USDT',
      { pendingStops: ['XRP/USDT', 'ETH/USDT'] },
    ],
    ['planned-size', 'account or market could not be read', { account: { equity: 'much' } }],
    ['planned-size', 'the plan names no quantity', { quantity: 'much' }],
    ['exposure', 'account or market could not be read', { account: { equity: 'much' } }],
    ['exposure', 'there is nothing to size', { quantity: 'much' }],
    ['exposure', 'what is bought is USDT', {}],
    ['depth', 'the depth is not known', { market: { depthQuote: null } }],
  ])('%s: %s', (rule, note, change) => {
    expect(leg(change).rules.find((r) => r.rule === rule)?.note).toBe(note);
  });

  test('units and limits are those of its own rules, or of the entry’s rule of that name', () => {
    const bounds = (rules: readonly { rule: string; unit: string; limit: Shown }[]) =>
      new Map(rules.map(({ rule, unit, limit }) => [rule, { unit, limit }]));
    const legs = bounds(leg({}).rules);
    const entries = bounds(entry({}).rules);
    for (const rule of ['readable', 'freshness', 'daily-loss', 'monthly-loss', 'spread']) {
      expect(legs.get(rule)).toEqual(entries.get(rule));
    }
    expect(legs.get('planned-size')).toEqual({ unit: 'base asset', limit: null });
    // 50 BTC are free; the least is 5 USDT / 100
    expect(legs.get('free-balance')).toEqual({ unit: 'asset given', limit: '50' });
    expect(legs.get('venue-minimum')).toEqual({ unit: 'base asset', limit: '0.05' });
  });
});
