import { scoreWeights } from '../consensus/pool.ts';
import type { UsedRecord } from '../consensus/consensus.ts';
import { UNPROVEN } from '../consensus/recalibration.ts';
import type { DeciderRecord } from '../consensus/settings.ts';
import { shadowKey } from '../shadow/fold-shadows.ts';
import { recordOf, tallied, NO_TALLY, type Settled, type Tally } from './tally.ts';

/** Tallies by `shadowKey`: each decider variant has its own. */
export type Tallies = Record<string, Tally>;

export interface SettledOf extends Settled {
  decider: string;
  variant: string;
}

/** The tallies with what has become known since, in the order in which it did. */
export function foldTallies(tallies: Tallies, settled: readonly SettledOf[]): Tallies {
  const inOrder = [...settled].sort(
    (a, b) =>
      a.knownMs - b.knownMs ||
      a.fromMs - b.fromMs ||
      (a.pair < b.pair ? -1 : Number(a.pair > b.pair)) ||
      (a.decider < b.decider ? -1 : Number(a.decider > b.decider)),
  );
  const all = { ...tallies };
  for (const each of inOrder) {
    const key = shadowKey(each);
    all[key] = tallied(all[key] ?? NO_TALLY, each);
  }
  return all;
}

/** What is known of one of whom nothing is. */
const NOTHING_KNOWN: DeciderRecord = { resolved: 0, independent: 0, brierSum: 0, ...UNPROVEN };

/** The records of a roster, in its order, with the weights that they give. */
export function rosterRecords(
  roster: readonly string[],
  variants: Readonly<Record<string, string>>,
  recordsOf: (of: { decider: string; variant: string }) => DeciderRecord | null,
): UsedRecord[] {
  const known = [...new Set(roster)].map((decider) => {
    const variant = variants[decider] ?? '';
    const { resolved, independent, brierSum, alpha, beta } =
      recordsOf({ decider, variant }) ?? NOTHING_KNOWN;
    return { decider, variant, resolved, independent, brierSum, alpha, beta };
  });
  const weights = scoreWeights(known);
  return known.map((record, n) => ({ ...record, weight: weights[n]! }));
}

export function recordsOfTallies(
  tallies: Tallies,
  roster: readonly string[],
  variants: Readonly<Record<string, string>>,
): UsedRecord[] {
  return rosterRecords(roster, variants, (of) => {
    const tally = tallies[shadowKey(of)];
    return tally === undefined ? null : recordOf(tally);
  });
}

/** As a consensus takes them. */
export function recordsByDecider(records: readonly UsedRecord[]): Record<string, DeciderRecord> {
  return Object.fromEntries(records.map((record) => [record.decider, record]));
}
