/**
 * Exponential moving average: the first value is the first input, then e(1-a) + a*x with a = 2/(p+1).
 * The seed is one input; technicalindicators seeds with the mean of the first `period` inputs, so the
 * two differ at first and agree once (1-a)^n has worn off.
 */
export class Ema {
  readonly period: number;
  /** NaN before the first input. */
  value = NaN;
  count = 0;
  private readonly weight: number;
  private readonly rest: number;

  constructor(period: number) {
    this.period = period;
    this.weight = 2 / (period + 1);
    this.rest = 1 - this.weight;
  }

  update(x: number): void {
    // e*(1-a) + a*x, not e + a*(x-e): a shorter dependency chain, and the same last bits everywhere.
    this.value = this.count === 0 ? x : this.value * this.rest + this.weight * x;
    this.count++;
  }

  /** Whether `period` inputs were seen: before that the value is mostly its seed. */
  get ready(): boolean {
    return this.count >= this.period;
  }
}
