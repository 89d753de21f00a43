import { continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { feedOn } from './activities.ts';
import { feedHealth, health, type FeedHealth } from './messages.ts';

export interface FeedInput {
  marketQueue: string;
}

/**
 * Keeps the venue's sockets open, for ever: one activity holds them and tells desk and guards what it
 * hears; when it is lost it starts again and resumes from the stored cursor.
 */
export async function marketFeed(input: FeedInput): Promise<never> {
  let now: FeedHealth = { connected: false, lastEvent: 0, lastAtMs: null };
  setHandler(health, () => now);
  setHandler(feedHealth, (h) => {
    now = h;
    setCurrentDetails(h.connected ? 'Connected to the venue.' : 'Not connected; reconnecting.');
  });
  await feedOn(input.marketQueue).runFeed({ feed: workflowInfo().workflowId });
  return continueAsNew<typeof marketFeed>(input);
}
