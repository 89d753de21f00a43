/** A source of numbers in [0, 1). */
export type Random = () => number;

export interface Interval {
  low: number;
  high: number;
}

/**
 * Row numbers of one stationary bootstrap sample (Politis and Romano 1994): blocks of geometric length with
 * mean `meanBlock`, wrapping around. Written to `into`, which is as long as the sample.
 */
export function stationaryIndexes(into: Int32Array, meanBlock: number, random: Random): void {
  const n = into.length;
  const renew = 1 / meanBlock;
  let at = 0;
  for (let i = 0; i < n; i++) {
    if (i === 0 || random() < renew) at = Math.floor(random() * n);
    else at = at + 1 === n ? 0 : at + 1;
    into[i] = at;
  }
}

/**
 * Percentile interval of a statistic by the stationary bootstrap. `series` are resampled together, row by
 * row, so that what moves together stays together. Draws whose statistic is NaN are left out; NaN bounds when
 * none is left.
 */
export function bootstrapInterval(
  series: readonly Float64Array[],
  statistic: (resampled: readonly Float64Array[]) => number,
  options: { random: Random; meanBlock?: number; draws?: number; confidence?: number },
): Interval {
  const { random, meanBlock = 7, draws = 5000, confidence = 0.95 } = options;
  const n = series[0]?.length ?? 0;
  if (n < 2) return { low: NaN, high: NaN };
  const rows = new Int32Array(n);
  const resampled = series.map(() => new Float64Array(n));
  const values: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    stationaryIndexes(rows, meanBlock, random);
    for (let s = 0; s < series.length; s++) {
      const from = series[s]!;
      const to = resampled[s]!;
      for (let i = 0; i < n; i++) to[i] = from[rows[i]!]!;
    }
    const value = statistic(resampled);
    if (!Number.isNaN(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return {
    low: percentile(values, (1 - confidence) / 2),
    high: percentile(values, (1 + confidence) / 2),
  };
}

/** Percentile of ascending values, between neighbours in proportion. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  const n = ascending.length;
  if (n === 0) return NaN;
  const at = share * (n - 1);
  const below = Math.floor(at);
  const above = Math.min(n - 1, below + 1);
  return ascending[below]! + (at - below) * (ascending[above]! - ascending[below]!);
}
