import { Decimal, isDecimalText, type DecimalText } from '../money.ts';
import { isPair, type Pair } from '../pair.ts';
import { approve } from './approved.ts';
import type { ReductionPlan } from './plan.ts';
import { floorToStep } from './steps.ts';
import type { RuleOutcome, Verdict } from './verdict.ts';

/** An order that only makes a position smaller. Quantities are base. */
export interface ReductionReviewInput {
  pair: Pair;
  /** `sell` reduces what was bought, `buy` what was sold short. */
  side: 'sell' | 'buy';
  order: ReductionPlan['order'];
  /** Limit or trigger price; null for a market order. */
  price: DecimalText | null;
  timeInForce: ReductionPlan['timeInForce'];
  quantity: DecimalText;
  /** Of a margin position, as it was opened; null or absent on spot. */
  leverage?: number | null;
  /** What the position holds now, of a short what it has borrowed still. */
  held: DecimalText;
  /** Part of it that open or unknown exit orders may still close, those that this one replaces left out. */
  inExitOrders: DecimalText;
  /** Absent where the quantities are on the lot already. */
  lot?: DecimalText;
}

export const REDUCTION_RULE = {
  id: 'held',
  meaning:
    'A reduction never closes more than is open and not already in exit orders; a short is bought back on margin, reduce-only. Nothing else stands in its way: no state of the desk, limit, freshness or confidence.',
  unit: 'base asset',
  needs: 'position, exit orders',
  can: ['veto', 'shrink'],
} as const;

/** Judges a reduction by its one rule. What is more than is there is shrunk; nothing there is a veto. */
export function reviewReduction(input: ReductionReviewInput): Verdict<ReductionPlan> {
  const found = (outcome: RuleOutcome['outcome'], limit: string | null, note: string) => ({
    rule: REDUCTION_RULE.id,
    outcome,
    observed: String(input.quantity).slice(0, 40),
    limit,
    unit: REDUCTION_RULE.unit,
    note,
  });
  const refused = (limit: string | null, note: string): Verdict<ReductionPlan> => ({
    kind: 'vetoed',
    rules: [found('veto', limit, note)],
    plan: null,
  });

  const { pair, quantity, held, inExitOrders, lot, price, leverage = null } = input;
  const amounts =
    lot === undefined ? { quantity, held, inExitOrders } : { quantity, held, inExitOrders, lot };
  const unreadable = Object.entries(amounts)
    .filter(([, text]) => !isDecimalText(text))
    .map(([name]) => name);
  if (!isPair(pair)) unreadable.push('pair');
  if (price !== null && !(isDecimalText(price) && new Decimal(price).gt(0))) {
    unreadable.push('price');
  }
  // on spot there is nothing to buy back: such an order would open a position
  const isOnMargin = typeof leverage === 'number' && leverage > 1;
  if (!isOnMargin && (leverage !== null || input.side === 'buy')) unreadable.push('leverage');
  if ((price === null) !== (input.order === 'market')) unreadable.push('price');
  if (unreadable.length > 0) return refused(null, `unreadable: ${unreadable.join(', ')}`);

  const free = Decimal.max(0, new Decimal(held).sub(Decimal.max(0, inExitOrders)));
  const step = lot === undefined ? null : new Decimal(lot);
  if (step !== null && !step.gt(0)) return refused(null, 'unreadable: lot');
  const onLot = (value: Decimal): Decimal => (step === null ? value : floorToStep(value, step));
  const most = onLot(free);
  const wanted = onLot(new Decimal(quantity));
  const limit = most.toFixed();
  if (!wanted.gt(0)) return refused(limit, `${quantity} is less than one lot`);
  if (most.isZero()) {
    return refused(limit, `${held} held, ${inExitOrders} in exit orders: nothing to close`);
  }
  const fits = wanted.lte(most);
  const rule = fits
    ? found('pass', limit, '')
    : found('shrink', limit, `${held} held, ${inExitOrders} in exit orders`);
  const plan: ReductionPlan = {
    kind: 'reduce',
    pair,
    side: input.side,
    order: input.order,
    price,
    timeInForce: input.timeInForce,
    quantity: Decimal.min(wanted, most).toFixed(),
    leverage,
  };
  return { kind: fits ? 'approved' : 'resized', rules: [rule], plan: approve(plan) };
}
