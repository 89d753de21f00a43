import { describe, expect, it } from 'vitest';
import { walkForward } from './walk-forward.ts';

const OPTIONS = { trainDays: 4, testDays: 2, embargoDays: 1 };

describe('walk-forward', () => {
  it('follows on the test days what was best in training, with the embargo left out', () => {
    // Set 0 is better on days 0 to 3, set 1 after that; test days are 5, 6 and then 7, 8.
    const first = Float64Array.of(3, 2, 3, 2, 9, 0.1, 0.2, -1, -2, 0);
    const second = Float64Array.of(-1, 1, -1, 1, 9, 0.3, 0.4, 0.5, 0.6, 0);
    const { windows, outOfSample } = walkForward([first, second], OPTIONS);
    expect(windows.map((w) => [w.trainFrom, w.testFrom, w.testTo, w.chosen])).toEqual([
      [0, 5, 7, 0],
      [2, 7, 9, 0],
      [4, 9, 10, 1],
    ]);
    expect([...outOfSample]).toEqual([0.1, 0.2, -1, -2, 0]);
  });

  it('never sees its test days when it chooses', () => {
    const calm = Float64Array.from({ length: 20 }, (_, k) => 0.01 + (k % 2) / 1000);
    const late = Float64Array.from({ length: 20 }, (_, k) => (k < 10 ? -0.01 : 1) + (k % 2) / 1000);
    const { windows } = walkForward([late, calm], { trainDays: 10, testDays: 5, embargoDays: 0 });
    expect(windows[0]!.chosen).toBe(1);
  });

  it('stays in cash where nothing traded', () => {
    const { windows, outOfSample } = walkForward([new Float64Array(10)], OPTIONS);
    expect(windows[0]!.chosen).toBe(-1);
    expect(Math.max(...outOfSample)).toBe(0);
  });
});
