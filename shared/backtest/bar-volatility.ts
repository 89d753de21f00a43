import type { CandleColumns } from '../candle.ts';
import { trueRange } from '../indicators/atr.ts';

const ATR_BARS = 14;
/** As in the live review: usual volatility is the mean over 30 days of hours, of what ATR 14 has had by then. */
const USUAL_BARS = 720 - ATR_BARS;
/** A power of two of at least USUAL_BARS. */
const RING = 1024;

/**
 * ATR 14 of one pair, brought up to a bar in one loop when a review asks for it, and against its usual value.
 * The numbers are those of `Atr`; a gap in the bars changes nothing.
 */
export class BarVolatility {
  /** Per cent of the close of the bar last advanced to; NaN before 15 bars. */
  atrPct = NaN;
  private readonly bars: CandleColumns;
  /** Bars seen. */
  private seen = 0;
  private mean = NaN;
  private sum = 0;
  private readonly ring = new Float64Array(RING);

  constructor(bars: CandleColumns) {
    this.bars = bars;
  }

  /** Takes in the bars up to index `last`, which must have closed; bars are never taken in twice. */
  advance(last: number): void {
    const { high, low, close } = this.bars;
    const { ring } = this;
    let i = Math.max(1, this.seen);
    for (; i <= last && i <= ATR_BARS; i++) {
      this.sum += trueRange(high[i]!, low[i]!, close[i - 1]!);
      if (i < ATR_BARS) continue;
      this.mean = this.sum / ATR_BARS;
      ring[i & (RING - 1)] = this.mean;
    }
    const weight = 1 / ATR_BARS;
    const rest = 1 - weight;
    let { mean } = this;
    let before = close[i - 1]!;
    for (; i <= last; i++) {
      mean = mean * rest + weight * trueRange(high[i]!, low[i]!, before);
      before = close[i]!;
      ring[i & (RING - 1)] = mean;
    }
    this.mean = mean;
    this.seen = Math.max(this.seen, last + 1);
    this.atrPct = (100 * mean) / close[last]!;
  }

  /** ATR in per cent over its mean of the last 30 days of hours; NaN while it is not known. */
  get ratio(): number {
    const { close } = this.bars;
    const last = this.seen - 1;
    const from = Math.max(ATR_BARS, last - USUAL_BARS + 1);
    let sum = 0;
    for (let i = from; i <= last; i++) sum += (100 * this.ring[i & (RING - 1)]!) / close[i]!;
    return sum > 0 ? (this.atrPct * (last - from + 1)) / sum : NaN;
  }
}
