/**
 * Wilder's mean: the plain mean of the first `period` inputs, then (mean*(p-1) + x)/p. The base of RSI,
 * ATR and ADX. NaN until `period` inputs were seen.
 */
export class Wilder {
  readonly period: number;
  value = NaN;
  count = 0;
  private sum = 0;
  private readonly weight: number;
  private readonly rest: number;

  constructor(period: number) {
    this.period = period;
    this.weight = 1 / period;
    this.rest = 1 - this.weight;
  }

  update(x: number): void {
    this.count++;
    if (this.count > this.period) {
      this.value = this.value * this.rest + this.weight * x;
    } else {
      this.sum += x;
      if (this.count === this.period) this.value = this.sum / this.period;
    }
  }

  get ready(): boolean {
    return this.count >= this.period;
  }
}
