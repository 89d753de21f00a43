import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import type { EntryMessages } from '../activities/orders/sending/entry-messages.ts';
import { turn } from '../workflows/messages.ts';
import type { positionGuard } from '../workflows/position-guard.ts';
import { deskKey, pairKey } from '../workflows/search-attributes.ts';

/** An entry's messages as Temporal starts and signals; `queue` is that of the workflows. */
export function entryMessages(
  client: Client,
  { desk, queue }: { desk: string; queue: string },
): EntryMessages {
  return {
    async startGuard({ guard, deskWorkflow, position, pair, bar, ordersQueue, plan }) {
      try {
        await client.workflow.start<typeof positionGuard>('positionGuard', {
          workflowId: guard,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          taskQueue: queue,
          args: [{ desk, deskWorkflow, position, pair, ...plan, ordersQueue }],
          staticSummary: `${pair} position of ${bar}`,
          typedSearchAttributes: [
            { key: deskKey, value: desk },
            { key: pairKey, value: pair },
          ],
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async wakeForTurn(cycle) {
      try {
        await client.workflow.getHandle(cycle).signal(turn);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
