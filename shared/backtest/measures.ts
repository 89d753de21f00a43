import { bootstrapInterval, type Interval, type Random } from '../statistics/bootstrap.ts';
import { DAYS_PER_YEAR, dailyReturns } from '../statistics/daily-returns.ts';
import { moments } from '../statistics/moments.ts';
import { minimumTrackRecord, probabilisticSharpe } from '../statistics/probabilistic-sharpe.ts';
import {
  annualGrowth,
  dailySharpe,
  maxDrawdown,
  sharpeRatio,
  sortinoRatio,
} from '../statistics/ratios.ts';

/** Measures of daily marked equity; ratios are annualised by 365, NaN where they are not known. */
export interface EquityMeasures {
  days: number;
  /** End over start less 1. */
  totalReturn: number;
  annualGrowth: number;
  sharpe: number;
  sharpeInterval: Interval;
  sortino: number;
  calmar: number;
  /** Of the daily marks, as a share, and its longest time under water in days. */
  maxDrawdown: number;
  longestDrawdownDays: number;
  /** Probability that the true Sharpe ratio is above 0. */
  probabilisticSharpe: number;
  /** Days needed for 95 % confidence in a Sharpe ratio above 0, were it the true one. */
  minimumTrackDays: number;
}

const DRAWS = 2000;
/** Fewer daily returns than these, resampled, would show an interval of chance. */
export const LEAST_RETURNS = 20;
const UNKNOWN: Interval = { low: NaN, high: NaN };

export function equityMeasures(
  dayMs: readonly number[],
  equity: ArrayLike<number>,
  start: number,
  random: Random,
): EquityMeasures {
  const returns = dailyReturns(dayMs, equity);
  const end = equity[equity.length - 1] ?? start;
  const growth = annualGrowth(start, end, dayMs.length);
  const drawdown = maxDrawdown(equity);
  const { skew, kurtosis } = moments(returns);
  return {
    days: dayMs.length,
    totalReturn: end / start - 1,
    annualGrowth: growth,
    sharpe: sharpeRatio(returns),
    sharpeInterval: sharpeInterval(returns, random),
    sortino: sortinoRatio(returns),
    calmar: drawdown.depth > 0 ? growth / drawdown.depth : NaN,
    maxDrawdown: drawdown.depth,
    longestDrawdownDays: drawdown.longest,
    probabilisticSharpe: probabilisticSharpe(returns),
    minimumTrackDays: minimumTrackRecord(dailySharpe(returns), skew, kurtosis),
  };
}

/** 95 % interval of the annualised Sharpe ratio by the stationary bootstrap; NaN for too few returns. */
export function sharpeInterval(returns: Float64Array, random: Random): Interval {
  if (returns.length < LEAST_RETURNS) return UNKNOWN;
  return bootstrapInterval([returns], ([r]) => sharpeRatio(r!), { random, draws: DRAWS });
}

export interface Comparison {
  baseline: string;
  measures: EquityMeasures;
  /** Sharpe ratio of the study less that of the baseline, and its interval. */
  sharpeDifference: number;
  interval: Interval;
  /** In plain words. */
  verdict: string;
}

/** Compares two accounts day by day, resampling both together. */
export function compareWith(
  baseline: string,
  dayMs: readonly number[],
  equity: ArrayLike<number>,
  other: ArrayLike<number>,
  otherStart: number,
  random: Random,
): Comparison {
  const ours = dailyReturns(dayMs, equity);
  const theirs = dailyReturns(dayMs, other);
  const paired = pairedSharpe(ours, theirs, random);
  const interval = ours.length < LEAST_RETURNS ? UNKNOWN : paired.interval;
  return {
    baseline,
    measures: equityMeasures(dayMs, other, otherStart, random),
    sharpeDifference: paired.difference,
    interval,
    verdict: verdictOf(baseline, interval),
  };
}

/** Sharpe ratio of one series of daily returns less that of another, and its interval: both resampled together. */
export function pairedSharpe(
  ours: Float64Array,
  theirs: Float64Array,
  random: Random,
  confidence = 0.95,
): { difference: number; interval: Interval } {
  const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    // A side that never moves has no ratio of its own; against it the other's counts as it is.
    const ratio = (r: ArrayLike<number>): number => {
      const s = dailySharpe(r);
      return Number.isNaN(s) ? 0 : s * Math.sqrt(DAYS_PER_YEAR);
    };
    return ratio(a) - ratio(b);
  };
  return {
    difference: difference(ours, theirs),
    interval: bootstrapInterval([ours, theirs], ([a, b]) => difference(a!, b!), {
      ...{ random, confidence, draws: DRAWS },
    }),
  };
}

function verdictOf(baseline: string, { low, high }: Interval): string {
  if (Number.isNaN(low)) return `too few days to tell from ${baseline}`;
  if (low > 0) return `better than ${baseline} in return for risk`;
  if (high < 0) return `worse than ${baseline} in return for risk`;
  return `not distinguishable from ${baseline}`;
}
