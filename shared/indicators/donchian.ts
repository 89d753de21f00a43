/**
 * Donchian channel of the last `period` bars: highest high and lowest low, with the latest bar
 * (`high`, `low`) and of the bars before the latest (`highBefore`, `lowBefore`, what a breakout is
 * measured against). NaN until there are enough bars.
 */
export class Donchian {
  readonly period: number;
  high = NaN;
  low = NaN;
  highBefore = NaN;
  lowBefore = NaN;
  count = 0;
  private at = 0;
  private readonly highs: Float64Array;
  private readonly lows: Float64Array;
  private top = -Infinity;
  private bottom = Infinity;

  constructor(period: number) {
    this.period = period;
    this.highs = new Float64Array(period).fill(-Infinity);
    this.lows = new Float64Array(period).fill(Infinity);
  }

  update(high: number, low: number): void {
    const { highs, lows, at } = this;
    this.highBefore = this.high;
    this.lowBefore = this.low;
    const goneHigh = highs[at]!;
    const goneLow = lows[at]!;
    highs[at] = high;
    lows[at] = low;
    this.at = at + 1 === this.period ? 0 : at + 1;
    this.count++;
    // The window is scanned only when the extreme itself left it.
    if (high >= this.top) this.top = high;
    else if (goneHigh === this.top) this.top = largest(highs);
    if (low <= this.bottom) this.bottom = low;
    else if (goneLow === this.bottom) this.bottom = smallest(lows);
    if (this.count < this.period) return;
    this.high = this.top;
    this.low = this.bottom;
  }

  /** Whether the channel of the bars before the latest is complete. */
  get ready(): boolean {
    return this.count > this.period;
  }
}

function largest(values: Float64Array): number {
  let best = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i]! > best) best = values[i]!;
  return best;
}

function smallest(values: Float64Array): number {
  let best = Infinity;
  for (let i = 0; i < values.length; i++) if (values[i]! < best) best = values[i]!;
  return best;
}
