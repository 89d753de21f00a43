import type { CandleColumns } from '../../shared/candle.ts';

const DAY_MS = 86_400_000;

/** The days that a sweep has daily returns of: the columns of its table of returns. */
export interface SweepDays {
  /** Start of each, UTC, Unix ms, ascending. */
  dayMs: number[];
  /** First day of the data, in days since 1970. */
  firstDay: number;
  /** Column of each day from the first on; -1 for one that has none. */
  columnOf: Int32Array;
}

/**
 * The days on which any pair has bars. With an account only those whose day before has bars too: the change
 * over missing days is no daily return. With fills only a gap is none, and trades of all days count.
 */
export function sweepDays(bars: readonly CandleColumns[], hasAccount: boolean): SweepDays {
  const seen = new Set<number>();
  for (const { timeMs } of bars) {
    for (let i = 0; i < timeMs.length;) {
      const day = Math.floor(timeMs[i]! / DAY_MS);
      seen.add(day);
      // On by doubling steps, as long as the day lasts; back to single ones near its end.
      let step = 1;
      while (i + 2 * step < timeMs.length && timeMs[i + 2 * step]! < (day + 1) * DAY_MS) step *= 2;
      i += step;
    }
  }
  const all = [...seen].sort((a, b) => a - b);
  const days = hasAccount ? all.filter((day) => seen.has(day - 1)) : all;
  const [firstDay = 0] = all;
  const columnOf = new Int32Array((all.at(-1) ?? 0) - firstDay + 1).fill(-1);
  days.forEach((day, column) => (columnOf[day - firstDay] = column));
  return { dayMs: days.map((day) => day * DAY_MS), firstDay, columnOf };
}
