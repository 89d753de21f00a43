import { gaussianProcess, likeness } from '../statistics/gaussian-process.ts';
import { normalCdf, normalDensity } from '../statistics/normal.ts';

export interface Tried {
  /** Number of the set in the space. */
  number: number;
  /** What it was worth; NaN when nothing is known. */
  value: number;
}

/** A space of sets: each has a number and a place in the unit cube. */
export interface SearchSpace {
  total: number;
  pointAt(number: number): number[];
}

/** Sets that are weighed in a round; of a larger space so many are drawn. */
const MOST_WEIGHED = 2000;

/**
 * The `count` sets to try next, none of them tried before: drawn at random until `first` are known, then those
 * whose value is expected to exceed the best one most (expected improvement under a Gaussian process). Sets of
 * one round keep apart: what is like one already chosen counts less. The same input gives the same sets.
 */
export function nextSets(
  space: SearchSpace,
  tried: readonly Tried[],
  count: number,
  first: number,
  random: () => number,
): number[] {
  const done = new Set(tried.map((t) => t.number));
  const wanted = Math.min(count, space.total - done.size);
  const known = tried.filter((t) => Number.isFinite(t.value));
  if (tried.length < first || known.length < 2) {
    return drawn(space.total, wanted, done, random).sort((a, b) => a - b);
  }
  // What gave no trade is worth as little as the worst: the search should leave its neighbourhood.
  const worst = Math.min(...known.map((t) => t.value));
  const belief = gaussianProcess(
    tried.map((t) => space.pointAt(t.number)),
    tried.map((t) => (Number.isFinite(t.value) ? t.value : worst)),
  );
  const best = Math.max(...known.map((t) => t.value));
  const weighed = drawn(space.total, Math.min(MOST_WEIGHED, space.total - done.size), done, random);
  weighed.sort((a, b) => a - b);
  const points = weighed.map((number) => space.pointAt(number));
  const gains = belief.at(points).map(({ mean, deviation }) => {
    if (deviation === 0) return Math.max(0, mean - best);
    const z = (mean - best) / deviation;
    return deviation * (z * normalCdf(z) + normalDensity(z));
  });
  const chosen: number[] = [];
  while (chosen.length < wanted) {
    let top = -1;
    gains.forEach((gain, k) => {
      if (gain >= 0 && (top < 0 || gain > gains[top]!)) top = k;
    });
    chosen.push(weighed[top]!);
    points.forEach((point, k) => {
      gains[k]! *= k === top ? -1 : 1 - likeness(point, points[top]!, belief.length);
    });
    gains[top] = -1;
  }
  return chosen.sort((a, b) => a - b);
}

/** `count` different numbers below `total` that are not in `without`, in the order drawn. */
function drawn(
  total: number,
  count: number,
  without: ReadonlySet<number>,
  random: () => number,
): number[] {
  if (2 * (count + without.size) >= total) {
    const left = Array.from({ length: total }, (_, k) => k).filter((k) => !without.has(k));
    for (let k = left.length - 1; k > 0; k--) {
      const other = Math.floor(random() * (k + 1));
      [left[k], left[other]] = [left[other]!, left[k]!];
    }
    return left.slice(0, count);
  }
  const chosen = new Set<number>();
  while (chosen.size < count) {
    const number = Math.floor(random() * total);
    if (!without.has(number)) chosen.add(number);
  }
  return [...chosen];
}
