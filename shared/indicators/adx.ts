import { trueRange } from './atr.ts';
import { Wilder } from './wilder.ts';

/**
 * Average directional index: Wilder's mean of 100*|DI+ - DI-| / (DI+ + DI-). Ready after 2 * `period`
 * bars. A market without any movement has index 0.
 */
export class Adx {
  value = NaN;
  plusDi = NaN;
  minusDi = NaN;
  private high = NaN;
  private low = NaN;
  private close = NaN;
  private readonly range: Wilder;
  private readonly plus: Wilder;
  private readonly minus: Wilder;
  private readonly index: Wilder;

  constructor(period: number) {
    this.range = new Wilder(period);
    this.plus = new Wilder(period);
    this.minus = new Wilder(period);
    this.index = new Wilder(period);
  }

  update(high: number, low: number, close: number): void {
    const isFirst = this.close !== this.close;
    const rise = high - this.high;
    const fall = this.low - low;
    const range = trueRange(high, low, this.close);
    this.high = high;
    this.low = low;
    this.close = close;
    if (isFirst) return;
    this.range.update(range);
    this.plus.update(rise > fall && rise > 0 ? rise : 0);
    this.minus.update(fall > rise && fall > 0 ? fall : 0);
    if (!this.range.ready) return;
    const scale = this.range.value === 0 ? 0 : 100 / this.range.value;
    this.plusDi = this.plus.value * scale;
    this.minusDi = this.minus.value * scale;
    const sum = this.plusDi + this.minusDi;
    this.index.update(sum === 0 ? 0 : (100 * Math.abs(this.plusDi - this.minusDi)) / sum);
    this.value = this.index.value;
  }

  get ready(): boolean {
    return this.index.ready;
  }
}
