import type { Decision } from '../decision.ts';
import type { Timeframe } from '../timeframe.ts';
import type { GuardSettings } from './settings.ts';

const HOUR_MS = 3_600_000;

/** The rules by which one position is left, fixed when it is entered. */
export interface ExitTerms {
  breakEven: GuardSettings['breakEven'];
  trailing: GuardSettings['trailing'];
  /** Venue time from the first fill to the time stop; null for none. */
  timeStopMs: number | null;
  invalidation: Decision['invalidation'];
  /** Bars at whose close the rules are looked at. */
  timeframe: Timeframe;
  /** Longest time without a stop that a fill is given, at real time. */
  unprotectedMs: number;
}

export function exitTerms(
  settings: GuardSettings,
  decision: Pick<Decision, 'horizonHours' | 'invalidation'>,
  timeframe: Timeframe,
): ExitTerms {
  const { breakEven, trailing, timeStopHours } = settings;
  const hours = timeStopHours === 'horizon' ? decision.horizonHours : timeStopHours;
  return {
    breakEven,
    trailing,
    timeStopMs: hours === null ? null : hours * HOUR_MS,
    invalidation: settings.invalidation ? decision.invalidation : null,
    timeframe,
    unprotectedMs: settings.unprotectedSeconds * 1000,
  };
}

/** Whether any of the rules needs to hear of bars that close. */
export function hearsBars(terms: ExitTerms): boolean {
  const byR = terms.breakEven !== null && terms.breakEven.afterR !== null;
  return byR || terms.trailing !== null || terms.invalidation !== null;
}
