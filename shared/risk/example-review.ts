import { MARKET_ENTRY, type EntrySettings } from '../entry.ts';
import type { EntryReviewInput } from './entry-input.ts';
import { RiskLimitsSchema, type RiskLimits } from './limits.ts';

/** Changes to a review input, part by part. */
export interface ReviewChange {
  now?: number;
  pair?: string;
  decision?: Partial<EntryReviewInput['decision']>;
  desk?: Partial<EntryReviewInput['desk']>;
  account?: Partial<EntryReviewInput['account']>;
  market?: Partial<EntryReviewInput['market']>;
  instrument?: Partial<EntryReviewInput['instrument']>;
  entry?: Partial<EntrySettings>;
  limits?: Partial<RiskLimits>;
  track?: EntryReviewInput['track'];
  margin?: EntryReviewInput['margin'];
}

/**
 * A long on BTC/USDT that every rule passes, in numbers that can be checked on paper: 10,000 USDT, bid = ask
 * = 100, no slippage, fees 0.5 % a side, stop 2 %, target 8 %. One unit costs 100.5, the stop brings
 * 98 x 0.995 = 97.51: 2.99 at risk, so the risk unit of 100 USDT buys 33.44 (lot 0.01).
 */
export function exampleReview(change: ReviewChange = {}): EntryReviewInput {
  const pair = change.pair ?? 'BTC/USDT';
  return {
    now: change.now ?? Date.UTC(2026, 2, 1, 12),
    pair,
    decision: {
      action: 'long',
      confidence: 0.7,
      entry: { type: 'market', price: null },
      stopLossPct: 2,
      takeProfitPct: [8],
      sizePct: null,
      leverage: null,
      ...change.decision,
    },
    desk: {
      state: 'running',
      cooldownUntil: null,
      reconciled: true,
      lossStreak: 0,
      tradesToday: 0,
      llmSpendTodayUsd: 0,
      ...change.desk,
    },
    account: {
      equity: '10000',
      peakEquity: '10000',
      dayStartEquity: '10000',
      weekStartEquity: '10000',
      monthStartEquity: '10000',
      free: { USDT: '10000' },
      holdings: { USDT: '10000' },
      bags: {},
      positions: [],
      reservations: [],
      restingEntries: [],
      ...change.account,
    },
    market: {
      bid: '100',
      ask: '100',
      depthQuote: null,
      atrPct: 1,
      volatilityRatio: null,
      fundingPctPerDay: null,
      inputs: [{ name: 'candles 1h', ageMs: 0, required: true }],
      usdtPer: { BTC: '100', XRP: '1' },
      ...change.market,
    },
    instrument: {
      pair,
      tick: '0.01',
      priceDecimals: 2,
      lot: '0.01',
      minQuantity: '0.01',
      minCost: '5',
      takerFee: 0.005,
      makerFee: 0.0025,
      leverageBuy: [],
      leverageSell: [],
      status: 'online',
      ...change.instrument,
    },
    entry: { ...MARKET_ENTRY, ...change.entry },
    limits: RiskLimitsSchema.parse({ slippageBps: 0, ...change.limits }),
    track: change.track ?? null,
    ...(change.margin === undefined ? {} : { margin: change.margin }),
  };
}

/**
 * The same on margin: a short on BTC/USDT that every rule passes, twice levered, called at a level of 80 %, with
 * 0.02 % interest at the open and at each rollover, and a horizon of 8 hours: 3 x 0.02 = 0.06. One unit brings
 * 99.5, the stop at 102 takes 102 x 1.005 = 102.51: with the interest 3.07 at risk, so 100 USDT sell 32.57.
 */
export function exampleShort(change: ReviewChange = {}): EntryReviewInput {
  const margin = { usedUsdt: '0', freeUsdt: '10000', levelPct: null };
  return exampleReview({
    margin: { leverage: 2 },
    ...change,
    decision: { action: 'short', horizonHours: 8, ...change.decision },
    account: { margin, ...change.account },
    instrument: {
      leverageSell: [2, 3, 4, 5],
      marginRatePct: { open: 0.02, rollover: 0.02 },
      marginCallPct: 80,
      ...change.instrument,
    },
  });
}
