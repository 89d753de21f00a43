import type { Candle } from '../../shared/candle.ts';
import type { DecimalText } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Timeframe } from '../../shared/timeframe.ts';

/** A candle with what only a venue knows of it. */
export interface FeedBar extends Candle {
  vwap?: number;
  trades?: number;
}

export interface FeedLevel {
  price: DecimalText;
  quantity: DecimalText;
}

/** A trade of the venue's public tape. */
export interface FeedPrint {
  pair: Pair;
  /** Increasing per pair. */
  number: number;
  price: DecimalText;
  quantity: DecimalText;
  /** Of the taker. */
  side: 'buy' | 'sell';
  type: 'market' | 'limit';
  /** By the venue's clock, in nanoseconds since the epoch. */
  ns: bigint;
}

/** What a venue may let through of a pair whose book it keeps. */
export const PAIR_MODES = ['online', 'post_only', 'limit_only', 'reduce_only'] as const;
export type PairMode = (typeof PAIR_MODES)[number];

/** What one message of a venue means for this exchange. */
export type FeedTick =
  | { tick: 'book'; pair: Pair; message: string; ns: bigint }
  /** A message whose checksum does not fit: the pair's book is gone until its next snapshot. */
  | { tick: 'mismatch'; pair: Pair }
  /** Late ones were made while nobody listened: the queue they met is not known. */
  | { tick: 'prints'; pair: Pair; prints: FeedPrint[]; late: boolean }
  | { tick: 'bar'; pair: Pair; timeframe: Timeframe; bar: FeedBar }
  | { tick: 'ticker'; pair: Pair }
  /** Which pairs may be traded has changed. */
  | { tick: 'status' };

/**
 * Books and trades of a venue, live or recorded, from which orders are matched in place of candles. Reading
 * tells how things stand after the ticks taken so far.
 */
export interface BookFeed {
  /** Follows a venue at this moment: what it said cannot be had again. */
  readonly isLive: boolean;
  /** Levels of each side that are followed. */
  readonly depth: number;
  /** When the next message comes, Unix milliseconds; null while none is known. */
  nextMs(): number | null;
  /** Takes in the next message. */
  take(): FeedTick[];
  /** Takes in the first `count` messages of a recording without a word: a restart goes on behind them. */
  seek(count: number): void;
  /** Why nothing of the pair may be matched now, or null. */
  away(pair: Pair): string | null;
  /** What the venue lets through of the pair while it is not away: `online`, or only some orders. */
  mode(pair: Pair): PairMode;
  /** Best first, at most `count`; none while the pair is away. */
  levels(pair: Pair, side: 'bids' | 'asks', count: number): FeedLevel[];
  /** The level at `index`, 0 being the best; null behind the last and while the pair is away. */
  level(pair: Pair, side: 'bids' | 'asks', index: number): FeedLevel | null;
  /** The quantity at a price, "0" when there is none; null when the price lies deeper than is known. */
  quantityAt(pair: Pair, side: 'bids' | 'asks', price: DecimalText): DecimalText | null;
  /** Price of the last trade; 0 before any is known. */
  last(pair: Pair): number;
  /** The last 24 hours. */
  day(pair: Pair, nowMs: number): FeedBar;
  /** The bar that runs at `nowMs`, or null when nothing was traded in it. */
  running(pair: Pair, timeframe: Timeframe, nowMs: number): FeedBar | null;
  /** The newest trades, oldest first. */
  prints(pair: Pair): readonly FeedPrint[];
  /** Called when `nextMs` may have changed; a live feed's only. */
  onArrival(listener: () => void): void;
  close(): void;
}
