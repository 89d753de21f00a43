import type { SavedAccount } from '../backtest/account.ts';
import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import type { EntrySettings } from '../entry.ts';
import type { FillCosts } from '../fills.ts';
import type { ExitTerms } from '../guard/exit-terms.ts';
import type { GuardSettings } from '../guard/settings.ts';
import type { MarginSettings } from '../margin.ts';
import type { DecimalText } from '../money.ts';
import type { Asset, Pair } from '../pair.ts';
import type { ReviewedMarket } from '../risk/entry-input.ts';
import type { DeskState } from '../risk/desk-state.ts';
import type { RiskLimits } from '../risk/limits.ts';
import type { Timeframe } from '../timeframe.ts';
import type { Instrument } from '../venue.ts';

/** What all shadow accounts of a desk trade under, as plain data. Lists have one entry a pair. */
export interface ShadowTerms {
  /** In the desk's order, in which entries are reviewed. */
  pairs: Pair[];
  /** Length of the desk's bar, ms. */
  barMs: number;
  limits: RiskLimits;
  /** How the desk enters, whatever a decider wishes. */
  entry: EntrySettings;
  /** Shorts, as the profile has them; absent: none. */
  margin?: MarginSettings;
  instruments: Instrument[];
  costs: FillCosts[];
  /** How positions are left beside stop and targets. */
  guard: GuardSettings;
  timeframe: Timeframe;
  /** What each account starts with. */
  balances: Record<Asset, DecimalText>;
}

/** How much each pair moved by the last close, as a live review sees it. */
export type ShadowVolatility = Pick<
  ReviewedMarket,
  'atrPct' | 'volatilityRatio' | 'volatilityPctPerYear'
>;

/** One closed bar of the desk, and what was known at its open. */
export interface ShadowBar {
  /** Open time, Unix ms. */
  barMs: number;
  /** By pair, one bar each; null where the pair has none at that time. */
  candles: (CandleColumns | null)[];
  /** At the close before; asked for entries only. */
  volatility: (pair: number) => ShadowVolatility;
  /** A series that an invalidation names, at the close before; null where it is not known. */
  watched: (pair: number, of: Invalidation) => number | null;
}

export type Invalidation = NonNullable<Decision['invalidation']>;

/** What was chosen for an account at the close before a bar. */
export type ShadowChoice =
  | {
      kind: 'decisions';
      /** By pair; null for a decider that was absent, or no cycle: a hold. */
      decisions: (Decision | null)[];
      /** Spent on these answers. */
      costUsd: number;
    }
  | { kind: 'allocation'; allocation: Allocation };

/** A baseline that keeps shares of its account instead of deciding on entries. */
export interface Allocation {
  targets: Record<Asset, number>;
  /** Points of percent that a share may stray; null to trade once and then hold whatever comes. */
  bandPct: number | null;
}

export type ShadowExit =
  'signal' | 'stop' | 'target' | 'halt' | 'invalidated' | 'trailing' | 'time' | 'margin-call';

/** A position that was opened and closed again. */
export interface ShadowTrade {
  pair: Pair;
  /** Absent: bought and sold. */
  side?: 'sell';
  /** Open times of the bars of entry and last exit. */
  entryBarMs: number;
  exitBarMs: number;
  entryPrice: number;
  /** Mean over the rungs. */
  exitPrice: number;
  quantity: number;
  /** In the quote asset; fees of both sides, and the interest of a short. */
  grossPnl: number;
  fees: number;
  /** Net, in the account's numeraire. */
  net: number;
  /** Net over the money that was at risk at entry; null without a stop. */
  netR: number | null;
  exit: ShadowExit;
}

/** What a short has beside what a long has. */
export interface ShadowShort {
  leverage: number;
  /** Lowest low since the bar of the fill, that bar included. */
  lowest: number;
  /** Interest charged so far, quote: on what is still owed, and on what was bought back before. */
  running: number;
  settled: number;
}

export interface ShadowPosition {
  /** Absent: bought. */
  short?: ShadowShort;
  /** Base held, or owed. */
  quantity: number;
  /** Base bought, or sold short, at first. */
  bought: number;
  entryPrice: number;
  entryBarMs: number;
  /** Venue time of the fill. */
  openedMs: number;
  /** As approved, and as it rests now. */
  firstStop: number;
  stop: number;
  /** Highest high since the bar of the fill, that bar included. */
  highest: number;
  rungsSold: number;
  exits: Pick<ExitTerms, 'breakEven' | 'trailing' | 'timeStopMs' | 'invalidation'>;
  /** Nearest first. */
  rungs: { price: number; quantity: number }[];
  /** Quote that its exits brought, or took. */
  proceeds: number;
  fees: number;
}

/** An approved entry that is not filled. */
export interface ShadowEntry {
  /** Absent: a purchase. */
  short?: { leverage: number; marginUsdt: DecimalText };
  quantity: number;
  /** Null for a market order. */
  limit: number | null;
  postOnly: boolean;
  stop: number;
  targets: { price: DecimalText; share: DecimalText }[];
  reserve: number;
  riskUsdt: DecimalText;
  notionalUsdt: DecimalText;
  /** Venue time; null for a market order. */
  expiresAtMs: number | null;
  /** Whether it has met a bar already. */
  isResting: boolean;
  exits: ShadowPosition['exits'];
}

export interface SavedShadowPair {
  close: number;
  position: ShadowPosition | null;
  entry: ShadowEntry | null;
  /** Why the position is sold at the next open, or null. */
  leaving: ShadowExit | null;
  cooldownUntil: number | null;
}

/** Sums over the life of an account, in its numeraire. */
export interface ShadowTotals {
  /** Positions that were closed, those of them that won after fees, and results in R. */
  trades: number;
  wins: number;
  wonR: number;
  lostR: number;
  withR: number;
  /** Times that something was bought or sold. */
  fills: number;
  /** Interest included. */
  fees: number;
  /** Of shorts; absent while there was none. */
  interest?: number;
  llmCost: number;
  entriesAsked: number;
  vetoes: Record<string, number>;
}

/** An account between two bars as plain data. */
export interface SavedShadow {
  /** Open time of the last bar that it has seen. */
  barMs: number;
  account: SavedAccount;
  desk: DeskState;
  lossStreak: number;
  /** Days since 1970, and what happened on that day. */
  day: number;
  tradesToday: number;
  llmCostToday: number;
  /** Venue time of the last pass of an allocation. */
  allocatedMs: number | null;
  pairs: Record<Pair, SavedShadowPair>;
  totals: ShadowTotals;
}
