import { OrderPlanSchema, type OrderPlan } from './plan.ts';

declare const approved: unique symbol;

/**
 * What the risk engine has let pass. The mark exists for the compiler alone and its key is not exported, so
 * no other code can write such a value; the text of a stored one is read back by `readStoredPlan`.
 */
export type Approved<T> = T & { readonly [approved]: true };

/** For the three reviews of this folder only; a test holds that nothing else imports it. */
export function approve<T extends OrderPlan>(plan: T): Approved<T> {
  return plan as Approved<T>; // the one place where the mark is given
}

/**
 * An approved plan as read from the store under its verdict's id; for the store alone. Throws when `json`
 * is not a plan, which means that the stored row was changed by something else.
 */
export function readStoredPlan(json: unknown): Approved<OrderPlan> {
  return OrderPlanSchema.parse(json) as Approved<OrderPlan>; // the store holds only what a review approved
}
