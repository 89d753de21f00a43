import { DAYS_PER_YEAR } from './daily-returns.ts';
import { moments } from './moments.ts';

/** Mean over standard deviation of daily returns, not annualised; NaN when nothing varies. */
export function dailySharpe(returns: ArrayLike<number>): number {
  const { mean, sd } = moments(returns);
  return sd > 0 ? mean / sd : NaN;
}

/** Annualised for markets that never close: daily ratio times the root of 365. */
export function sharpeRatio(returns: ArrayLike<number>): number {
  return dailySharpe(returns) * Math.sqrt(DAYS_PER_YEAR);
}

/**
 * Annualised mean over the root mean square of the returns below `least` a day, taken over all days.
 * NaN when no day was below.
 */
export function sortinoRatio(returns: ArrayLike<number>, least = 0): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < returns.length; i++) {
    const over = returns[i]! - least;
    sum += over;
    if (over < 0) squares += over * over;
  }
  const downside = Math.sqrt(squares / returns.length);
  return downside > 0 ? (sum / returns.length / downside) * Math.sqrt(DAYS_PER_YEAR) : NaN;
}

/** Growth per year, e.g. 0.2 for 20 %, of an account over so many days. NaN for no days or a lost account. */
export function annualGrowth(start: number, end: number, days: number): number {
  if (!(days > 0) || !(end > 0) || !(start > 0)) return NaN;
  return (end / start) ** (DAYS_PER_YEAR / days) - 1;
}

export interface Drawdown {
  /** Deepest fall from a peak, as a share: 0.25 for 25 %. */
  depth: number;
  /** Longest time below a peak, in marks; it may still last. */
  longest: number;
}

/** Drawdown of marked equity. */
export function maxDrawdown(equity: ArrayLike<number>): Drawdown {
  let peak = -Infinity;
  let depth = 0;
  let longest = 0;
  let below = 0;
  for (let i = 0; i < equity.length; i++) {
    if (equity[i]! >= peak) {
      peak = equity[i]!;
      below = 0;
      continue;
    }
    below++;
    if (below > longest) longest = below;
    depth = Math.max(depth, 1 - equity[i]! / peak);
  }
  return { depth, longest };
}
