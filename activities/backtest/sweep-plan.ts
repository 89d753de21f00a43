import { nextSets, type SearchSpace, type Tried } from '../../shared/backtest/bayesian-search.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { parseBarStrategy, type BarStrategyChoice } from '../../shared/strategies/bar-registry.ts';

/** Values to try for a parameter: a list, or a range with a step. */
export type SweepAxis = unknown[] | { from: number; to: number; step: number };
export type SweepAxes = Record<string, SweepAxis>;

/** A Bayesian search: `samples` sets of the axes, each round chosen by what the rounds before have shown. */
export interface SweepSearch {
  base: Record<string, unknown>;
  axes: SweepAxes;
  samples: number;
  seed: number;
}

/** Most sets that one sweep may try. */
const MOST_SETS = 20_000;
/** ... and one search: its cost grows with the cube of what it has seen. */
export const MOST_SEARCHED = 500;

/**
 * Every combination of the axes over the base parameters, the last axis fastest; with `samples` that many
 * of them drawn by `seed` without repeats. Throws when an axis is empty or a set is no set of parameters.
 */
export function sweepSets(
  strategy: string,
  base: Record<string, unknown>,
  axes: SweepAxes,
  random: { samples: number; seed: number } | null = null,
): BarStrategyChoice[] {
  const space = sweepSpace(strategy, base, axes);
  const numbers =
    random === null
      ? range(space.total)
      : drawn(space.total, random.samples, seededRandom(random.seed));
  if (numbers.length > MOST_SETS) {
    throw new Error(`the sweep has ${numbers.length} sets, more than ${MOST_SETS}; sample fewer`);
  }
  return numbers.map((number) => space.choiceAt(number));
}

/** All combinations of the axes, by number: the last axis counts fastest. */
export interface SweepSpace extends SearchSpace {
  /** Throws when it is no set of parameters. */
  choiceAt(number: number): BarStrategyChoice;
}

/** Values of an axis lie evenly on a side of the cube, in the order given. Throws when an axis is empty. */
export function sweepSpace(
  strategy: string,
  base: Record<string, unknown>,
  axes: SweepAxes,
): SweepSpace {
  const lists = Object.entries(axes).map(([name, axis]) => ({
    name,
    values: valuesOf(name, axis),
  }));
  const places = (number: number): number[] => {
    let rest = number;
    const at = lists.map(() => 0);
    for (let k = lists.length - 1; k >= 0; k--) {
      const { length } = lists[k]!.values;
      at[k] = rest % length;
      rest = Math.floor(rest / length);
    }
    return at;
  };
  return {
    total: lists.reduce((count, { values }) => count * values.length, 1),
    pointAt: (number) =>
      places(number).map((at, k) => at / Math.max(1, lists[k]!.values.length - 1)),
    choiceAt(number) {
      const at = places(number);
      const set = { ...base };
      lists.forEach(({ name, values }, k) => {
        set[name] = values[at[k]!];
      });
      return parseBarStrategy(strategy, set);
    },
  };
}

/** Sets of one round of a search: enough to keep the threads at work, few enough to learn from. */
export const SEARCH_ROUND = 8;

/** The sets of a search's next round, by number, after those that were tried. */
export function nextRound(
  space: SweepSpace,
  search: SweepSearch,
  tried: readonly Tried[],
): number[] {
  const first = Math.max(SEARCH_ROUND, 2 * Object.keys(search.axes).length + 2);
  const count = Math.min(SEARCH_ROUND, search.samples - tried.length);
  return nextSets(space, tried, count, first, seededRandom(search.seed + 7919 * tried.length));
}

function valuesOf(name: string, axis: SweepAxis): unknown[] {
  if (Array.isArray(axis)) {
    if (axis.length === 0) throw new Error(`sweep over ${name}: no values`);
    return axis;
  }
  const { from, to, step } = axis;
  if (!(step > 0) || !(to >= from)) {
    throw new Error(`sweep over ${name}: needs from <= to and a step above 0`);
  }
  // Counted, not added up: 0.1 ten times is not 1.
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  return range(count).map((k) => Number((from + k * step).toPrecision(12)));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, k) => k);
}

/** `samples` different numbers below `total`, ascending. */
function drawn(total: number, samples: number, random: () => number): number[] {
  if (samples >= total) return range(total);
  const chosen = new Set<number>();
  while (chosen.size < samples) chosen.add(Math.floor(random() * total));
  return [...chosen].sort((a, b) => a - b);
}
