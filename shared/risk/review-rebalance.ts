import { Decimal, isDecimalText, type DecimalText } from '../money.ts';
import type { Pair } from '../pair.ts';
import { applyRules } from './apply-rules.ts';
import { approve } from './approved.ts';
import { entryContext, type Figures } from './entry-context.ts';
import type { EntryReviewInput } from './entry-input.ts';
import type { RebalanceLegPlan } from './plan.ts';
import { REBALANCE_RULES, type LegContext, type LegFigures } from './rebalance-rules.ts';
import { ceilToStep, floorToStep } from './steps.ts';
import type { Verdict } from './verdict.ts';

/**
 * One leg of a rebalancing and everything that it is judged on; `market.depthQuote` is of the side that the leg
 * takes from.
 */
export interface RebalanceReviewInput extends Omit<EntryReviewInput, 'decision' | 'track'> {
  side: 'buy' | 'sell';
  /** Base; what the plan asks for. */
  quantity: DecimalText;
  /** Pairs with a position whose stop or exit is on its way. */
  pendingStops: readonly Pair[];
}

/** A leg follows no decision. */
const NO_DECISION: EntryReviewInput['decision'] = {
  action: 'hold',
  confidence: 0,
  entry: { type: 'market', price: null },
  stopLossPct: null,
  takeProfitPct: [],
  sizePct: null,
  leverage: null,
};
const ONE = new Decimal(1);

/** Judges one leg of a rebalancing: a pure function of its input, like the review of an entry. */
export function reviewRebalance(input: RebalanceReviewInput): Verdict<RebalanceLegPlan> {
  const account = entryContext({ ...input, decision: NO_DECISION });
  const figures = account.figures === null ? null : legFigures(input, account.figures);
  const context: LegContext = {
    account,
    side: input.side,
    quantity: input.quantity,
    pendingStops: input.pendingStops,
    figures,
  };
  const lot = figures?.lot ?? null;
  const { kind, rules, quantity } = applyRules(REBALANCE_RULES, context, input.limits, lot);
  if (kind === 'vetoed' || quantity === null || figures === null) {
    return { kind: 'vetoed', rules, plan: null };
  }
  return { kind, rules, plan: approve(planOf(input, figures, quantity)) };
}

function legFigures(input: RebalanceReviewInput, figures: Figures): LegFigures {
  const slippage = new Decimal(input.limits.slippageBps).div(10_000);
  if (input.side === 'buy') {
    const price = figures.ask.mul(ONE.add(slippage));
    const perUnit = price.mul(ONE.add(input.instrument.takerFee));
    return { ...figures, price, pays: { asset: figures.quote, free: figures.freeQuote, perUnit } };
  }
  const text: unknown = input.account.free[figures.base] ?? '0';
  const free = isDecimalText(text) ? Decimal.max(0, text) : new Decimal(0);
  return {
    ...figures,
    price: figures.bid.mul(ONE.sub(slippage)),
    pays: { asset: figures.base, free, perUnit: ONE },
  };
}

function planOf(
  input: RebalanceReviewInput,
  figures: LegFigures,
  wanted: Decimal,
): RebalanceLegPlan {
  const quantity = floorToStep(wanted, figures.lot);
  const value = quantity.mul(figures.mid).mul(figures.quoteUsdt);
  return {
    kind: 'rebalance',
    pair: input.pair,
    side: input.side,
    quantity: quantity.toFixed(),
    referencePrice: figures.price.toSignificantDigits(12).toFixed(),
    notionalUsdt: ceilToStep(value, SMALLEST).toFixed(),
    reserve: {
      asset: figures.pays.asset,
      amount: ceilToStep(quantity.mul(figures.pays.perUnit), SMALLEST).toFixed(),
    },
  };
}

/** What is held is written a little more, never less. */
const SMALLEST = new Decimal('0.0000000001');
