/**
 * Relative strength index by Wilder: 100 * up / (up + down) of the Wilder means of rises and falls.
 * Ready after `period` + 1 closes; 50 in a market that did not move at all. technicalindicators rounds
 * to two decimals, and calls the unmoved market 100.
 */
export class Rsi {
  readonly period: number;
  value = NaN;
  count = 0;
  private previous = NaN;
  private up = 0;
  private down = 0;
  private readonly weight: number;
  private readonly rest: number;

  constructor(period: number) {
    this.period = period;
    this.weight = 1 / period;
    this.rest = 1 - this.weight;
  }

  update(close: number): void {
    const change = close - this.previous;
    this.previous = close;
    this.count++;
    if (this.count === 1) return;
    // Without branches: a mispredicted one per bar costs more than the arithmetic.
    const size = Math.abs(change);
    const up = (size + change) / 2;
    const down = (size - change) / 2;
    if (this.count > this.period + 1) {
      this.up = this.up * this.rest + this.weight * up;
      this.down = this.down * this.rest + this.weight * down;
    } else {
      this.up += up;
      this.down += down;
      if (this.count <= this.period) return;
      this.up /= this.period;
      this.down /= this.period;
    }
    const total = this.up + this.down;
    this.value = total === 0 ? 50 : (100 * this.up) / total;
  }

  get ready(): boolean {
    return this.count > this.period;
  }
}
