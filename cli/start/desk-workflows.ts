import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { modelAsks } from '../../shared/llm/model-asks.ts';
import { queuesOf, workflowIds } from '../../shared/names.ts';
import { rebalanceAtMs } from '../../shared/rebalance/settings.ts';
import type { Profile } from '../../shared/profile.ts';
import { status, type DeskStatus } from '../../workflows/messages.ts';
import { deskKey } from '../../workflows/search-attributes.ts';
import type { marketFeed } from '../../workflows/market-feed.ts';
import type { tradingDesk } from '../../workflows/trading-desk.ts';

/** The workflows of one desk, as the process that starts them sees them. */
export interface DeskWorkflows {
  /** Starts what does not run; what runs goes on. */
  start(): Promise<void>;
  /** The desk's own word, or null while it cannot answer. */
  status(): Promise<DeskStatus | null>;
  /** Ends desk, feed and guards: for a replay that is over. */
  end(guards: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts a desk's workflows, finds those that run, and asks them. */
export async function deskWorkflows(
  address: string,
  desk: string,
  profile: Profile,
): Promise<DeskWorkflows> {
  const connection = await Connection.connect({ address });
  const { workflow } = new Client({ connection, namespace: 'default' });
  const queues = queuesOf(desk, profile.venue);
  const deskId = workflowIds.desk(desk);
  const feedId = workflowIds.feed(desk, profile.venue);
  const models = modelAsks(desk, profile);
  const common = {
    taskQueue: queues.cycle,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    typedSearchAttributes: [{ key: deskKey, value: desk }],
  };
  return {
    async start() {
      await workflow.start<typeof tradingDesk>('tradingDesk', {
        ...common,
        workflowId: deskId,
        staticSummary: `desk ${profile.name}: ${profile.pairs.join(', ')} on ${profile.venue}`,
        args: [
          {
            desk,
            pairs: profile.pairs,
            timeframe: profile.timeframe,
            deciders: profile.deciders.map((d) => d.id),
            ...(Object.keys(models).length === 0 ? {} : { models }),
            ordersQueue: queues.orders,
            reconcileEveryMs: profile.reconcileEveryHours * 3_600_000,
            ...(profile.rebalance === undefined
              ? {}
              : { rebalanceAtMs: rebalanceAtMs(profile.rebalance) }),
          },
        ],
      });
      await workflow.start<typeof marketFeed>('marketFeed', {
        ...common,
        workflowId: feedId,
        staticSummary: `prices and executions of ${profile.venue}`,
        args: [{ marketQueue: queues.market }],
      });
    },
    async status() {
      try {
        return await workflow.getHandle(deskId).query(status);
      } catch {
        return null;
      }
    },
    async end(guards) {
      for (const id of [feedId, deskId, ...guards]) {
        try {
          await workflow.getHandle(id).terminate('the replay has ended');
        } catch (error) {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }
    },
    close: () => connection.close(),
  };
}
