import type { Decision } from '../decision.ts';

/** What a strategy says at the close of a bar, as bits: a state may say both "enter" and nothing else. */
export const SAYS_NOTHING = 0;
export const ENTER_LONG = 1;
export const LEAVE_LONG = 2;
export const ENTER_SHORT = 4;
export const LEAVE_SHORT = 8;

/**
 * A strategy in the form that backtests run: fed every closed bar once, in order, it keeps its own
 * indicators and answers with bits of the above. The answer depends on closed bars alone, never on the
 * position: the engine enters when flat, and leaves a position of that side. `update` allocates nothing.
 */
export interface BarStrategy {
  /** Distances for an entry at this close, per cent of the price; 0 for none. Valid after an entry was said. */
  stopPct: number;
  targetPct: number;
  /** Where entries have one of their own; the run's otherwise. */
  confidence?: number;
  /** Where entries say how far they look ahead and what would prove them wrong. */
  wishes?: Pick<Decision, 'horizonHours' | 'invalidation'>;
  update(
    timeMs: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): number;
  /**
   * The same as `update` on each bar from `from` to `last` of a fresh strategy, written to `says` by bar: for
   * strategies whose plain loop is worth writing out. Their stop and target do not change.
   */
  updateAll?(close: Float64Array, from: number, last: number, says: Uint8Array): void;
}

/** Makes a fresh strategy: one per pair, and a new one after every gap in the data. */
export type BarStrategyFactory = (pairIndex: number) => BarStrategy;
