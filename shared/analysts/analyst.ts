import type { CandleColumns } from '../candle.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Timeframe } from '../timeframe.ts';
import type { ReadingFields } from './reading.ts';

/** What an analyst may look at: the snapshot so far, and the closed bars that it was made of. */
export interface AnalystView {
  snapshot: Omit<Snapshot, 'readings'>;
  candles: Partial<Record<Timeframe, CandleColumns>>;
}

export type Found =
  /** `availableAtMs`: when all that was read was there, venue time; never after the snapshot. */
  | { kind: 'reading'; reading: ReadingFields; availableAtMs: number }
  | { kind: 'missing'; reason: string };

/** An analyst that reads the market alone: a pure function. */
export interface MarketAnalyst {
  /** What it reads, in a few words. */
  source: string;
  read(view: AnalystView): Found;
}
