import type { CandleColumns } from '../candle.ts';
import type { Asset, Pair } from '../pair.ts';
import type { BarStrategyFactory } from '../strategies/bar-strategy.ts';
import type { Account } from './account.ts';
import type { PairCosts } from './exit-finder.ts';
import type { ExitRules } from './guarded-exits.ts';
import type { TradeLog } from './trade-log.ts';

export interface EngineInput {
  pairs: readonly Pair[];
  /** One per pair, all of one timeframe. */
  bars: readonly CandleColumns[];
  /** Finer bars of the same pair, to tell which of stop and target came first; null where there are none. */
  beneath?: readonly (CandleColumns | null)[];
  barMs: number;
  strategy: BarStrategyFactory;
  costs: readonly PairCosts[];
  numeraire: Asset;
  balances: Record<Asset, number>;
  gate: EntryGate;
  /** How positions are left beside stop, target and signal; absent for by nothing else. */
  exits?: ExitRules;
  /** More missing bars than this end a segment; Infinity for one series. */
  gapBars: number;
  /** Signals count from this bar index of each pair on. */
  warmupBars?: number;
  /**
   * A target rests as a limit order (maker), or is sold at the market when it is touched (taker); `short`: that of a
   * short rests, as on margin, that of a long does not.
   */
  targetRests: boolean | 'short';
}

/** What the engine asks before an entry, and what the answer fills in. */
export class EntryOrder {
  pair = 0;
  /** The signal's bar, as an index into the pair's columns. */
  bar = 0;
  timeMs = 0;
  /** Close of the signal's bar. */
  close = 0;
  /** Price that the review sees: the first tick of the next bar, which is how a close shows; else the close. */
  quote = 0;
  /** 1 to buy, -1 to sell short. */
  side: 1 | -1 = 1;
  stopPct = 0;
  targetPct = 0;
  /** The entry's own; NaN for the run's. */
  confidence = NaN;
  /** How far the entry looks ahead; NaN where it does not say. */
  horizonHours = NaN;
  /** In the base asset; 0 when vetoed. */
  quantity = 0;
  /** Absolute prices; NaN to measure `stopPct` and `targetPct` from the fill. */
  stopPrice = NaN;
  targetPrice = NaN;
  /** Limit of an entry that rests; NaN for one at the market. */
  limitPrice = NaN;
  /** Refused instead of taking. */
  postOnly = false;
  /** When a limit entry ends, venue ms. */
  expiresAtMs = Infinity;
  /** The most that the entry may take from the quote balance. */
  reserve = 0;
}

/** Equity above both bounds needs no look. */
export interface QuietBand {
  floor: number;
  peakShare: number;
}

/** The risk engine as the backtest sees it. */
export interface EntryGate {
  /** Decides on `order` by writing its quantity, stop, target and reserve; quantity 0 is a veto. */
  review(order: EntryOrder, state: EngineState): void;
  /** Told after every close of a bar, before entries; true flattens every position at the next open. */
  afterMark?(state: EngineState): boolean;
  /**
   * Below which equity `afterMark` must be asked at all; above it asking would change nothing until the day
   * changes. Written to `into`: `floor`, and `peakShare` of the highest equity so far.
   */
  quietAbove?(state: EngineState, into: QuietBand): void;
  /** Told of an entry that ended without a fill. */
  unfilled?(pair: number, state: EngineState): void;
  /** Told of each closed trade by its index in the log, and of the time its exit counts from. */
  closed?(trade: number, atMs: number, state: EngineState): void;
}

/** Positions and orders of all pairs between two bars; arrays are indexed by pair. */
export interface EngineState {
  pairs: readonly Pair[];
  /** To be read up to the bars that have closed. */
  bars: readonly CandleColumns[];
  account: Account;
  log: TradeLog;
  /** Open time of the bar that has just closed. */
  timeMs: number;
  closeMs: number;
  /** Last closes, NaN before the first. */
  closes: Float64Array;
  /** Base held, or owed, by the open position; 0 when flat. */
  quantity: Float64Array;
  /** Of the position or the order on its way: 1 long, -1 short. */
  side: Int8Array;
  entryPrice: Float64Array;
  stopPrice: Float64Array;
  targetPrice: Float64Array;
  /** Base ordered and not yet filled, 0 for none. */
  ordered: Float64Array;
  orderedStop: Float64Array;
  reserved: Float64Array;
}

export interface EngineResult {
  log: TradeLog;
  account: Account;
  /** Bars read, all pairs. */
  bars: number;
  /** Bars at whose close a position was open, all pairs. */
  barsInPosition: number;
  /** Money bought and sold, in the numeraire. */
  turnover: number;
  segments: number;
  /** Paid on what was borrowed, in each quote asset; part of the trades' fees. */
  interest: Record<Asset, number>;
}
