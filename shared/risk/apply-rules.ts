import type { Decimal } from '../money.ts';
import type { RiskLimits } from './limits.ts';
import type { Finding, Rule } from './rule.ts';
import type { RuleOutcome, Shown } from './verdict.ts';

export interface Judged {
  kind: 'approved' | 'resized' | 'vetoed';
  rules: RuleOutcome[];
  /** Base, not yet on the lot; null when nothing could be sized. */
  quantity: Decimal | null;
}

/**
 * Asks every rule in order, also after a veto, so that the verdict tells everything that stood against it.
 * `lot` is null where it could not be read. A quantity is set by one rule; all after it can only shrink it.
 */
export function applyRules<C>(
  table: readonly Rule<C>[],
  context: C,
  limits: RiskLimits,
  lot: Decimal | null,
): Judged {
  const rules: RuleOutcome[] = [];
  let quantity: Decimal | null = null;
  for (const rule of table) {
    const finding = rule.check(context, quantity);
    const { outcome, left } = settle(finding, quantity, lot);
    quantity = left;
    rules.push({
      rule: rule.id,
      outcome,
      observed: withoutSign(finding.observed),
      limit: withoutSign(rule.limit(limits, context)),
      unit: rule.unit,
      note: noteOf(rule.id, finding, outcome),
    });
  }
  if (quantity === null || rules.some((r) => r.outcome === 'veto')) {
    return { kind: 'vetoed', rules, quantity };
  }
  const isShrunk = rules.some((r) => r.outcome === 'shrink');
  return { kind: isShrunk ? 'resized' : 'approved', rules, quantity };
}

/** JSON knows no -0, and a verdict reads the same before and after it was stored. */
function withoutSign(value: Shown): Shown {
  return value === 0 ? 0 : value;
}

/** What a finding means for the running quantity. */
function settle(
  finding: Finding,
  quantity: Decimal | null,
  lot: Decimal | null,
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
      const nothing = lot === null || finding.most.lt(lot);
      return nothing
        ? { outcome: 'veto', left: quantity }
        : { outcome: 'shrink', left: finding.most };
    }
    default:
      return finding satisfies never;
  }
}

function noteOf(rule: string, finding: Finding, outcome: RuleOutcome['outcome']): string {
  if (finding.kind === 'cap' && outcome === 'veto') return `${finding.note}: no room for ${rule}`;
  return finding.note;
}
