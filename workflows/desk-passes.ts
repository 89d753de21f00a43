import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { workflowIds } from '../shared/names.ts';
import type { Carried } from './desk-carried.ts';
import type { DeskEvents } from './desk-events.ts';
import type { DeskInput } from './desk-input.ts';
import { rebalance } from './rebalance.ts';
import { reconcile } from './reconcile.ts';
import { deskKey } from './search-attributes.ts';

const DAY_MS = 86_400_000;

/**
 * What the desk starts at venue times of its own, each under an id that has that time in it: comparisons of
 * ledger and venue, and rebalancings, which wait until every cycle of their bar has ended.
 */
export function deskPasses(self: string, input: DeskInput, s: Carried, events: DeskEvents) {
  const { rebalanceAtMs } = input;
  let due: number | null = null;
  if (rebalanceAtMs !== undefined && s.venueTimeMs !== null) {
    s.rebalanceDay ??= dayFrom(rebalanceAtMs, s.venueTimeMs);
  }
  return {
    reconcile: startReconcile,

    /** The first close, or one so long after the last comparison, starts the next. */
    async reconcileAfter(atMs: number): Promise<void> {
      if (s.lastReconcileMs === null || atMs - s.lastReconcileMs >= input.reconcileEveryMs) {
        await startReconcile(atMs, 0);
      }
    },

    /** A bar has closed: the first of a rebalancing day makes one due, if the desk may trade. */
    noteBar(atMs: number, mayTrade: boolean): void {
      if (rebalanceAtMs === undefined) return;
      const day = dayFrom(rebalanceAtMs, atMs);
      if (day <= (s.rebalanceDay ?? -Infinity)) return;
      s.rebalanceDay = day;
      if (mayTrade) due = atMs;
    },

    isDue: (): boolean => due !== null,

    async startDue(): Promise<void> {
      if (due === null) return;
      const atMs = due;
      due = null;
      const id = workflowIds.rebalance(input.desk, atMs);
      const event = s.open?.number ?? null;
      await once(id, () =>
        startChild(rebalance, {
          workflowId: id,
          args: [{ deskWorkflow: self, atMs, event, ordersQueue: input.ordersQueue }],
          parentClosePolicy: ParentClosePolicy.ABANDON,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          staticSummary: 'the core back into its bands',
          typedSearchAttributes: [{ key: deskKey, value: input.desk }],
        }),
      );
    },
  };

  async function startReconcile(atMs: number, asked: number): Promise<void> {
    s.lastReconcileMs = atMs;
    const id = workflowIds.reconcile(input.desk, atMs, asked);
    const event = s.open?.number ?? null;
    await once(id, () =>
      startChild(reconcile, {
        workflowId: id,
        args: [{ deskWorkflow: self, atMs, event, ordersQueue: input.ordersQueue }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `ledger against venue, ${asked === 0 ? 'scheduled' : 'asked for'}`,
        typedSearchAttributes: [{ key: deskKey, value: input.desk }],
      }),
    );
  }

  /** Starts it; the open event waits for it. One that is there already has been started before. */
  async function once(id: string, start: () => Promise<unknown>): Promise<void> {
    try {
      await start();
      events.waitFor(id);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

/** Days since 1970, each from its time of the day on. */
function dayFrom(timeOfDayMs: number, atMs: number): number {
  return Math.floor((atMs - timeOfDayMs) / DAY_MS);
}
