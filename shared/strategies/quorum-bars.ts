import type { BarStrategy } from './bar-strategy.ts';

/**
 * Two strategies as a desk with quorum 2 trades them: enters when both say long, leaves when both say that
 * their state is over. Exits are the mean of the two.
 */
export class QuorumBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly one: BarStrategy;
  private readonly other: BarStrategy;

  constructor(one: BarStrategy, other: BarStrategy) {
    this.one = one;
    this.other = other;
  }

  update(
    timeMs: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): number {
    const { one, other } = this;
    // Only what both say: ENTER_LONG and LEAVE_LONG are bits.
    const says =
      one.update(timeMs, open, high, low, close, volume) &
      other.update(timeMs, open, high, low, close, volume);
    this.stopPct = (one.stopPct + other.stopPct) / 2;
    this.targetPct = (one.targetPct + other.targetPct) / 2;
    return says;
  }
}
