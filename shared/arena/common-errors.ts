/** Predictions that both have made; a correlation of fewer says nothing. */
const LEAST_COMMON = 30;

/** What one decider was off by, by the case that it answered (pair and time). */
export type Errors = ReadonlyMap<string, number>;

export interface CommonErrors {
  deciders: number;
  /** Mean over all pairs of deciders. */
  correlation: number;
  /** How many deciders with errors of their own these are worth: n / (1 + (n - 1) * correlation). */
  effective: number;
  /** Cases that the pair with the fewest has in common. */
  cases: number;
}

/**
 * How far deciders err together: the correlation of what came less what was said (1 or 0, less the confidence), in
 * the cases that two have both answered. Null unless two deciders have 30 of them, or where nothing varies. Deciders
 * with fewer are left out.
 */
export function commonErrors(all: readonly Errors[]): CommonErrors | null {
  const told = all.filter((errors) => errors.size >= LEAST_COMMON);
  const found = told.flatMap((a, i) => told.slice(i + 1).map((b) => correlationOf(a, b)));
  const known = found.filter((each) => each.cases >= LEAST_COMMON && !Number.isNaN(each.rho));
  if (known.length === 0) return null;
  const correlation = known.reduce((sum, { rho }) => sum + rho, 0) / known.length;
  const n = told.length;
  return {
    deciders: n,
    correlation,
    // Errors that cancel are not counted as more deciders than there are.
    effective: n / (1 + (n - 1) * Math.max(0, correlation)),
    cases: Math.min(...known.map((each) => each.cases)),
  };
}

function correlationOf(a: Errors, b: Errors): { cases: number; rho: number } {
  const both = [...a].flatMap(([key, x]) => {
    const y = b.get(key);
    return y === undefined ? [] : [[x, y] as const];
  });
  const cases = both.length;
  const mean = (k: 0 | 1): number => both.reduce((sum, pair) => sum + pair[k], 0) / cases;
  const [x0, y0] = [mean(0), mean(1)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of both) {
    xx += (x - x0) ** 2;
    yy += (y - y0) ** 2;
    xy += (x - x0) * (y - y0);
  }
  return { cases, rho: xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : NaN };
}

/** The same in a plain sentence. */
export function commonErrorsWords(common: CommonErrors): string {
  const { deciders, correlation, effective, cases } = common;
  return (
    `Errors of ${deciders} deciders correlate by ${correlation.toFixed(2)} (at least ${cases} common predictions): ` +
    `together they are worth ${effective.toFixed(1)} with errors of their own`
  );
}
