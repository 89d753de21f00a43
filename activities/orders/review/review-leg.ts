import { clientOrderId } from '../../../shared/client-order-id.ts';
import { rebalanceId } from '../../../shared/names.ts';
import type { RebalanceLeg, RebalancePlan } from '../../../shared/rebalance/plan-rebalance.ts';
import { readStoredPlan } from '../../../shared/risk/approved.ts';
import type { RebalanceLegPlan } from '../../../shared/risk/plan.ts';
import { reviewRebalance } from '../../../shared/risk/review.ts';
import type { RuleOutcome } from '../../../shared/risk/verdict.ts';
import { inTransaction, type Queryable } from '../../ledger/database.ts';
import { lockDesk } from '../../ledger/desk/desk-store.ts';
import { intendOrder } from '../order-store.ts';
import { pendingStops } from '../rebalance/plan-rebalance.ts';
import type { ReviewDeps } from './review-deps.ts';
import { readMarket, readReviewInput } from './review-input.ts';

export interface LegRequest {
  /** Workflow id of the rebalancing, and its venue time. */
  id: string;
  startedMs: number;
  /** Number of the leg in its plan, from 1. */
  n: number;
  /** Venue time of the review, Unix ms. */
  atMs: number;
}

export interface LegVerdict {
  kind: 'approved' | 'resized' | 'vetoed';
  rules: RuleOutcome[];
  plan: RebalanceLegPlan | null;
  clientOrderId: string;
}

/**
 * Judges one leg of a stored plan against the account as it is now and stores verdict, reservation and intended
 * order in one transaction under the desk's lock. Keyed by `id` and `n`: a repeat returns what was decided.
 */
export async function reviewLeg(deps: ReviewDeps, of: LegRequest): Promise<LegVerdict> {
  const { desk } = deps;
  const leg = await storedLeg(deps.pool, of);
  const market = await readMarket(deps, { pair: leg.pair, atMs: of.atMs });
  const orderId = clientOrderId(of.id, 'rebalance', of.n);
  const verdictId = `${of.id}/${of.n}`;
  return inTransaction(deps.pool, async (client) => {
    const { marks } = await lockDesk(client, desk);
    if (marks === null) throw new Error(`desk ${desk} has seen no bar yet: nothing is rebalanced`);
    const stored = await client.query<Pick<LegVerdict, 'kind' | 'rules'> & { plan: unknown }>(
      `select kind, rules, plan from verdict where id = $1`,
      [verdictId],
    );
    const known = stored.rows[0];
    if (known !== undefined) {
      const plan = known.plan === null ? null : readStoredPlan(known.plan);
      return {
        kind: known.kind,
        rules: known.rules,
        plan: plan?.kind === 'rebalance' ? plan : null,
        clientOrderId: orderId,
      };
    }
    const about = { pair: leg.pair, atMs: of.atMs, side: leg.side };
    const { track: _track, ...input } = await readReviewInput(client, deps, about, market, marks);
    const verdict = reviewRebalance({
      ...input,
      side: leg.side,
      quantity: leg.quantity,
      pendingStops: await pendingStops(client, desk),
    });
    const { kind, rules, plan } = verdict;
    await client.query(
      `insert into verdict (id, desk, kind, at, rules, plan) values ($1, $2, $3, $4, $5, $6)`,
      [
        ...[verdictId, desk, kind, new Date(of.atMs), JSON.stringify(rules)],
        plan === null ? null : JSON.stringify(plan),
      ],
    );
    if (plan !== null) {
      const { asset, amount } = plan.reserve;
      await client.query(
        `insert into reservation (verdict, desk, pair, asset, amount, risk_usdt, notional_usdt)
         values ($1, $2, $3, $4, $5, 0, $6)`,
        [verdictId, desk, leg.pair, asset, amount, plan.side === 'buy' ? plan.notionalUsdt : '0'],
      );
      await intendOrder(client, {
        clientOrderId: orderId,
        desk,
        position: rebalanceId(of.startedMs),
        verdict: verdictId,
        guard: of.id,
        leg: 'rebalance',
        n: of.n,
        pair: leg.pair,
        side: plan.side,
        kind: 'market',
        quantity: plan.quantity,
        price: null,
        timeInForce: 'gtc',
        atMs: of.atMs,
      });
    }
    return { kind, rules, plan, clientOrderId: orderId };
  });
}

async function storedLeg(db: Queryable, of: LegRequest): Promise<RebalanceLeg> {
  const { rows } = await db.query<{ plan: RebalancePlan }>(
    `select plan from rebalance where id = $1`,
    [of.id],
  );
  const plan = rows[0]?.plan;
  const leg = plan?.kind === 'plan' ? plan.legs[of.n - 1] : undefined;
  if (leg === undefined) throw new Error(`rebalancing ${of.id} has no leg ${of.n}`);
  return leg;
}
