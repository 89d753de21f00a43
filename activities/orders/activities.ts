import type { Consensus } from '../../shared/consensus/consensus.ts';
import type { Decision } from '../../shared/decision.ts';
import { exitTerms, type ExitTerms } from '../../shared/guard/exit-terms.ts';
import { Decimal, floorToStep } from '../../shared/money.ts';
import { quoteOf } from '../../shared/pair.ts';
import type { EntryPlan } from '../../shared/risk/plan.ts';
import type { Instrument } from '../../shared/venue.ts';
import type { DocumentStore } from '../ledger/documents.ts';
import { reconcileAccount, type ReconcileDeps } from './reconcile-account.ts';
import type { ReviewDeps } from './review/review-deps.ts';
import { reviewRisk, type ReviewRequest } from './review/review-risk.ts';
import { verdictHeadline, verdictTable } from './review/verdict-table.ts';
import { amendOrder, cancelOrder, type OrderState } from './sending/change-order.ts';
import type { GuardPlan } from './sending/entry-messages.ts';
import {
  guardedEntry,
  type EntryRequest,
  type GuardedEntry,
  type GuardedEntryDeps,
} from './sending/guarded-entry.ts';
import { intendReduction, type Reduction } from './sending/reduce.ts';
import { cancelEntry } from './sending/send-entry.ts';
import { sendOrder, settleOrder, type Placed, type SendingDeps } from './sending/send-order.ts';

export interface OrderDeps extends ReconcileDeps, ReviewDeps {
  documents: DocumentStore;
}

/** What became of a reduction; the quantity is what the review left of it. */
export type PlacedReduction =
  { kind: 'open'; quantity: string } | { kind: 'refused'; reason: string };

export type ReviewActivities = ReturnType<typeof createReviewActivities>;

export function createReviewActivities(deps: OrderDeps) {
  return {
    /**
     * Reviews a cycle's entry and reserves what it may use, in one transaction keyed by cycle id. The
     * plan goes no further than the store: a cycle gets what its guard and its page need.
     */
    async reviewRisk(of: Omit<ReviewRequest, 'decision'> & { consensus: string }): Promise<{
      kind: string;
      headline: string;
      table: string;
      entry: { summary: string; guard: GuardPlan } | null;
    }> {
      const consensus = (await deps.documents.get(of.consensus)) as Consensus; // written by combine
      if (consensus.decision === null) {
        throw new Error(`cycle ${of.cycle} asks for a review without a decision`);
      }
      const decision: Decision = consensus.decision;
      const verdict = await reviewRisk(deps, { ...of, decision });
      const told = {
        kind: verdict.kind,
        headline: verdictHeadline(verdict.kind, verdict.rules),
        table: verdictTable(verdict.kind, verdict.rules),
      };
      if (verdict.plan === null) return { ...told, entry: null };
      const instrument = await deps.instrument(of.pair);
      return {
        ...told,
        entry: {
          summary: summaryOf(verdict.plan),
          guard: guardPlan(
            verdict.plan,
            verdict.clientOrderId,
            instrument,
            deps.profile.guard.targetSlippagePct / 100,
            exitTerms(deps.profile.guard, decision, deps.profile.timeframe),
          ),
        },
      };
    },
  };
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;

export function createOrderActivities(
  deps: OrderDeps & Pick<GuardedEntryDeps, 'startGuard' | 'giveTurn'>,
) {
  const entry: GuardedEntryDeps = { ...deps, reprices: deps.profile.entry.reprices };
  return {
    /**
     * Starts the guard, then sends the entry, each of its orders once, and gives the next cycle its turn; throws
     * what has no definite answer.
     */
    async placeEntry(of: EntryRequest): Promise<GuardedEntry> {
      return guardedEntry(entry, of, sendOrder);
    },

    /** Finds out what became of the entry, and sends it again only when it cannot exist. */
    async settleEntry(of: EntryRequest): Promise<GuardedEntry> {
      return guardedEntry(entry, of, settleOrder);
    },

    /** Ends a position's entry, whichever order it has come to; what is filled of it stays. */
    async cancelEntry({
      position,
    }: {
      position: string;
    }): Promise<OrderState & { clientOrderId: string; n: number }> {
      return cancelEntry(deps, position);
    },

    /** Sends a leg of a rebalancing stored under its client id, once; the same for one whose sending failed. */
    async placeLeg({ clientOrderId }: { clientOrderId: string }): Promise<Placed> {
      return sendOrder(deps, clientOrderId);
    },
    async settleLeg({ clientOrderId }: { clientOrderId: string }): Promise<Placed> {
      return settleOrder(deps, clientOrderId);
    },

    /** Reviews, writes down and sends one reducing order, once. */
    async placeReduction(reduction: Reduction): Promise<PlacedReduction> {
      return reduce(reduction, sendOrder);
    },

    /** The same for one whose sending had no definite answer. */
    async settleReduction(reduction: Reduction): Promise<PlacedReduction> {
      return reduce(reduction, settleOrder);
    },

    async amendOrder(change: {
      clientOrderId: string;
      quantity?: string;
      price?: string;
    }): Promise<OrderState> {
      return amendOrder(deps, change);
    },

    async cancelOrder({ clientOrderId }: { clientOrderId: string }): Promise<OrderState> {
      return cancelOrder(deps, clientOrderId);
    },

    /** Compares ledger and venue; keyed by `id`. */
    async reconcile(of: { id: string; atMs: number }): Promise<{ differences: string[] }> {
      return { differences: await reconcileAccount(deps, of) };
    },
  };

  async function reduce(
    reduction: Reduction,
    send: (deps: SendingDeps, clientOrderId: string) => Promise<Placed>,
  ): Promise<PlacedReduction> {
    const intended = await intendReduction(deps, reduction);
    if (intended.kind === 'vetoed') return { kind: 'refused', reason: intended.reason };
    const placed = await send(deps, intended.clientOrderId);
    return placed.kind === 'open' ? { kind: 'open', quantity: intended.quantity } : placed;
  }
}

function guardPlan(
  plan: EntryPlan,
  entryClientOrderId: string,
  instrument: Instrument,
  targetSlippage: number,
  exits: ExitTerms,
): GuardPlan {
  const { lot, tick, minQuantity, minCost } = instrument;
  return {
    entryClientOrderId,
    entryQuantity: plan.quantity,
    stopPrice: plan.stopPrice,
    targets: plan.targets,
    lot,
    tick,
    minQuantity,
    minCost,
    targetSlippage,
    exits,
    ...(plan.leverage > 1 ? { margin: { side: plan.side, leverage: plan.leverage } } : {}),
  };
}

function summaryOf(plan: EntryPlan): string {
  const worth = new Decimal(plan.notionalUsdt).toFixed(2);
  const how = plan.entry.postOnly ? ' post-only' : '';
  const risk = floorToStep(new Decimal(plan.riskUsdt), new Decimal('0.01')).toFixed(2);
  const targets = plan.targets.map((t) => t.price).join(', ');
  return (
    `${plan.side} ${plan.quantity} ${plan.pair} at ${plan.entry.price ?? 'market'}${how} ` +
    `(${worth} USDT, ${risk} at risk), stop ${plan.stopPrice}, target ${targets} ${quoteOf(plan.pair)}`
  );
}
