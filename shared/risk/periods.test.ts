import { describe, expect, test } from 'vitest';
import { nextPeriod, periodStart, rollOvers } from './periods.ts';

const HOUR = 3_600_000;

describe('periods', () => {
  test.each([
    // a Sunday night: the week that began on Monday the 2nd
    { at: Date.UTC(2026, 2, 8, 23, 59), week: Date.UTC(2026, 2, 2), next: Date.UTC(2026, 2, 9) },
    { at: Date.UTC(2026, 2, 9), week: Date.UTC(2026, 2, 9), next: Date.UTC(2026, 2, 16) },
    { at: Date.UTC(1970, 0, 1), week: Date.UTC(1969, 11, 29), next: Date.UTC(1970, 0, 5) },
  ])('weeks begin on Monday', ({ at, week, next }) => {
    expect(periodStart(at, 'week')).toBe(week);
    expect(nextPeriod(at, 'week')).toBe(next);
  });

  test('months end with the year', () => {
    expect(nextPeriod(Date.UTC(2025, 11, 31, 23), 'month')).toBe(Date.UTC(2026, 0, 1));
  });

  test('a night may end day, week and month, or nothing', () => {
    const sunday = Date.UTC(2026, 1, 28, 22);
    expect(rollOvers(sunday, sunday + HOUR)).toEqual([]);
    expect(rollOvers(sunday, Date.UTC(2026, 2, 1))).toEqual(['day', 'month']); // a Sunday
    expect(rollOvers(Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2))).toEqual(['day', 'week']);
    expect(rollOvers(sunday, Date.UTC(2026, 2, 2))).toEqual(['day', 'week', 'month']);
  });
});
