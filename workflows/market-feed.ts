import {
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { feedOn } from './activities.ts';
import { feedHealth, health, type FeedHealth } from './messages.ts';

export interface FeedInput {
  marketQueue: string;
}

/**
 * Keeps the venue's sockets open, for ever: one activity holds them and tells desk and guards what it
 * hears; when it is lost it starts again and resumes from the stored cursor. Goes on as a new run when the
 * server suggests it: two activities at once, for a moment, do no harm.
 */
export async function marketFeed(input: FeedInput): Promise<never> {
  let now: FeedHealth = { connected: false, lastEvent: 0, lastAtMs: null };
  setHandler(health, () => now);
  setHandler(feedHealth, (h) => {
    now = h;
    setCurrentDetails(describe(h));
  });
  const activity = new CancellationScope();
  await Promise.race([
    activity.run(() => feedOn(input.marketQueue).runFeed({ feed: workflowInfo().workflowId })),
    condition(() => workflowInfo().continueAsNewSuggested),
  ]);
  return continueAsNew<typeof marketFeed>(input);
}

function describe({ connected, skewMs, alarms = [] }: FeedHealth): string {
  return [
    connected ? 'Connected to the venue.' : 'Not connected; reconnecting.',
    ...(skewMs == null ? [] : [`Its clock is ${Math.round(skewMs)} ms ahead of this machine's.`]),
    ...alarms.map((alarm) => `**${alarm}**`),
  ].join('\n\n');
}
