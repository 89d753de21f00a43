import { describe, expect, test } from 'vitest';
import { venueClock } from './venue-clock.ts';

describe('the venue’s clock', () => {
  test('is the wall’s until it is measured, and then put right by the skew', () => {
    const clock = venueClock(() => 1_000);
    expect([clock.nowMs(), clock.skew()]).toEqual([1_000, null]);
    clock.measured({ skewMs: -250, uncertaintyMs: 5 });
    expect(clock.nowMs()).toBe(750);
    expect(clock.skew()).toEqual({ skewMs: -250, uncertaintyMs: 5 });
  });

  test.each([
    // A call that tells whole seconds says nothing new beside a pong; one as exact does.
    { name: 'a coarser one nearby', next: [100, 500], wait: 0, expected: 0 },
    { name: 'one as exact', next: [3, 5], wait: 0, expected: 3 },
    { name: 'a coarser one after ten minutes', next: [100, 500], wait: 600_001, expected: 100 },
    // 0 +- 5 and 3000 +- 500 cannot both be true: a clock was set.
    { name: 'one that contradicts', next: [3_000, 500], wait: 0, expected: 3_000 },
  ])('takes over $name or not', ({ next: [skewMs = 0, uncertaintyMs = 0], wait, expected }) => {
    let wallMs = 0;
    const clock = venueClock(() => wallMs);
    clock.measured({ skewMs: 0, uncertaintyMs: 5 });
    wallMs = wait;
    clock.measured({ skewMs, uncertaintyMs });
    expect(clock.skew()?.skewMs).toBe(expected);
  });
});
