import { REBUILD_EVERY } from './rebuild.ts';

/**
 * Bollinger bands: mean of the last `period` closes and `width` population standard deviations around
 * it. Sums are kept relative to a reference price and rebuilt every 1,024 bars with a fresh one: plain
 * running sums of squares lose the variance when the price level changes.
 */
export class Bollinger {
  readonly period: number;
  upper = NaN;
  middle = NaN;
  lower = NaN;
  count = 0;
  private readonly width: number;
  private readonly ring: Float64Array;
  private at = 0;
  private reference = 0;
  private sum = 0;
  private squares = 0;

  constructor(period = 20, width = 2) {
    this.period = period;
    this.width = width;
    this.ring = new Float64Array(period);
  }

  update(close: number): void {
    const { ring, period, at } = this;
    if (this.count === 0) this.reference = close;
    if (this.count >= period) {
      const gone = ring[at]! - this.reference;
      this.sum -= gone;
      this.squares -= gone * gone;
    }
    ring[at] = close;
    const come = close - this.reference;
    this.sum += come;
    this.squares += come * come;
    this.at = at + 1 === period ? 0 : at + 1;
    this.count++;
    if (this.count % REBUILD_EVERY === 0) this.rebuild(close);
    if (this.count < period) return;
    const mean = this.sum / period;
    const variance = this.squares / period - mean * mean;
    const band = variance > 0 ? this.width * Math.sqrt(variance) : 0;
    this.middle = this.reference + mean;
    this.upper = this.middle + band;
    this.lower = this.middle - band;
  }

  get ready(): boolean {
    return this.count >= this.period;
  }

  private rebuild(reference: number): void {
    const size = Math.min(this.count, this.period);
    this.reference = reference;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const x = this.ring[i]! - reference;
      sum += x;
      squares += x * x;
    }
    this.sum = sum;
    this.squares = squares;
  }
}
