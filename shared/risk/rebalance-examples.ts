import { exampleReview, type ReviewChange } from './example-review.ts';
import type { RebalanceReviewInput } from './review-rebalance.ts';
import type { RuleOutcome, Shown } from './verdict.ts';

export interface LegChange extends Omit<ReviewChange, 'decision' | 'track'> {
  side?: 'buy' | 'sell';
  quantity?: string;
  pendingStops?: string[];
}

/**
 * A leg that every rule passes: of 10,000 USDT in all, 50 BTC at 100 and 5,000 USDT, 10 BTC are sold; or bought,
 * at 100.5 with the fee.
 */
export function exampleLeg(change: LegChange = {}): RebalanceReviewInput {
  const {
    decision: _decision,
    track: _track,
    ...review
  } = exampleReview({
    ...change,
    account: {
      free: { BTC: '50', USDT: '5000' },
      holdings: { BTC: '50', USDT: '5000' },
      ...change.account,
    },
    market: { volatilityRatio: 1, depthQuote: 100_000, ...change.market },
  });
  return {
    ...review,
    side: change.side ?? 'sell',
    quantity: change.quantity ?? '10',
    pendingStops: change.pendingStops ?? [],
  };
}

export interface LegExample {
  rule: string;
  words: string;
  change: LegChange;
  outcome: RuleOutcome['outcome'];
  observed: Shown;
  quantity: string | null;
  reckoning: string;
}

const vetoed = { outcome: 'veto' as const, quantity: null };
const shrunk = { outcome: 'shrink' as const };

/** One per rule that a leg has of its own, in the order of the table. */
export const LEG_EXAMPLES: readonly LegExample[] = [
  {
    rule: 'desk-running',
    words: 'the desk is reduced',
    change: { desk: { state: 'reduced' } },
    ...vetoed,
    observed: 'reduced',
    reckoning: 'a desk that may enter at half size is not rebalanced',
  },
  {
    rule: 'stops-resting',
    words: 'the stop of a position on XRP/USDT is being replaced',
    change: { pendingStops: ['XRP/USDT'] },
    ...vetoed,
    observed: 1,
    reckoning: '1 > 0',
  },
  {
    rule: 'calm-account',
    words: 'equity was 11,200 USDT once',
    change: { account: { peakEquity: '11200' } },
    ...vetoed,
    observed: 10.7143,
    reckoning: '(11200 - 10000) / 11200 = 10.7 %, beyond 10 %',
  },
  {
    rule: 'calm-market',
    words: 'volatility is 3 times the usual',
    change: { market: { volatilityRatio: 3 } },
    ...vetoed,
    observed: 3,
    reckoning: '3 is the limit',
  },
  {
    rule: 'planned-size',
    words: 'nothing differs',
    change: {},
    outcome: 'pass',
    observed: '10',
    quantity: '10',
    reckoning: 'the plan asks for 10',
  },
  {
    rule: 'exposure',
    words: '30 BTC are to be bought, half of the equity lies in BTC already',
    change: { side: 'buy', quantity: '30' },
    ...shrunk,
    observed: 80,
    quantity: '20',
    reckoning: '(70 % - 50 %) x 10000 / 100 = 20',
  },
  {
    rule: 'depth',
    words: 'the book shows 2,000 USDT',
    change: { market: { depthQuote: 2000 } },
    ...shrunk,
    observed: 50,
    quantity: '4',
    reckoning: '20 % of 2000 = 400; 400 / 100 = 4',
  },
  {
    rule: 'free-balance',
    words: '10 BTC are to be bought, 500 USDT are free',
    change: { side: 'buy', account: { free: { USDT: '500' } } },
    ...shrunk,
    observed: '1005',
    quantity: '4.97',
    reckoning: 'one BTC costs 100 + 0.5 fee; 500 / 100.5 = 4.975',
  },
  {
    rule: 'venue-minimum',
    words: 'the venue takes orders from 1,200 USDT on',
    change: { instrument: { minCost: '1200' } },
    ...vetoed,
    observed: '10',
    reckoning: '1200 / 100 = 12 > 10',
  },
];
