import { entryExpiry } from '../entry.ts';
import { Decimal } from '../money.ts';
import type { Asset } from '../pair.ts';
import { approve } from './approved.ts';
import { applyRules } from './apply-rules.ts';
import { entryContext, type Figures } from './entry-context.ts';
import type { EntryReviewInput } from './entry-input.ts';
import { ENTRY_RULES } from './entry-rules.ts';
import type { EntryPlan } from './plan.ts';
import type { Setup } from './setup.ts';
import { ceilToStep, floorToStep } from './steps.ts';
import type { Verdict } from './verdict.ts';

export { REDUCTION_RULE, reviewReduction, type ReductionReviewInput } from './review-reduction.ts';
export { reviewRebalance, type RebalanceReviewInput } from './review-rebalance.ts';
export type { EntryReviewInput } from './entry-input.ts';

/**
 * Judges an entry: a pure function of its input. Every rule of the table is asked, also after a veto, so
 * that the verdict tells everything that stood against the trade. No value in the decision throws or widens
 * a limit; what cannot be read is vetoed by the rule that needed it.
 */
export function reviewEntry(input: EntryReviewInput): Verdict<EntryPlan> {
  const context = entryContext(input);
  const { figures, setup, limits } = context;
  const judged = applyRules(ENTRY_RULES, context, limits, figures?.lot ?? null);
  const { kind, rules, quantity } = judged;
  if (kind === 'vetoed' || quantity === null || figures === null || setup === null) {
    return { kind: 'vetoed', rules, plan: null };
  }
  return { kind, rules, plan: approve(planOf(input, figures, setup, quantity)) };
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
    side: setup.side,
    entry: {
      type: setup.type,
      price: isLimit ? setup.entry.toFixed() : null,
      postOnly: setup.postOnly,
    },
    quantity: quantity.toFixed(),
    referencePrice: setup.entry.toFixed(),
    stopPrice: setup.stop.toFixed(),
    targets: setup.targets.map((t) => ({ price: t.price.toFixed(), share: t.share.toFixed() })),
    leverage: setup.leverage,
    riskUsdt: usdt(setup.risk),
    notionalUsdt: usdt(setup.entry),
    reserve: {
      asset: figures.quote,
      amount: ceilToStep(quantity.mul(setup.cost), reserveStep(figures.quote)).toFixed(),
    },
    marginUsdt: setup.leverage > 1 ? usdt(setup.entry.div(setup.leverage)) : '0',
    expiresAtMs: isLimit ? entryExpiry(input.entry, input.now) : null,
  };
}

/**
 * What is held or risked is written a little more, never less. Venues round what an order holds up to their
 * decimals: reserved finer than that, an order for all that is left would be refused for want of the rest.
 */
const CENT_MILLIONTH = new Decimal('0.00000001');
const FIAT_STEP = new Decimal('0.0001');
const FIAT = new Set(['USD', 'EUR', 'GBP', 'CAD', 'AUD', 'CHF']);

function reserveStep(asset: Asset): Decimal {
  return FIAT.has(asset) ? FIAT_STEP : CENT_MILLIONTH;
}
