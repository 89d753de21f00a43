/** Share of the last `period` inputs, the latest included, that lie below the latest: 0 for the lowest. */
export class RollingRank {
  readonly period: number;
  value = NaN;
  count = 0;
  private at = 0;
  private readonly ring: Float64Array;

  constructor(period: number) {
    this.period = period;
    this.ring = new Float64Array(period);
  }

  update(x: number): void {
    const { ring, period } = this;
    ring[this.at] = x;
    this.at = this.at + 1 === period ? 0 : this.at + 1;
    this.count++;
    if (this.count < period) return;
    let below = 0;
    for (let k = 0; k < period; k++) if (ring[k]! < x) below++;
    this.value = below / period;
  }

  get ready(): boolean {
    return this.count >= this.period;
  }
}
