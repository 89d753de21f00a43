const DAY_MS = 86_400_000;

/** Days in a year for markets that never close. */
export const DAYS_PER_YEAR = 365;

/**
 * Simple returns from one UTC day to the next, flat days included. `dayMs` are the starts of the days,
 * ascending. A change over missing days is left out: it is no daily return and must not be spread over them.
 */
export function dailyReturns(dayMs: ArrayLike<number>, equity: ArrayLike<number>): Float64Array {
  const returns = new Float64Array(Math.max(0, equity.length - 1));
  let count = 0;
  for (let i = 1; i < equity.length; i++) {
    if (dayMs[i]! - dayMs[i - 1]! !== DAY_MS) continue;
    returns[count++] = equity[i]! / equity[i - 1]! - 1;
  }
  return returns.slice(0, count);
}
