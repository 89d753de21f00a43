/** The spans after which loss limits start anew, at 00:00 UTC of venue time; weeks begin on Monday. */
export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const DAY_MS = 86_400_000;
/** 1970-01-05, the first Monday of Unix time. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** Start of the period that contains `atMs` (venue time, Unix ms). */
export function periodStart(atMs: number, period: Period): number {
  switch (period) {
    case 'day':
      return Math.floor(atMs / DAY_MS) * DAY_MS;
    case 'week':
      return Math.floor((atMs - FIRST_MONDAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + FIRST_MONDAY_MS;
    case 'month': {
      const at = new Date(atMs);
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
    }
    default:
      return period satisfies never;
  }
}

/** Start of the next period after `atMs`: when a loss limit that was reached ends. */
export function nextPeriod(atMs: number, period: Period): number {
  const start = periodStart(atMs, period);
  switch (period) {
    case 'day':
      return start + DAY_MS;
    case 'week':
      return start + 7 * DAY_MS;
    case 'month': {
      const at = new Date(start);
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
    }
    default:
      return period satisfies never;
  }
}

/** The periods that begin after `fromMs` and not later than `toMs`: whose marks are set anew. */
export function rollOvers(fromMs: number, toMs: number): Period[] {
  return PERIODS.filter((period) => periodStart(toMs, period) > fromMs);
}
