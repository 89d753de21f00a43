import { seededRandom } from '../../shared/indicators/seeded-candles.ts';
import { parseBarStrategy, type BarStrategyChoice } from '../../shared/strategies/bar-registry.ts';

/** Values to try for a parameter: a list, or a range with a step. */
export type SweepAxis = unknown[] | { from: number; to: number; step: number };
export type SweepAxes = Record<string, SweepAxis>;

/** Most sets that one sweep may try. */
const MOST_SETS = 20_000;

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
  const lists = Object.entries(axes).map(([name, axis]) => ({
    name,
    values: valuesOf(name, axis),
  }));
  const total = lists.reduce((count, { values }) => count * values.length, 1);
  const numbers =
    random === null ? range(total) : drawn(total, random.samples, seededRandom(random.seed));
  if (numbers.length > MOST_SETS) {
    throw new Error(`the sweep has ${numbers.length} sets, more than ${MOST_SETS}; sample fewer`);
  }
  return numbers.map((number) => {
    const set = { ...base };
    let rest = number;
    for (const { name, values } of [...lists].reverse()) {
      set[name] = values[rest % values.length];
      rest = Math.floor(rest / values.length);
    }
    return parseBarStrategy(strategy, set);
  });
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
