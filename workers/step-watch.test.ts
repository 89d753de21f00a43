import { expect, test } from 'vitest';
import { stepWatch } from './step-watch.ts';

test.each([
  { name: 'nothing runs', counts: [0, 0, 0, 0], stuck: false },
  { name: 'the same step at three ticks', counts: [1, 1, 1], stuck: true },
  { name: 'two ticks only', counts: [1, 1, 2], stuck: false },
  { name: 'another step at each tick', counts: [1, 3, 5, 7], stuck: false },
  { name: 'a pause between', counts: [1, 1, 2, 3, 3], stuck: false },
  { name: 'a step after others', counts: [4, 9, 9, 9], stuck: true },
  // A count of 32 bits goes over into negative numbers: 2^31 - 1, then -2^31 + 1
  { name: 'past the greatest count', counts: [-2147483647, -2147483647, -2147483647], stuck: true },
])('$name', ({ counts, stuck }) => {
  const isStuck = stepWatch(3);
  expect(counts.map(isStuck).at(-1)).toBe(stuck);
});
