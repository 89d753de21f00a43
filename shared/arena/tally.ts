import { recalibration } from '../consensus/recalibration.ts';
import type { DeciderRecord } from '../consensus/settings.ts';
import type { Pair } from '../pair.ts';

/** What is kept of a decider's predictions whose outcome is known: all that its record is made of. */
export interface Tally {
  resolved: number;
  /** Those of them that did not overlap with one counted before. */
  independent: number;
  brierSum: number;
  /** By confidence in whole percent: how many, and how many came true. */
  counts: Record<string, [count: number, hits: number]>;
  /** Venue time up to which the last independent one of each pair took. */
  untilMs: Record<Pair, number>;
}

/** A prediction whose outcome has become known. */
export interface Settled {
  pair: Pair;
  confidence: number;
  hit: boolean;
  /** Venue times of the decision, and of the close of the bar that told the outcome. */
  fromMs: number;
  knownMs: number;
}

export const NO_TALLY: Tally = {
  ...{ resolved: 0, independent: 0, brierSum: 0 },
  ...{ counts: {}, untilMs: {} },
};

/**
 * The tally with one prediction more. Predictions are added as they become known. One that was made before the
 * last independent one of its pair was settled shares its market with that one: it counts for the means, not for
 * how much is known (taking the earliest end first gives the most spans without overlap).
 */
export function tallied(tally: Tally, of: Settled): Tally {
  const { pair, confidence, hit, fromMs, knownMs } = of;
  const isIndependent = fromMs >= (tally.untilMs[pair] ?? -Infinity);
  const percent = String(Math.round(100 * confidence));
  const [count, hits] = tally.counts[percent] ?? [0, 0];
  return {
    resolved: tally.resolved + 1,
    independent: tally.independent + Number(isIndependent),
    brierSum: tally.brierSum + (confidence - Number(hit)) ** 2,
    counts: { ...tally.counts, [percent]: [count + 1, hits + Number(hit)] },
    untilMs: isIndependent ? { ...tally.untilMs, [pair]: knownMs } : tally.untilMs,
  };
}

/** The record of a tally, its recalibration fitted. */
export function recordOf({ resolved, independent, brierSum, counts }: Tally): DeciderRecord {
  const cases = Object.entries(counts)
    .map(([percent, [count, hits]]) => ({ confidence: Number(percent) / 100, count, hits }))
    .sort((a, b) => a.confidence - b.confidence);
  return { resolved, independent, brierSum, ...recalibration(cases, independent) };
}
