import { moments } from './moments.ts';
import { normalCdf, normalQuantile } from './normal.ts';

/**
 * Probability that the true Sharpe ratio lies above `benchmark`, from the sample's length, skew and
 * kurtosis (Bailey and López de Prado 2012). Ratios are per period, not annualised. NaN when nothing varies.
 */
export function probabilisticSharpe(returns: ArrayLike<number>, benchmark = 0): number {
  const m = moments(returns);
  const sharpe = m.mean / m.sd;
  return psrOf(sharpe, benchmark, m.count, m.skew, m.kurtosis);
}

/** The probability that a true Sharpe ratio lies above `benchmark`; ratios per period, of `count` periods. */
export function psrOf(
  sharpe: number,
  benchmark: number,
  count: number,
  skew: number,
  kurtosis: number,
): number {
  const spread = Math.sqrt(1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe);
  return normalCdf(((sharpe - benchmark) * Math.sqrt(count - 1)) / spread);
}

/**
 * Periods needed until a Sharpe ratio like this one is above `benchmark` with `confidence`. Infinity when
 * it is not above.
 */
export function minimumTrackRecord(
  sharpe: number,
  skew: number,
  kurtosis: number,
  benchmark = 0,
  confidence = 0.95,
): number {
  if (!(sharpe > benchmark)) return Infinity;
  const spread = 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return 1 + spread * (normalQuantile(confidence) / (sharpe - benchmark)) ** 2;
}

const EULER_GAMMA = 0.577_215_664_901_532_9;

/** The best Sharpe ratio to expect by luck alone of `trials` tries whose ratios vary by `variance`. */
export function expectedBestSharpe(variance: number, trials: number): number {
  if (trials <= 1) return 0;
  return (
    Math.sqrt(variance) *
    ((1 - EULER_GAMMA) * normalQuantile(1 - 1 / trials) +
      EULER_GAMMA * normalQuantile(1 - 1 / (trials * Math.E)))
  );
}

/**
 * Deflated Sharpe ratio (2014): the probability that the true ratio lies above what luck would give the best
 * of all trials. `trialSharpes` are the per-period ratios of every trial made; those without a ratio count
 * as tries.
 */
export function deflatedSharpe(
  returns: ArrayLike<number>,
  trialSharpes: ArrayLike<number>,
): number {
  const known = Array.from(trialSharpes).filter((s) => !Number.isNaN(s));
  const variance = known.length > 1 ? moments(known).sd ** 2 : 0;
  return probabilisticSharpe(returns, expectedBestSharpe(variance, trialSharpes.length));
}
