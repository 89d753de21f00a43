import { Decimal } from '../money.ts';
import type { EntryContext } from './entry-context.ts';
import type { RiskLimits } from './limits.ts';
import type { Shown } from './verdict.ts';

/**
 * What a rule found. `size` sets the quantity (the risk unit alone does), `cap` allows
 * less than there was, `factor` leaves a part of what the rules before it left. Quantities are base, not yet on the lot.
 */
export type Finding =
  | { kind: 'pass' | 'veto' | 'not-applicable'; observed: Shown; note: string }
  | { kind: 'size'; quantity: Decimal; observed: Shown; note: string }
  | { kind: 'cap'; most: Decimal; observed: Shown; note: string }
  | { kind: 'factor'; factor: Decimal; observed: Shown; note: string };

/** `C` is what it judges: an entry, or a leg of a rebalancing. */
export interface Rule<C> {
  id: string;
  /** What it demands, in one sentence for docs/risk.md. */
  meaning: string;
  unit: string;
  /** What it reads. */
  needs: string;
  /** What it can do beside passing. */
  can: readonly ('veto' | 'shrink')[];
  limit: (limits: RiskLimits, context: C | null) => Shown;
  /** `quantity`: what the rules before it left, base; null when there is nothing to size. */
  check: (context: C, quantity: Decimal | null) => Finding;
}

export type EntryRule = Rule<EntryContext>;

export function pass(observed: Shown, note = ''): Finding {
  return { kind: 'pass', observed, note };
}

export function veto(observed: Shown, note: string): Finding {
  return { kind: 'veto', observed, note };
}

export function notApplicable(note: string, observed: Shown = null): Finding {
  return { kind: 'not-applicable', observed, note };
}

/** The finding of a rule that needs what could not be read; the rule `readable` vetoes for it. */
export const UNREAD = notApplicable('account or market could not be read');
export const NOTHING_TO_SIZE = notApplicable('the decision gives nothing to size');

/** A decimal as text for people: six significant digits. */
export function shown(value: Decimal): string {
  const rounded = String(Number(value.toNumber().toPrecision(6)));
  return rounded.includes('e') ? value.toSignificantDigits(6).toFixed() : rounded;
}

/** What should be a number, as it may stand in JSON: anything else becomes words. */
export function shownNumber(value: unknown): Shown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'string' ? value.slice(0, 40) : `a value of type ${typeof value}`;
}

/** `part` of `whole` in percent, for people. */
export function shownPercent(part: Decimal, whole: Decimal): number {
  return Number(((part.toNumber() / whole.toNumber()) * 100).toPrecision(6));
}

/** At most `left` of something of which a unit of base takes `perUnit`: a pass where that is enough. */
export function room(
  quantity: Decimal,
  left: Decimal,
  perUnit: Decimal,
  observed: Shown,
  note: string,
): Finding {
  if (quantity.mul(perUnit).lte(left)) return pass(observed, note);
  return { kind: 'cap', most: Decimal.max(0, left).div(perUnit), observed, note };
}

/** `pct` percent of `whole`. */
export function percentOf(whole: Decimal, pct: number): Decimal {
  return whole.mul(new Decimal(pct).div(100));
}
