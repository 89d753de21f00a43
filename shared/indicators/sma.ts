import { REBUILD_EVERY } from './rebuild.ts';

/**
 * Simple moving average over the last `period` inputs; NaN until there are that many. The running sum
 * is rebuilt from the window now and then, because a sum that only adds and subtracts drifts.
 */
export class Sma {
  readonly period: number;
  value = NaN;
  count = 0;
  private sum = 0;
  private at = 0;
  private readonly ring: Float64Array;

  constructor(period: number) {
    this.period = period;
    this.ring = new Float64Array(period);
  }

  update(x: number): void {
    const { ring, period, at } = this;
    if (this.count >= period) this.sum -= ring[at]!;
    ring[at] = x;
    this.sum += x;
    this.at = at + 1 === period ? 0 : at + 1;
    this.count++;
    if (this.count % REBUILD_EVERY === 0) this.rebuild();
    if (this.count >= period) this.value = this.sum / period;
  }

  get ready(): boolean {
    return this.count >= this.period;
  }

  private rebuild(): void {
    const size = Math.min(this.count, this.period);
    let sum = 0;
    for (let i = 0; i < size; i++) sum += this.ring[i]!;
    this.sum = sum;
  }
}
