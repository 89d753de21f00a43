import { REBUILD_EVERY } from './rebuild.ts';

/**
 * Efficiency ratio over `period` changes: |C - C[-period]| / sum of |changes|, 1 for a straight line,
 * near 0 for noise, and 0 when nothing moved. Ready after `period` + 1 closes.
 */
export class EfficiencyRatio {
  readonly period: number;
  value = NaN;
  count = 0;
  private at = 0;
  private path = 0;
  /** The last `period` + 1 closes. */
  private readonly ring: Float64Array;

  constructor(period: number) {
    this.period = period;
    this.ring = new Float64Array(period + 1);
  }

  update(close: number): void {
    const { ring, at } = this;
    const size = ring.length;
    const after = at + 1 === size ? 0 : at + 1;
    const before = at === 0 ? size - 1 : at - 1;
    // ring[at] is the close that leaves the window, and with it the change to the one after it.
    if (this.count >= size) this.path -= Math.abs(ring[after]! - ring[at]!);
    if (this.count > 0) this.path += Math.abs(close - ring[before]!);
    ring[at] = close;
    this.at = after;
    this.count++;
    if (this.count < size) return;
    if (this.count % REBUILD_EVERY === 0) this.rebuild();
    const net = Math.abs(close - ring[after]!);
    // Rounding may leave a path a hair shorter than the net change, or above zero when nothing moved.
    this.value = net === 0 || this.path <= 0 ? 0 : Math.min(1, net / this.path);
  }

  get ready(): boolean {
    return this.count > this.period;
  }

  private rebuild(): void {
    const size = this.ring.length;
    let path = 0;
    for (let i = 1; i < size; i++) {
      path += Math.abs(this.ring[(this.at + i) % size]! - this.ring[(this.at + i - 1) % size]!);
    }
    this.path = path;
  }
}
