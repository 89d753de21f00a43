import type { RebalanceLeg } from '../../../shared/rebalance/plan-rebalance.ts';
import type { ReviewDeps } from '../review/review-deps.ts';
import { reviewLeg, type LegRequest } from '../review/review-leg.ts';
import { verdictHeadline } from '../review/verdict-table.ts';
import { planPass } from './plan-rebalance.ts';

/** What a rebalancing is told of its plan; shares are parts of the core, by asset. */
export interface PlannedPass {
  /** In the order in which they are sent; empty when nothing is to be done. */
  legs: RebalanceLeg[];
  /** Why there is nothing to do; null otherwise. */
  reason: string | null;
  shares: Record<string, number>;
  toShares: Record<string, number>;
}

export interface ReviewedLeg {
  kind: 'approved' | 'resized' | 'vetoed';
  headline: string;
  /** What is to be sent; null when vetoed. */
  order: { clientOrderId: string; summary: string } | null;
}

export type RebalanceActivities = ReturnType<typeof createRebalanceActivities>;

export function createRebalanceActivities(deps: ReviewDeps) {
  return {
    /** Plans one pass; keyed by `id`. */
    async planRebalance(of: { id: string; atMs: number }): Promise<PlannedPass> {
      const plan = await planPass(deps, of);
      const { shares } = plan;
      return plan.kind === 'none'
        ? { legs: [], reason: plan.reason, shares, toShares: shares }
        : { legs: plan.legs, reason: null, shares, toShares: plan.toShares };
    },

    /** Reviews one leg of the plan and reserves what it may use; keyed by `id` and `n`. */
    async reviewRebalanceLeg(of: LegRequest): Promise<ReviewedLeg> {
      const { kind, rules, plan, clientOrderId } = await reviewLeg(deps, of);
      const headline = verdictHeadline(kind, rules);
      if (plan === null) return { kind, headline, order: null };
      const { side, quantity, pair, notionalUsdt } = plan;
      const summary = `${side} ${quantity} ${pair} (${Number(notionalUsdt).toFixed(2)} USDT)`;
      return { kind, headline, order: { clientOrderId, summary } };
    },
  };
}
