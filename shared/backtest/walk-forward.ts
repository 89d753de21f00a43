import { dailySharpe } from '../statistics/ratios.ts';

export interface WalkForwardOptions {
  trainDays: number;
  testDays: number;
  /** Days left out between the two, so that no position of the one reaches into the other. */
  embargoDays: number;
}

export interface WalkForwardWindow {
  /** Days as indexes of the rows: train is [trainFrom, trainTo), test [testFrom, testTo). */
  trainFrom: number;
  trainTo: number;
  testFrom: number;
  testTo: number;
  /** The set with the best Sharpe ratio in training. */
  chosen: number;
  /** Per day, not annualised. */
  trainSharpe: number;
  testSharpe: number;
}

export interface WalkForward {
  windows: WalkForwardWindow[];
  /** Returns of the chosen sets on the days they were not chosen by. */
  outOfSample: Float64Array;
}

/**
 * Chooses a set on each training window and follows it over the test window after it. `returns` has a row of
 * daily returns per set; the sets ran over all days without looking ahead, so a slice of a row is what the set
 * did then. Rows without a ratio are never chosen; a window where none has one is followed in cash.
 */
export function walkForward(
  returns: readonly Float64Array[],
  { trainDays, testDays, embargoDays }: WalkForwardOptions,
): WalkForward {
  const days = returns[0]?.length ?? 0;
  const windows: WalkForwardWindow[] = [];
  const followed: number[] = [];
  for (let from = 0; from + trainDays + embargoDays < days; from += testDays) {
    const trainTo = from + trainDays;
    const testFrom = trainTo + embargoDays;
    const testTo = Math.min(days, testFrom + testDays);
    let chosen = -1;
    let best = -Infinity;
    returns.forEach((row, set) => {
      const sharpe = dailySharpe(row.subarray(from, trainTo));
      if (sharpe > best) {
        best = sharpe;
        chosen = set;
      }
    });
    const test =
      chosen < 0
        ? new Float64Array(testTo - testFrom)
        : returns[chosen]!.subarray(testFrom, testTo);
    followed.push(...test);
    windows.push({
      trainFrom: from,
      trainTo,
      testFrom,
      testTo,
      chosen,
      trainSharpe: best,
      testSharpe: dailySharpe(test),
    });
  }
  return { windows, outOfSample: Float64Array.from(followed) };
}
