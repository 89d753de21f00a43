import { entryExpiry } from '../entry.ts';
import { Decimal } from '../money.ts';
import { approve } from './approved.ts';
import { entryContext, type EntryContext, type Figures } from './entry-context.ts';
import type { EntryReviewInput } from './entry-input.ts';
import { ENTRY_RULES } from './entry-rules.ts';
import type { EntryPlan } from './plan.ts';
import type { EntryRule, Finding } from './rule.ts';
import type { Setup } from './setup.ts';
import { ceilToStep, floorToStep } from './steps.ts';
import type { RuleOutcome, Shown, Verdict } from './verdict.ts';

export { REDUCTION_RULE, reviewReduction, type ReductionReviewInput } from './review-reduction.ts';
export type { EntryReviewInput } from './entry-input.ts';

/**
 * Judges an entry: a pure function of its input. Every rule of the table is asked, also after a veto, so
 * that the verdict tells everything that stood against the trade. No value in the decision throws or widens
 * a limit; what cannot be read is vetoed by the rule that needed it.
 */
export function reviewEntry(input: EntryReviewInput): Verdict<EntryPlan> {
  const context = entryContext(input);
  const rules: RuleOutcome[] = [];
  let quantity: Decimal | null = null;
  for (const rule of ENTRY_RULES) {
    const finding = rule.check(context, quantity);
    const { outcome, left } = settle(finding, quantity, context);
    quantity = left;
    rules.push({
      rule: rule.id,
      outcome,
      observed: withoutSign(finding.observed),
      limit: withoutSign(rule.limit(context.limits, context)),
      unit: rule.unit,
      note: noteOf(rule, finding, outcome),
    });
  }
  const { figures, setup } = context;
  const isVetoed = rules.some((r) => r.outcome === 'veto');
  if (isVetoed || quantity === null || figures === null || setup === null) {
    return { kind: 'vetoed', rules, plan: null };
  }
  const shrunk = rules.some((r) => r.outcome === 'shrink');
  const plan = planOf(input, figures, setup, quantity);
  return { kind: shrunk ? 'resized' : 'approved', rules, plan: approve(plan) };
}

/** JSON knows no -0, and a verdict reads the same before and after it was stored. */
function withoutSign(value: Shown): Shown {
  return value === 0 ? 0 : value;
}

/** What a finding means for the running quantity. */
function settle(
  finding: Finding,
  quantity: Decimal | null,
  context: EntryContext,
): { outcome: RuleOutcome['outcome']; left: Decimal | null } {
  switch (finding.kind) {
    case 'pass':
    case 'veto':
    case 'not-applicable':
      return { outcome: finding.kind, left: quantity };
    case 'size':
      return { outcome: 'pass', left: finding.quantity };
    case 'factor':
      return { outcome: 'shrink', left: quantity === null ? null : quantity.mul(finding.factor) };
    case 'cap': {
      // a cap that leaves not one lot refuses by its own name; the quantity stays for the rules that follow
      const lot = context.figures?.lot;
      const nothing = lot === undefined || finding.most.lt(lot);
      return nothing
        ? { outcome: 'veto', left: quantity }
        : { outcome: 'shrink', left: finding.most };
    }
    default:
      return finding satisfies never;
  }
}

function noteOf(rule: EntryRule, finding: Finding, outcome: RuleOutcome['outcome']): string {
  if (finding.kind === 'cap' && outcome === 'veto')
    return `${finding.note}: no room for ${rule.id}`;
  return finding.note;
}

function planOf(
  input: EntryReviewInput,
  figures: Figures,
  setup: Setup,
  wanted: Decimal,
): EntryPlan {
  const quantity = floorToStep(wanted, figures.lot);
  const isLimit = setup.type === 'limit';
  const usdt = (perUnit: Decimal): string =>
    ceilToStep(quantity.mul(perUnit).mul(figures.quoteUsdt), CENT_MILLIONTH).toFixed();
  return {
    kind: 'enter',
    pair: input.pair,
    side: 'buy',
    entry: {
      type: setup.type,
      price: isLimit ? setup.entry.toFixed() : null,
      postOnly: setup.postOnly,
    },
    quantity: quantity.toFixed(),
    referencePrice: setup.entry.toFixed(),
    stopPrice: setup.stop.toFixed(),
    targets: setup.targets.map((t) => ({ price: t.price.toFixed(), share: t.share.toFixed() })),
    leverage: 1,
    riskUsdt: usdt(setup.risk),
    notionalUsdt: usdt(setup.entry),
    reserve: {
      asset: figures.quote,
      amount: ceilToStep(quantity.mul(setup.cost), RESERVE_STEP).toFixed(),
    },
    expiresAtMs: isLimit ? entryExpiry(input.entry, input.now) : null,
  };
}

/** What is held or risked is written a little more, never less. */
const CENT_MILLIONTH = new Decimal('0.00000001');
const RESERVE_STEP = new Decimal('0.0000000001');
