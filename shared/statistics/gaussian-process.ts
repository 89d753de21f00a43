import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/** What a process believes at a point: mean and standard deviation, in the units of the values it was fitted to. */
export interface Belief {
  mean: number;
  deviation: number;
}

const LENGTHS = [0.1, 0.2, 0.4, 0.8, 1.6];
const NOISES = [1e-4, 1e-2, 1e-1, 0.5];
const MATERN = Math.sqrt(5);

/** Likeness of two points of the unit cube, 1 for the same: Matern 5/2. */
export function likeness(a: readonly number[], b: readonly number[], length: number): number {
  let square = 0;
  for (let k = 0; k < a.length; k++) square += (a[k]! - b[k]!) ** 2;
  const d = (MATERN * Math.sqrt(square)) / length;
  return (1 + d + (d * d) / 3) * Math.exp(-d);
}

export interface GaussianProcess {
  /** Chosen length of the likeness, 1 being a side of the cube. */
  length: number;
  at(points: readonly (readonly number[])[]): Belief[];
}

/**
 * A Gaussian process through `values` at `points` of the unit cube, at least two. Length and noise are those
 * of a fixed list under which the values are likeliest; values are standardised first.
 */
export function gaussianProcess(
  points: readonly (readonly number[])[],
  values: readonly number[],
): GaussianProcess {
  const n = points.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n) || 1;
  const y = Matrix.columnVector(values.map((v) => (v - mean) / spread));
  let best: { likelihood: number; length: number; solved: CholeskyDecomposition } | null = null;
  for (const length of LENGTHS) {
    const alike = new Matrix(n, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const value = likeness(points[i]!, points[j]!, length);
        alike.set(i, j, value);
        alike.set(j, i, value);
      }
    }
    for (const noise of NOISES) {
      const solved = new CholeskyDecomposition(Matrix.add(alike, Matrix.eye(n, n).mul(noise)));
      if (!solved.isPositiveDefinite()) continue;
      const likelihood = logLikelihood(solved, y);
      if (best === null || likelihood > best.likelihood) best = { likelihood, length, solved };
    }
  }
  if (best === null) throw new Error(`no Gaussian process fits ${n} points`);
  const { length, solved } = best;
  const weights = solved.solve(y);
  return {
    length,
    at(wanted) {
      const toKnown = new Matrix(n, wanted.length);
      wanted.forEach((point, k) => {
        for (let i = 0; i < n; i++) toKnown.set(i, k, likeness(points[i]!, point, length));
      });
      const explained = solved.solve(toKnown);
      return wanted.map((_, k) => {
        let m = 0;
        let known = 0;
        for (let i = 0; i < n; i++) {
          m += toKnown.get(i, k) * weights.get(i, 0);
          known += toKnown.get(i, k) * explained.get(i, k);
        }
        return { mean: mean + spread * m, deviation: spread * Math.sqrt(Math.max(0, 1 - known)) };
      });
    },
  };
}

/** Up to a constant of the number of points. */
function logLikelihood(solved: CholeskyDecomposition, y: Matrix): number {
  const fit = y.transpose().mmul(solved.solve(y)).get(0, 0);
  const lower = solved.lowerTriangularMatrix;
  let logs = 0;
  for (let i = 0; i < lower.rows; i++) logs += Math.log(lower.get(i, i));
  return -fit / 2 - logs;
}
