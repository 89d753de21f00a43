import { bootstrapInterval, type Interval, type Random } from '../statistics/bootstrap.ts';
import { wilsonInterval } from '../statistics/wilson.ts';

const DAY_MS = 86_400_000;
const BINS = 5;
/** Confidence this near to 0 or 1 counts as this near for the log score: one surprise must not be infinite. */
const CLIP = 0.01;
const DRAWS = 2000;

/** A prediction whose outcome is known. */
export interface Resolved {
  confidence: number;
  hit: boolean;
  /** Venue time of the decision. */
  atMs: number;
}

export interface PredictionScore {
  count: number;
  hits: number;
  meanConfidence: number;
  /** Share that came true, with Wilson's interval, as if they were independent: they overlap, so it is too narrow. */
  hitRate: number;
  hitRateInterval: Interval;
  /** Mean squared error of the confidence; less is better. */
  brier: number;
  /** Mean of -ln of the probability given to what happened; less is better. */
  logScore: number;
  /** 1 - brier / (brier of saying the hit rate each time); above 0 the confidence tells something. */
  skill: number;
  /** By days as blocks; NaN bounds when nothing varies. */
  skillInterval: Interval;
  /** Equal numbers of predictions, from the least confident on. */
  calibration: { count: number; meanConfidence: number; hitRate: number }[];
}

/** Proper scores of a decider's confidence; null without predictions. */
export function predictionScore(
  resolved: readonly Resolved[],
  random: Random,
): PredictionScore | null {
  const count = resolved.length;
  if (count === 0) return null;
  const sum = (pick: (r: Resolved) => number): number =>
    resolved.reduce((total, each) => total + pick(each), 0);
  const hits = sum((r) => Number(r.hit));
  const brier = sum(squaredError) / count;
  const byDay = [...Map.groupBy(resolved, (r) => Math.floor(r.atMs / DAY_MS)).entries()]
    .sort(([a], [b]) => a - b)
    .map(([, list]) => list);
  const perDay = (pick: (r: Resolved) => number): Float64Array =>
    Float64Array.from(byDay, (list) => list.reduce((total, each) => total + pick(each), 0));
  return {
    count,
    hits,
    meanConfidence: sum((r) => r.confidence) / count,
    hitRate: hits / count,
    hitRateInterval: wilsonInterval(hits, count),
    brier,
    logScore: sum(logLoss) / count,
    skill: skillOf(brier, hits / count),
    skillInterval: bootstrapInterval(
      [perDay(squaredError), perDay((r) => Number(r.hit)), perDay(() => 1)],
      ([errors, wins, counts]) => {
        const n = total(counts!);
        return skillOf(total(errors!) / n, total(wins!) / n);
      },
      { random, draws: DRAWS },
    ),
    calibration: calibrationOf(resolved),
  };
}

function squaredError({ confidence, hit }: Resolved): number {
  return (confidence - Number(hit)) ** 2;
}

function logLoss({ confidence, hit }: Resolved): number {
  const p = Math.min(1 - CLIP, Math.max(CLIP, confidence));
  return -Math.log(hit ? p : 1 - p);
}

function skillOf(brier: number, rate: number): number {
  const base = rate * (1 - rate);
  return base > 0 ? 1 - brier / base : NaN;
}

function calibrationOf(resolved: readonly Resolved[]): PredictionScore['calibration'] {
  const sorted = [...resolved].sort((a, b) => a.confidence - b.confidence || a.atMs - b.atMs);
  const bins = Math.min(BINS, sorted.length);
  return Array.from({ length: bins }, (_, k) => {
    const part = sorted.slice(
      Math.round((k * sorted.length) / bins),
      Math.round(((k + 1) * sorted.length) / bins),
    );
    const mean = (pick: (r: Resolved) => number): number =>
      part.reduce((all, each) => all + pick(each), 0) / part.length;
    return {
      count: part.length,
      meanConfidence: mean((r) => r.confidence),
      hitRate: mean((r) => Number(r.hit)),
    };
  });
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
