import type { Account } from '../backtest/account.ts';
import type { PairCosts } from '../backtest/exit-finder.ts';
import { marginLevelPct } from '../backtest/reviewed-holdings.ts';
import { interestUpTo, rolloversDue } from '../margin.ts';
import type { SavedShadowPair, ShadowPosition, ShadowTerms } from './shadow-types.ts';

/** Interest on what is still owed of a short, from its open to `atMs`, quote. */
function interestDue(
  { quantity, entryPrice, openedMs }: ShadowPosition,
  { marginRatePct }: Pick<PairCosts, 'marginRatePct'>,
  atMs: number,
): number {
  if (marginRatePct === null || marginRatePct === undefined) return 0;
  return interestUpTo(quantity * entryPrice, marginRatePct, rolloversDue(openedMs, atMs));
}

/** What has come due of a short's interest since it was asked last, quote; noted as charged. 0 of a long. */
export function newInterest(position: ShadowPosition, costs: PairCosts, atMs: number): number {
  const { short } = position;
  if (short === undefined) return 0;
  const due = interestDue(position, costs, atMs);
  const charge = due - short.running;
  short.running = due;
  return charge;
}

/** After a part of a short was bought back: what was charged on that is settled, the rest runs on. */
export function settleInterest(position: ShadowPosition, costs: PairCosts, atMs: number): void {
  const { short } = position;
  if (short === undefined) return;
  const running = interestDue(position, costs, atMs);
  short.settled += short.running - running;
  short.running = running;
}

/** Whether the account stands at the level at which the venue calls for more margin: it closes its shorts then. */
export function isCalled(
  terms: ShadowTerms,
  account: Account,
  pairs: readonly SavedShadowPair[],
): boolean {
  let used = 0;
  let callPct = 0;
  pairs.forEach(({ position }, p) => {
    if (position?.short === undefined) return;
    const worth = position.quantity * position.entryPrice;
    used += (worth * account.price[account.quoteIndex[p]!]!) / position.short.leverage;
    callPct = Math.max(callPct, terms.instruments[p]!.marginCallPct ?? 0);
  });
  const level = marginLevelPct(account.equity, used);
  return level !== null && level <= callPct;
}
