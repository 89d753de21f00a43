import { Recent } from './recent.ts';

/**
 * Value at the latest input of the least-squares line through the last `period` inputs. NaN until there
 * are that many. The window is summed anew each time: 20 products cost less than keeping sums true.
 */
export class LinearRegression {
  value = NaN;
  private readonly recent: Recent;

  constructor(period: number) {
    this.recent = new Recent(period);
  }

  update(x: number): void {
    const { recent } = this;
    recent.push(x);
    if (!recent.isFull) return;
    const { values, oldest } = recent;
    const period = values.length;
    const middle = (period - 1) / 2;
    let sum = 0;
    let product = 0;
    for (let k = 0; k < period; k++) {
      const y = values[(oldest + k) % period]!;
      sum += y;
      product += (k - middle) * y;
    }
    const spread = (period * (period * period - 1)) / 12;
    this.value = sum / period + (product / spread) * middle;
  }

  get ready(): boolean {
    return this.recent.isFull;
  }
}
