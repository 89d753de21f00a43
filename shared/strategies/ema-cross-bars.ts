import { ENTER_LONG, LEAVE_LONG, SAYS_NOTHING, type BarStrategy } from './bar-strategy.ts';

/** Enters when the fast EMA crosses above the slow one and leaves when it crosses below: crossings, not states. */
export class EmaCrossBars implements BarStrategy {
  stopPct: number;
  targetPct: number;
  private readonly fast: number;
  private readonly fastRest: number;
  private readonly slow: number;
  private readonly slowRest: number;
  private fastMean = NaN;
  private slowMean = NaN;
  private before = NaN;

  constructor(fast: number, slow: number, stopPct: number, targetPct: number) {
    this.fast = 2 / (fast + 1);
    this.fastRest = 1 - this.fast;
    this.slow = 2 / (slow + 1);
    this.slowRest = 1 - this.slow;
    this.stopPct = stopPct;
    this.targetPct = targetPct;
  }

  update(_timeMs: number, _open: number, _high: number, _low: number, close: number): number {
    if (this.before !== this.before) {
      this.fastMean = close;
      this.slowMean = close;
      this.before = 0;
      return SAYS_NOTHING;
    }
    this.fastMean = this.fastMean * this.fastRest + this.fast * close;
    this.slowMean = this.slowMean * this.slowRest + this.slow * close;
    const before = this.before;
    const d = this.fastMean - this.slowMean;
    this.before = d;
    if (d > 0 && before <= 0) return ENTER_LONG;
    if (d < 0 && before >= 0) return LEAVE_LONG;
    return SAYS_NOTHING;
  }

  updateAll(close: Float64Array, from: number, last: number, says: Uint8Array): void {
    const { fast, fastRest, slow, slowRest } = this;
    let fastMean = close[from]!;
    let slowMean = fastMean;
    /** Side of the fast mean at the close before: 1 above, -1 below, 0 neither. */
    let side = 0;
    for (let i = from + 1; i <= last; i++) {
      const c = close[i]!;
      fastMean = fastMean * fastRest + fast * c;
      slowMean = slowMean * slowRest + slow * c;
      if (fastMean > slowMean) {
        if (side === 1) continue;
        says[i] = ENTER_LONG;
        side = 1;
      } else if (fastMean < slowMean) {
        if (side === -1) continue;
        says[i] = LEAVE_LONG;
        side = -1;
      } else side = 0;
    }
  }
}
