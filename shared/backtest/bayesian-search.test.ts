import { describe, expect, it } from 'vitest';
import { gaussianProcess } from '../statistics/gaussian-process.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { nextSets, type SearchSpace, type Tried } from './bayesian-search.ts';

/** 40 by 40 sets; worth falls with the distance from set (30, 10), in waves that mislead. */
const SIDE = 40;
const space: SearchSpace = {
  total: SIDE * SIDE,
  pointAt: (n) => [(n % SIDE) / (SIDE - 1), Math.floor(n / SIDE) / (SIDE - 1)],
};
const worth = (n: number): number => {
  const [x = 0, y = 0] = space.pointAt(n);
  return -((x - 30 / 39) ** 2 + (y - 10 / 39) ** 2) + 0.03 * Math.cos(12 * x) * Math.cos(12 * y);
};
const all = Array.from({ length: space.total }, (_, n) => worth(n));

function search(tries: number, seed: number, first = 8): Tried[] {
  const tried: Tried[] = [];
  while (tried.length < tries) {
    const numbers = nextSets(space, tried, 8, first, seededRandom(seed + 1000 * tried.length));
    for (const number of numbers) tried.push({ number, value: worth(number) });
  }
  return tried;
}

describe('Bayesian search', () => {
  it('finds one of the best hundredth of sets in 48 tries, where drawing misses it as often as not', () => {
    const good = [...all].sort((a, b) => b - a)[Math.floor(all.length / 100)]!;
    const hits = (first: number): number =>
      Array.from({ length: 10 }, (_, seed) => search(48, seed, first)).filter((tried) =>
        tried.some((t) => t.value > good),
      ).length;
    expect(hits(8)).toBe(10);
    // Never looking at what was seen: 1 - 0.99^48 = 0.38 of the runs find one.
    expect(hits(Infinity)).toBeLessThan(9);
  });

  it('tries no set twice, and the same ones for the same seed', () => {
    const tried = search(64, 5);
    expect(new Set(tried.map((t) => t.number)).size).toBe(64);
    expect(search(64, 5)).toEqual(tried);
    expect(search(64, 6)).not.toEqual(tried);
  });

  it('ends with every set of a small space, also where some are worth nothing', () => {
    const few: SearchSpace = { total: 21, pointAt: (n) => [n / 20] };
    const tried: Tried[] = [];
    while (tried.length < 21) {
      const numbers = nextSets(few, tried, 8, 8, seededRandom(tried.length));
      for (const number of numbers) tried.push({ number, value: number % 3 === 0 ? NaN : number });
    }
    expect(tried.map((t) => t.number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 21 }, (_, n) => n),
    );
    expect(nextSets(few, tried, 8, 8, seededRandom(1))).toEqual([]);
  });
});

describe('a Gaussian process', () => {
  it('believes what it was told, and doubts more the farther away', () => {
    const points = [[0], [0.25], [0.5], [0.75], [1]];
    const process = gaussianProcess(points, [10, 12, 14, 12, 10]);
    const [seen, between] = process.at([[0.5], [0.6]]);
    expect(Math.abs(seen!.mean - 14)).toBeLessThan(0.2);
    expect(between!.mean).toBeGreaterThan(12);
    expect(between!.mean).toBeLessThan(14);
    expect(process.at([[3]])[0]!.deviation).toBeGreaterThan(between!.deviation);
  });

  it('copes with values that are all the same', () => {
    const [belief] = gaussianProcess([[0], [1]], [7, 7]).at([[0.5]]);
    expect(belief!.mean).toBeCloseTo(7, 9);
  });
});
