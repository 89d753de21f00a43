import { ENTER_LONG, LEAVE_LONG, type BarStrategy } from './bar-strategy.ts';

/**
 * Two strategies as a desk with quorum 2 trades them: enters when both say long, leaves when `closeQuorum` of
 * them say that their state is over. Exits are the mean of the two.
 */
export class QuorumBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly one: BarStrategy;
  private readonly other: BarStrategy;
  private readonly closeQuorum: number;

  constructor(one: BarStrategy, other: BarStrategy, closeQuorum: 1 | 2) {
    this.one = one;
    this.other = other;
    this.closeQuorum = closeQuorum;
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
    const first = one.update(timeMs, open, high, low, close, volume);
    const second = other.update(timeMs, open, high, low, close, volume);
    this.stopPct = (one.stopPct + other.stopPct) / 2;
    this.targetPct = (one.targetPct + other.targetPct) / 2;
    const leaves = this.closeQuorum === 1 ? first | second : first & second;
    return (first & second & ENTER_LONG) | (leaves & LEAVE_LONG);
  }
}
