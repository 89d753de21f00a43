import type { Decision } from '../decision.ts';
import type { EntrySettings } from '../entry.ts';
import type { MarginSettings } from '../margin.ts';
import type { DecimalText } from '../money.ts';
import type { Asset, Pair } from '../pair.ts';
import type { Instrument } from '../venue.ts';
import type { DeskMode } from './desk-mode.ts';
import type { RiskLimits } from './limits.ts';

/** The part of a decision that the review reads. It is not trusted: any value may be missing or absurd. */
export type ReviewedDecision = Pick<
  Decision,
  'action' | 'confidence' | 'entry' | 'stopLossPct' | 'takeProfitPct' | 'sizePct' | 'leverage'
> & {
  /** What a short's interest is reckoned over. */
  horizonHours?: Decision['horizonHours'];
};

export interface ReviewedDesk {
  state: DeskMode;
  /** Venue ms until which this pair rests, or null. */
  cooldownUntil: number | null;
  /** Whether the last reconciliation found ledger and venue equal. */
  reconciled: boolean;
  /** Losing trades in a row. */
  lossStreak: number;
  /** Entries since 00:00 UTC of venue time. */
  tradesToday: number;
  llmSpendTodayUsd: number;
}

export interface ReviewedAccount {
  /**
   * Value of everything, bags and the unrealised result of margin positions included, after costs paid, USDT;
   * and its marks.
   */
  equity: DecimalText;
  peakEquity: DecimalText;
  dayStartEquity: DecimalText;
  weekStartEquity: DecimalText;
  monthStartEquity: DecimalText;
  /**
   * What can be spent: not held by orders, reservations or bags, nor kept for what the stops of shorts may lose
   * (a short settles in its quote). An asset that is not named is 0.
   */
  free: Record<Asset, DecimalText>;
  /** Everything that is owned, held by orders and in bags too; what is borrowed is not. */
  holdings: Record<Asset, DecimalText>;
  /** What lies in bags: outside of sizing, exposure and margin. */
  bags: Record<Asset, DecimalText>;
  positions: {
    pair: Pair;
    /** `sell` is a short on margin. */
    side: 'buy' | 'sell';
    /** What the stop would lose from entry, after costs (`openRiskUsdt`). */
    riskUsdt: DecimalText;
    notionalUsdt: DecimalText;
  }[];
  /** What approved plans still hold: ordered less filled. */
  reservations: {
    pair: Pair;
    /** Absent: a purchase. */
    side?: 'buy' | 'sell';
    riskUsdt: DecimalText;
    notionalUsdt: DecimalText;
    /** What is still held of the plan's `marginUsdt`; absent on spot. */
    marginUsdt?: DecimalText;
  }[];
  /** Pairs with an entry that has not ended. */
  restingEntries: Pair[];
  /** Null or absent on a desk without margin. */
  margin?: ReviewedMargin | null;
}

/**
 * The account as its lender sees it, USDT: `used` is bound by open margin positions (value at the open over
 * leverage), `free` is equity less that. Reservations are not taken off and bags count in: the review sees to both.
 */
export interface ReviewedMargin {
  usedUsdt: DecimalText;
  freeUsdt: DecimalText;
  /** Equity over what is used, percent, as the venue tells it; null without margin positions. */
  levelPct: number | null;
}

export interface ReviewedMarket {
  bid: DecimalText;
  ask: DecimalText;
  /** Visible depth on the side that the entry takes from (a short from the bids), quote; null when not known. */
  depthQuote: number | null;
  /** ATR 14 on the desk's timeframe, percent of price; null when not known. */
  atrPct: number | null;
  /** Volatility now over its usual value; null when not known. */
  volatilityRatio: number | null;
  /** Volatility of the base in the quote, percent per year; null or absent when not known. */
  volatilityPctPerYear?: number | null;
  /** Funding that a long pays per day, percent; null where there is none (spot). */
  fundingPctPerDay: number | null;
  /**
   * `ageMs`: venue time since the input was true; for a bar since the last close that it should include.
   * Null means that it is missing.
   */
  inputs: { name: string; ageMs: number | null; required: boolean }[];
  /** USDT per unit of each asset; USDT itself is 1. */
  usdtPer: Record<Asset, DecimalText>;
}

/** Closed trades of the desk (or of the decider, for its shadow account). R is the risk taken at entry. */
export interface TrackRecord {
  trades: number;
  wins: number;
  /** Mean net result of the winning trades, and of the losing ones as a positive number, in R. */
  meanWinR: number;
  meanLossR: number;
}

/** Everything that an entry is judged on, as plain data. */
export interface EntryReviewInput {
  /** Venue time of the review, Unix ms. */
  now: number;
  pair: Pair;
  decision: ReviewedDecision;
  desk: ReviewedDesk;
  account: ReviewedAccount;
  market: ReviewedMarket;
  instrument: Instrument;
  /** How the desk enters. */
  entry: EntrySettings;
  /** The profile's `margin`; null or absent where the desk trades on spot alone. */
  margin?: MarginSettings | null;
  limits: RiskLimits;
  /** Null or absent where none is kept. */
  track?: TrackRecord | null;
}
