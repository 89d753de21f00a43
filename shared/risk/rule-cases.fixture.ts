import { describe, expect, test } from 'vitest';
import { exampleReview, type ReviewChange } from './example-review.ts';
import { reviewEntry } from './review.ts';
import type { RuleOutcome, Shown } from './verdict.ts';

/** The example review with one change, and what the rule under test makes of it. */
export interface RuleCase {
  name: string;
  change: ReviewChange;
  outcome: RuleOutcome['outcome'];
  observed?: Shown;
  /** Of the plan; null where there must be none. */
  quantity?: string | null;
  note?: string;
}

export const NOON = Date.UTC(2026, 2, 1, 12);

export const risk = (pair: string, riskUsdt: string, side: 'buy' | 'sell' = 'buy') => ({
  pair,
  side,
  riskUsdt,
  notionalUsdt: '1000',
});

export const reserved = (pair: string, riskUsdt: string, notionalUsdt = '1000') => ({
  pair,
  riskUsdt,
  notionalUsdt,
});

export const limit = (price: number | null) => ({ entry: { type: 'limit' as const, price } });

/** Not a number where a number belongs, as a model or a damaged record may bring it. */
export const wrong = (value: unknown) => value as number;

/** Tests of rules: the arithmetic of each case is that of the example review, see `exampleReview`. */
export function testRules(cases: Record<string, RuleCase[]>, example = exampleReview): void {
  describe.each(Object.entries(cases))('%s', (rule, all) => {
    test.each(all)('$name', ({ change, outcome, observed, quantity, note }) => {
      const verdict = reviewEntry(example(change));
      const told = verdict.rules.find((r) => r.rule === rule);
      expect(told).toMatchObject({ rule, outcome });
      if (observed !== undefined) expect(told?.observed).toBe(observed);
      if (note !== undefined) expect(told?.note).toContain(note);
      if (quantity !== undefined) expect(verdict.plan?.quantity ?? null).toBe(quantity);
      if (outcome === 'veto') expect(verdict.plan).toBe(null);
    });
  });
}
