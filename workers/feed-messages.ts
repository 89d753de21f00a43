import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { FeedMessages } from '../activities/market/feed-messages.ts';
import {
  barClosed,
  feedHealth,
  orderUpdate,
  reconcileNow,
  venueEvent,
} from '../workflows/messages.ts';

/** The feed's messages as Temporal signals. */
export function feedMessages(client: Client, desk: string, feed: string): FeedMessages {
  const to = (id: string) => client.workflow.getHandle(id);
  const unlessClosed = async (sent: Promise<void>): Promise<boolean> => {
    try {
      await sent;
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
  return {
    barClosed: (bar) => to(desk).signal(barClosed, bar),
    venueEvent: (seen) => to(desk).signal(venueEvent, seen),
    orderUpdate: (workflow, update) => unlessClosed(to(workflow).signal(orderUpdate, update)),
    reconcileWanted: (why) => to(desk).signal(reconcileNow, { who: 'feed', why }),
    health: (now) => to(feed).signal(feedHealth, now),
  };
}
