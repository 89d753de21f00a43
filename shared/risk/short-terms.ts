import { marginLeverage } from '../margin.ts';
import type { EntryReviewInput } from './entry-input.ts';

/** The number if it is one, else null. */
export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A field of the decision as it may really be: missing or of any type. */
export function wishIn(input: Pick<EntryReviewInput, 'decision'>, field: string): unknown {
  const decision: unknown = input.decision;
  return typeof decision === 'object' && decision !== null
    ? (decision as Record<string, unknown>)[field]
    : undefined;
}

/** Whether the decision is to sell short where the desk may: only then is anything of margin read. */
export function isShort(input: EntryReviewInput): boolean {
  return wishIn(input, 'action') === 'short' && isShortLegal(input);
}

/** Whether the profile has margin and the venue lends the pair's base. */
export function isShortLegal({ margin, instrument }: EntryReviewInput): boolean {
  return margin !== null && margin !== undefined && instrument.leverageSell.length > 0;
}

/** Greatest leverage by profile and limits; a wish is not looked at. */
export function mostLeverage({ margin, limits }: Pick<EntryReviewInput, 'margin' | 'limits'>) {
  return Math.min(margin?.leverage ?? 1, limits.leverage);
}

/** Leverage that a short goes out with; null when none is on offer, or the wish is no multiple. */
export function shortLeverage(input: EntryReviewInput): number | null {
  const wish = wishIn(input, 'leverage');
  const wished = wish === null ? Infinity : finite(wish);
  if (wished === null || wished < 1) return null;
  return marginLeverage(input.instrument.leverageSell, Math.min(mostLeverage(input), wished));
}

/** Hours that the interest of a short is reckoned over; null when the decision names none that can be used. */
export function horizonHours(input: EntryReviewInput): number | null {
  const hours = finite(wishIn(input, 'horizonHours'));
  return hours !== null && hours > 0 ? hours : null;
}
