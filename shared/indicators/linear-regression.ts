/**
 * Value at the latest input of the least-squares line through the last `period` inputs. NaN until there
 * are that many. The window is summed anew each time: 20 products cost less than keeping sums true.
 */
export class LinearRegression {
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
    const middle = (period - 1) / 2;
    let sum = 0;
    let product = 0;
    for (let k = 0; k < period; k++) {
      const y = ring[(this.at + k) % period]!;
      sum += y;
      product += (k - middle) * y;
    }
    const spread = (period * (period * period - 1)) / 12;
    this.value = sum / period + (product / spread) * middle;
  }

  get ready(): boolean {
    return this.count >= this.period;
  }
}
