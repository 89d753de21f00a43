export interface Moments {
  count: number;
  mean: number;
  /** Sample standard deviation (n - 1). */
  sd: number;
  /** Third standardised moment; 0 for a symmetric sample. */
  skew: number;
  /** Fourth standardised moment; 3 for a normal distribution. */
  kurtosis: number;
}

/** Moments of a sample; NaN where there are too few values, or none that differ. */
export function moments(values: ArrayLike<number>): Moments {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]!;
  const mean = sum / n;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < n; i++) {
    const d = values[i]! - mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  const variance = m2 / n;
  return {
    count: n,
    mean,
    sd: Math.sqrt(m2 / (n - 1)),
    skew: m3 / n / variance ** 1.5,
    kurtosis: m4 / n / (variance * variance),
  };
}
