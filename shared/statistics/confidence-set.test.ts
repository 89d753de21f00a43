import { expect, it } from 'vitest';
import { confidenceSet } from './confidence-set.ts';
import { seededRandom } from './seeded-random.ts';

const drawn = (random: () => number, mean: number): Float64Array =>
  Float64Array.from({ length: 150 }, () => mean + random() - 0.5);

it('keeps all of equals about nine times of ten', () => {
  const random = seededRandom(99);
  let kept = 0;
  for (let trial = 0; trial < 60; trial++) {
    const series = [0, 0, 0].map((mean) => drawn(random, mean));
    const left = confidenceSet(series, { random: seededRandom(trial), draws: 300 });
    if (left.length === 3) kept++;
  }
  expect(kept).toBeGreaterThan(48);
});

it('drops who is worse by far, and never the best', () => {
  const random = seededRandom(7);
  const series = [-0.4, 0.1, -0.3].map((mean) => drawn(random, mean));
  expect(confidenceSet(series, { random: seededRandom(1) })).toEqual([1]);
});

it('tells nothing of a single day, and of a series that never moves beside one that does', () => {
  expect(confidenceSet([[1], [2]], { random: seededRandom(1) })).toEqual([0, 1]);
  const flat = new Float64Array(150);
  const left = confidenceSet([flat, drawn(seededRandom(3), 0)], { random: seededRandom(1) });
  expect(left).toEqual([0, 1]);
});
