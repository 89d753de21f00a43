import { tightenLimits, type RiskLimits } from './limits.ts';

/** One limit as a person tightened it in a running desk. */
export interface Tightening {
  value: number;
  /** The profile's value at that time: when the profile names another one, that one stands. */
  over: number | null;
  atMs: number;
  who: string;
  why: string;
}
export type Tightenings = Readonly<Record<string, Tightening>>;

/** The limits that hold, and which of them were tightened in the running desk. */
export interface LimitsInForce {
  limits: RiskLimits;
  tightened: Tightenings;
}

/**
 * The limits of a desk: those of its profile, with what was tightened since. A tightening ends when the
 * profile names another value for that limit, and is left out where it would loosen or contradict.
 */
export function limitsInForce(profile: RiskLimits, tightened: Tightenings): LimitsInForce {
  const inForce: Record<string, Tightening> = {};
  let limits = profile;
  let waiting = Object.entries(tightened).filter(
    ([name, { over }]) => profile[name as keyof RiskLimits] === over,
  );
  // one may fit only after another: bands must rise at every step
  for (let before = -1; before !== waiting.length;) {
    before = waiting.length;
    waiting = waiting.filter(([name, tightening]) => {
      const answer = tightenLimits(limits, { [name]: tightening.value });
      if (answer.kind === 'refused') return true;
      limits = answer.limits;
      inForce[name] = tightening;
      return false;
    });
  }
  return { limits, tightened: inForce };
}

export type LimitsAnswer =
  ({ kind: 'tightened' } & LimitsInForce) | { kind: 'refused'; limit: string; reason: string };

/** What a person's change makes of them; all of it is taken or nothing. */
export function tightened(
  profile: RiskLimits,
  before: LimitsInForce,
  change: Readonly<Record<string, number>>,
  by: { atMs: number; who: string; why: string },
): LimitsAnswer {
  if (Object.keys(change).length === 0) {
    return { kind: 'refused', limit: '', reason: 'no limit is named' };
  }
  const answer = tightenLimits(before.limits, change);
  if (answer.kind === 'refused') return answer;
  const added = Object.entries(change).map(([name, value]): [string, Tightening] => {
    const over = profile[name as keyof RiskLimits];
    return [name, { value, over: typeof over === 'number' ? over : null, ...by }];
  });
  const all = { ...before.tightened, ...Object.fromEntries(added) };
  return { kind: 'tightened', limits: answer.limits, tightened: all };
}
