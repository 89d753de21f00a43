/** Standard normal distribution function, to about 1e-15 (West 2005, after Hart). */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  let upper: number;
  if (z > 37) {
    upper = 0;
  } else {
    const tail = Math.exp((-z * z) / 2);
    if (z < 7.07106781186547) {
      const top =
        (((((3.52624965998911e-2 * z + 0.700383064443688) * z + 6.37396220353165) * z +
          33.912866078383) *
          z +
          112.079291497871) *
          z +
          221.213596169931) *
          z +
        220.206867912376;
      const bottom =
        ((((((8.83883476483184e-2 * z + 1.75566716318264) * z + 16.064177579207) * z +
          86.7807322029461) *
          z +
          296.564248779674) *
          z +
          637.333633378831) *
          z +
          793.826512519948) *
          z +
        440.413735824752;
      upper = (tail * top) / bottom;
    } else {
      const fraction = z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))));
      upper = tail / fraction / 2.506628274631;
    }
  }
  return x > 0 ? 1 - upper : upper;
}

/** Density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * Inverse of `normalCdf` for 0 < p < 1 (Acklam's approximation, sharpened by one Halley step); ∓Infinity at
 * 0 and 1.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return -Infinity;
  if (!(p < 1)) return Infinity;
  const x = acklam(p);
  const error = normalCdf(x) - p;
  const step = error * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2);
  return x - step / (1 + (x * step) / 2);
}

const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
] as const;
const B = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
] as const;
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
] as const;
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416] as const;

function acklam(p: number): number {
  const low = 0.02425;
  if (p > 1 - low) return -acklam(1 - p);
  if (p >= low) {
    const q = p - 0.5;
    const r = q * q;
    const top = (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q;
    return top / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1);
  }
  const q = Math.sqrt(-2 * Math.log(p));
  const top = ((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5];
  return top / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1);
}
