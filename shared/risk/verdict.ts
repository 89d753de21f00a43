import type { Approved } from './approved.ts';
import type { OrderPlan } from './plan.ts';

/** What a rule saw or allows: a number in the rule's unit, a word, or null where there is nothing. */
export type Shown = number | string | null;

export interface RuleOutcome {
  rule: string;
  outcome: 'pass' | 'shrink' | 'veto' | 'not-applicable';
  observed: Shown;
  limit: Shown;
  unit: string;
  /** One plain sentence. */
  note: string;
}

/**
 * The answer of the risk engine: plain data that can be stored as JSON. `rules` has every rule, in the
 * order of the table; `plan` is null exactly when the kind is `vetoed`.
 */
export type Verdict<P extends OrderPlan = OrderPlan> =
  | { kind: 'approved' | 'resized'; rules: RuleOutcome[]; plan: Approved<P> }
  | { kind: 'vetoed'; rules: RuleOutcome[]; plan: null };

/** Ids of the rules that vetoed, in the order of the table. */
export function vetoesOf(verdict: { rules: readonly RuleOutcome[] }): string[] {
  return verdict.rules.filter((r) => r.outcome === 'veto').map((r) => r.rule);
}
