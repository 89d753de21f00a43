import type { Action } from '../decision.ts';
import type { Vote } from './consensus.ts';
import { logOdds, probabilityOf } from './log-odds.ts';
import { UNPROVEN } from './recalibration.ts';
import type { DeciderRecord } from './settings.ts';

/** Independent cases at which half of a weight is earned, half is equal. */
const HALF_EARNED = 200;
/** Learning rate of the weights; 2 is the most at which they are safe for the Brier score. */
const LEARNING = 2;

export interface Forecast {
  vote: Vote;
  /** As it was said; of no meaning for an absence. */
  confidence: number;
  /** Null of one that is unproven. */
  record: DeciderRecord | null;
}

/**
 * Weights of deciders by past Brier scores, adding to 1. With n independent cases of decider m, its mean score b
 * over all its cases, b* the mean score of all cases of all, and M deciders:
 *
 *     raw = exp(-eta * n * (b - b*)),   k = n / (n + 200),
 *     w = (1 - k) / M + (sum of k) / M * k * raw / (sum of k * raw)
 *
 * Exponential weights, each shrunk to the equal one by what it has earned: one without cases has exactly 1 / M,
 * and one that has just come takes nothing from what the others have earned. Where all have the same n this is
 * w = k * raw / (sum of raw) + (1 - k) / M.
 */
export function scoreWeights(records: readonly (DeciderRecord | null)[]): number[] {
  const known = records.map((r) => (r === null || r.resolved === 0 ? null : r));
  const sum = (of: (r: DeciderRecord) => number): number =>
    known.reduce((total, r) => total + (r === null ? 0 : of(r)), 0);
  const typical =
    sum((r) => r.brierSum) /
    Math.max(
      1,
      sum((r) => r.resolved),
    );
  const evidence = known.map((r) =>
    r === null ? 0 : -LEARNING * r.independent * (r.brierSum / r.resolved - typical),
  );
  // Relative to the best, which changes no ratio and keeps the exponents small.
  const best = Math.max(...known.map((r, m) => (r === null ? -Infinity : evidence[m]!)));
  const earned = known.map((r) => (r === null ? 0 : r.independent / (r.independent + HALF_EARNED)));
  const raw = earned.map((k, m) => (k === 0 ? 0 : k * Math.exp(evidence[m]! - best)));
  const total = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
  const [allEarned, allRaw] = [total(earned), total(raw)];
  return earned.map(
    (k, m) => (1 - k + (allRaw === 0 ? 0 : (allEarned * raw[m]!) / allRaw)) / records.length,
  );
}

/** What a decider's confidence of p comes to, by its record: log-odds alpha + beta * logit p. */
export function recalibratedOdds(p: number, record: DeciderRecord | null): number {
  const { alpha, beta } = record ?? UNPROVEN;
  return alpha + beta * logOdds(p);
}

/** What a confidence of p comes to, by the decider's record. */
export function recalibrated(p: number, record: DeciderRecord | null): number {
  return probabilityOf(recalibratedOdds(p, record));
}

/**
 * Pooled probability that an entry on this side reaches its target before its stop:
 * logit p = a * sum of w * z, z the recalibrated log-odds of each decider.
 *
 * - One that says this side counts as it is, and so does a hold for a long: its confidence is that of the default
 *   long.
 * - One that says the other side, and a hold for a short, counts against as much as it is sure of it, and never
 *   for: that a long's target is not reached does not make that of a short be reached.
 * - One that says close or is absent stands at log-odds 0 with its weight, so that absences pull towards doing
 *   nothing.
 *
 * So at most one side is above 1/2. `sharpness` is a.
 */
export function pooledProbability(
  side: Extract<Action, 'long' | 'short'>,
  forecasts: readonly Forecast[],
  sharpness: number,
): number {
  const weights = scoreWeights(forecasts.map((f) => f.record));
  const odds = forecasts.map((forecast, m) => weights[m]! * (sideOdds(side, forecast) ?? 0));
  return probabilityOf(sharpness * odds.reduce((a, b) => a + b, 0));
}

/**
 * How far those who answered are from each other about a side: the standard deviation of their recalibrated
 * probabilities; 0 of fewer than two.
 */
export function spreadOfSide(
  side: Extract<Action, 'long' | 'short'>,
  forecasts: readonly Forecast[],
): number {
  const told = forecasts.flatMap((forecast) => {
    const odds = sideOdds(side, forecast);
    return odds === null ? [] : [probabilityOf(odds)];
  });
  if (told.length < 2) return 0;
  const mean = told.reduce((a, b) => a + b, 0) / told.length;
  return Math.sqrt(told.reduce((sum, p) => sum + (p - mean) ** 2, 0) / told.length);
}

/** What one decider's answer says for a side; null where it says nothing of one. */
function sideOdds(
  side: Extract<Action, 'long' | 'short'>,
  { vote, confidence, record }: Forecast,
): number | null {
  if (vote === 'absent' || vote === 'close') return null;
  const sure = recalibratedOdds(confidence, record);
  const isFor = vote === side || (vote === 'hold' && side === 'long');
  return isFor ? sure : Math.min(0, -sure);
}
