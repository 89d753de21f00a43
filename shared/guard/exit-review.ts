import { median } from '../consensus/median.ts';
import type { DeciderAnswer } from '../decision.ts';

/**
 * Whether deciders are asked about a position at the close of a bar: where so many whole spans of its life
 * have passed since the bar before. A null span asks at every bar.
 */
export function isReviewDue(of: {
  openedAtMs: number;
  /** Venue time of the close, and the length of the bar. */
  atMs: number;
  barMs: number;
  everyMs: number | null;
}): boolean {
  const { openedAtMs, atMs, barMs, everyMs } = of;
  if (everyMs === null) return true;
  const spansBy = (timeMs: number): number => Math.floor((timeMs - openedAtMs) / everyMs);
  return spansBy(atMs) > Math.max(0, spansBy(atMs - barMs));
}

/**
 * Distance of the stop from the price, percent, that those ask for who would hold: the median of the
 * distances they name. Null unless more than half of the roster holds and names one, so that no single voice
 * moves a stop.
 */
export function heldStopPct(
  answers: readonly DeciderAnswer[],
  roster: readonly string[],
): number | null {
  const named = answers.flatMap((answer) =>
    roster.includes(answer.decider) &&
    answer.kind === 'answered' &&
    answer.decision.action === 'hold' &&
    answer.decision.stopLossPct !== null &&
    answer.decision.stopLossPct > 0
      ? [answer.decision.stopLossPct]
      : [],
  );
  return named.length * 2 > roster.length ? median(named) : null;
}
