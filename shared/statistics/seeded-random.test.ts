import { expect, test } from 'vitest';
import { seededRandom } from './seeded-random.ts';

test('draws the same numbers for the same seed, on every machine', () => {
  const random = seededRandom(1);
  // the first numbers of mulberry32 of 1
  expect([random(), random(), random()]).toEqual([
    0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
  ]);
});

test('of a seed the 32 lowest bits count', () => {
  expect(seededRandom(2 ** 32 + 7)()).toBe(seededRandom(7)());
});
