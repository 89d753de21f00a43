import { stationaryIndexes, type Random } from './bootstrap.ts';

/**
 * Model confidence set (Hansen, Lunde and Nason 2011) over the means of several series of one length: those
 * that cannot be told from the best one. Equal ability is tested by the largest t statistic (T max) under the
 * stationary bootstrap, all series resampled together; while it is rejected at `alpha` the worst is dropped.
 * Returns indexes in ascending order. With everybody in it nothing was found out.
 */
export function confidenceSet(
  series: readonly ArrayLike<number>[],
  options: { random: Random; alpha?: number; meanBlock?: number; draws?: number },
): number[] {
  const { random, alpha = 0.1, meanBlock = 7, draws = 2000 } = options;
  const n = series[0]?.length ?? 0;
  let left = series.map((_, k) => k);
  if (n < 2) return left;
  const means = series.map((values) => mean(values, null));
  const rows = new Int32Array(n);
  /** Means of each draw, less the sample's. */
  const drawn = Array.from({ length: draws }, () => {
    stationaryIndexes(rows, meanBlock, random);
    return Float64Array.from(series, (values, k) => mean(values, rows) - means[k]!);
  });
  while (left.length > 1) {
    const centre = average(left, (k) => means[k]!);
    const centres = drawn.map((draw) => average(left, (k) => draw[k]!));
    const spread = left.map((k) =>
      Math.sqrt(average(drawn, (draw, d) => (draw[k]! - centres[d]!) ** 2)),
    );
    // How far below the mean of those left, in its own uncertainty; who never differs is never far.
    const below = (value: number, i: number): number => (spread[i]! > 0 ? -value / spread[i]! : 0);
    const observed = left.map((k, i) => below(means[k]! - centre, i));
    const worst = Math.max(...observed);
    const reached = drawn.filter(
      (draw, d) => Math.max(...left.map((k, i) => below(draw[k]! - centres[d]!, i))) >= worst,
    ).length;
    if (reached / draws >= alpha) break;
    left = left.filter((_, i) => observed[i] !== worst);
  }
  return left;
}

function mean(values: ArrayLike<number>, rows: Int32Array | null): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[rows === null ? i : rows[i]!]!;
  return sum / values.length;
}

function average<T>(items: readonly T[], pick: (item: T, index: number) => number): number {
  return items.reduce((sum, item, i) => sum + pick(item, i), 0) / items.length;
}
