import { Atr } from './atr.ts';
import { Ema } from './ema.ts';

/** Keltner channel: EMA of the closes, and `width` average true ranges around it. */
export class Keltner {
  upper = NaN;
  middle = NaN;
  lower = NaN;
  private readonly width: number;
  private readonly average: Ema;
  private readonly range: Atr;

  constructor(period = 20, width = 1.5) {
    this.width = width;
    this.average = new Ema(period);
    this.range = new Atr(period);
  }

  update(high: number, low: number, close: number): void {
    this.average.update(close);
    this.range.update(high, low, close);
    this.middle = this.average.value;
    this.upper = this.middle + this.width * this.range.value;
    this.lower = this.middle - this.width * this.range.value;
  }

  get ready(): boolean {
    return this.range.ready;
  }
}
