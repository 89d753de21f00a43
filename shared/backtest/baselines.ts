import type { CandleColumns } from '../candle.ts';

const DAY_MS = 86_400_000;

/** Last close of each UTC day in `dayMs`; a day without a bar keeps the close before it (or the first open). */
export function dailyCloses(bars: CandleColumns, dayMs: readonly number[]): Float64Array {
  const { timeMs, close } = bars;
  const closes = new Float64Array(dayMs.length);
  let last = bars.open[0] ?? NaN;
  let i = 0;
  for (let d = 0; d < dayMs.length; d++) {
    const end = dayMs[d]! + DAY_MS;
    while (i < timeMs.length && timeMs[i]! < end) last = close[i++]!;
    closes[d] = last;
  }
  return closes;
}

/** Equity by day of buying one asset on the first day with everything and holding it. */
export function holdEquity(closes: Float64Array, start: number, takerFee: number): Float64Array {
  const bought = (start * (1 - takerFee)) / closes[0]!;
  return closes.map((close) => bought * close);
}

/**
 * Equity by day of equal parts in cash and each asset, rebalanced at the day's close when a part is more
 * than `band` away from its share: half-way back, paying the taker fee on what is traded.
 */
export function bandedEquity(
  closes: readonly Float64Array[],
  start: number,
  takerFee: number,
  band = 0.05,
): Float64Array {
  const parts = closes.length + 1;
  const share = 1 / parts;
  const quantities = closes.map((c) => (start * share * (1 - takerFee)) / c[0]!);
  let cash = start * share;
  const days = closes[0]?.length ?? 0;
  const equity = new Float64Array(days);
  for (let d = 0; d < days; d++) {
    const values = closes.map((c, k) => quantities[k]! * c[d]!);
    const total = cash + values.reduce((a, b) => a + b, 0);
    const isOff = [cash, ...values].some((value) => Math.abs(value / total - share) > band);
    if (isOff) {
      closes.forEach((c, k) => {
        const trade = (share * total - values[k]!) / 2;
        quantities[k]! += trade / c[d]!;
        cash -= trade + Math.abs(trade) * takerFee;
      });
    }
    equity[d] = cash + closes.reduce((sum, c, k) => sum + quantities[k]! * c[d]!, 0);
  }
  return equity;
}
