import type { DeciderRecord } from './settings.ts';

/** Cases after which a decider's own recalibration counts in full. */
const PROVEN_CASES = 100;
/** Cases at which half of a weight is earned, half is equal. */
const HALF_EARNED = 200;
/** Learning rate of the weights; 2 is the most at which they are safe for the Brier score. */
const LEARNING = 2;

export interface Forecast {
  /** Probability that a long reaches its target before its stop; null when absent. */
  p: number | null;
  record: DeciderRecord | null;
}

/**
 * Weights of deciders by past Brier scores, adding to 1: raw weights exp(-eta * excess Brier sum), each shrunk to
 * the equal one, w = k * raw + (1 - k) / M with k = n / (n + 200). A decider without a record is taken at the mean
 * score of those with one. `excess` is over the best, which changes no ratio and keeps the exponents small.
 */
export function scoreWeights(records: readonly (DeciderRecord | null)[]): number[] {
  const known = records.filter((r) => r !== null && r.resolved > 0) as DeciderRecord[];
  const mean = (r: DeciderRecord): number => r.brierSum / r.resolved;
  const typical = known.length === 0 ? 0 : known.reduce((s, r) => s + mean(r), 0) / known.length;
  // all are compared over the same number of cases, that of the least known
  const cases = known.length === 0 ? 0 : Math.min(...known.map((r) => r.resolved));
  const sums = records.map((r) => (r !== null && r.resolved > 0 ? mean(r) : typical) * cases);
  const best = Math.min(...sums);
  const raw = sums.map((sum) => Math.exp(-LEARNING * (sum - best)));
  const total = raw.reduce((a, b) => a + b, 0);
  const k = cases / (cases + HALF_EARNED);
  return raw.map((w) => (k * w) / total + (1 - k) / records.length);
}

/**
 * Pooled probability: logit p = a * sum of w * (alpha + beta * logit p_m). Each decider's (alpha, beta) is drawn to
 * (0, 0.5), half-hearted as models are overconfident, until it has 100 resolved cases. One that is absent stands
 * at log-odds 0 with its weight, so that absences pull towards doing nothing. `sharpness` is a.
 */
export function pooledProbability(forecasts: readonly Forecast[], sharpness: number): number {
  const weights = scoreWeights(forecasts.map((f) => f.record));
  let logOdds = 0;
  forecasts.forEach(({ p, record }, n) => {
    if (p === null) return;
    const earned = Math.min(1, (record?.resolved ?? 0) / PROVEN_CASES);
    const alpha = earned * (record?.alpha ?? 0);
    const beta = earned * (record?.beta ?? 0) + (1 - earned) * 0.5;
    logOdds += (weights[n] ?? 0) * (alpha + beta * logit(p));
  });
  return 1 / (1 + Math.exp(-sharpness * logOdds));
}

function logit(p: number): number {
  const clipped = Math.min(0.99, Math.max(0.01, p));
  return Math.log(clipped / (1 - clipped));
}
