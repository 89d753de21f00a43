import { Wilder } from './wilder.ts';

/**
 * Average true range: Wilder's mean of max(H-L, |H-C'|, |L-C'|). The first bar has no previous close
 * and no true range, so it is ready after `period` + 1 bars, as in technicalindicators.
 */
export class Atr {
  value = NaN;
  private previousClose = NaN;
  private readonly mean: Wilder;

  constructor(period: number) {
    this.mean = new Wilder(period);
  }

  update(high: number, low: number, close: number): void {
    const previous = this.previousClose;
    this.previousClose = close;
    if (previous !== previous) return;
    this.mean.update(trueRange(high, low, previous));
    this.value = this.mean.value;
  }

  get ready(): boolean {
    return this.mean.ready;
  }
}

export function trueRange(high: number, low: number, previousClose: number): number {
  return Math.max(high, previousClose) - Math.min(low, previousClose);
}
