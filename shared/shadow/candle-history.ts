import type { Candle, CandleColumns } from '../candle.ts';
import type { Pair } from '../pair.ts';

/** Bars that a review's volatility is taken over, where none is missing. */
const WINDOW_BARS = 720;

/** Closed bars of several pairs, oldest first, for shadow accounts to walk along. */
export class CandleHistory {
  private readonly bars = new Map<Pair, Candle[]>();
  private readonly barMs: number;

  /** `barMs`: length of the bars. */
  constructor(barMs: number) {
    this.barMs = barMs;
  }

  /** Open time of the first bar that a window up to `barMs` may need. */
  windowStart(barMs: number): number {
    return barMs - (WINDOW_BARS - 1) * this.barMs;
  }

  /** Bars of one pair in ascending order, all after those that are there. */
  append(pair: Pair, candles: readonly Candle[]): void {
    const known = this.bars.get(pair) ?? [];
    for (const candle of candles) {
      if (candle.timeMs > (known.at(-1)?.timeMs ?? -Infinity)) known.push(candle);
    }
    this.bars.set(pair, known);
  }

  /** Open time of the latest bar of a pair, or null. */
  latest(pair: Pair): number | null {
    return this.bars.get(pair)?.at(-1)?.timeMs ?? null;
  }

  /** Forgets what no window up to `barMs` or later needs. */
  trim(barMs: number): void {
    for (const known of this.bars.values()) {
      const end = indexFrom(known, this.windowStart(barMs));
      if (end > WINDOW_BARS) known.splice(0, end);
    }
  }

  /** Open times at which any of the pairs has a bar, after `fromMs` and up to `toMs`. */
  times(pairs: readonly Pair[], fromMs: number, toMs: number): number[] {
    const times = new Set<number>();
    for (const pair of pairs) {
      const known = this.bars.get(pair) ?? [];
      for (let i = indexFrom(known, fromMs); i < known.length; i++) {
        const { timeMs } = known[i]!;
        if (timeMs > toMs) break;
        if (timeMs > fromMs) times.add(timeMs);
      }
    }
    return [...times].sort((a, b) => a - b);
  }

  /** The bar that opened at `barMs`, or null. */
  at(pair: Pair, barMs: number): CandleColumns | null {
    const known = this.bars.get(pair) ?? [];
    const bar = known[indexFrom(known, barMs)];
    return bar?.timeMs === barMs ? columnsOf([bar]) : null;
  }

  /** The bars of 720 bar lengths, the last of which opened at `barMs`. */
  window(pair: Pair, barMs: number): CandleColumns {
    const known = this.bars.get(pair) ?? [];
    const from = indexFrom(known, this.windowStart(barMs));
    return columnsOf(known.slice(from, indexFrom(known, barMs + 1)));
  }

  /** Close of the latest bar that opened at or before `barMs`, or null. */
  closeBy(pair: Pair, barMs: number): number | null {
    const known = this.bars.get(pair) ?? [];
    return known[indexFrom(known, barMs + 1) - 1]?.close ?? null;
  }
}

/** Index of the first bar that opened at `timeMs` or later. */
function indexFrom(bars: readonly Candle[], timeMs: number): number {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bars[middle]!.timeMs < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function columnsOf(bars: readonly Candle[]): CandleColumns {
  const n = bars.length;
  const [timeMs, open, high] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const [low, close, volume] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const bar = bars[i]!;
    timeMs[i] = bar.timeMs;
    open[i] = bar.open;
    high[i] = bar.high;
    low[i] = bar.low;
    close[i] = bar.close;
    volume[i] = bar.volume;
  }
  return { timeMs, open, high, low, close, volume };
}
