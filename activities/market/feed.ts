import type { Profile } from '../../shared/profile.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import type { VenueStream, VenueStreamEvent } from '../../shared/venue.ts';
import type { CandleStore } from './candle-store.ts';
import { executions, type ExecutionDeps } from './executions.ts';
import type { FeedMessages } from './feed-messages.ts';
import { steppedBars } from './stepped-bars.ts';
import type { SteppedEvent, VenueControl } from './venue-control.ts';

/** What every feed needs, whether the venue's clock stands for it or not. */
export interface FeedParts extends ExecutionDeps {
  profile: Profile;
  candles: CandleStore;
  /** Opens the venue's sockets; resolves when both are subscribed and their snapshots are in. */
  openStream: (onEvent: (event: VenueStreamEvent) => void) => Promise<VenueStream>;
  messages: FeedMessages;
  /** Told of a bar's close as soon as it is heard of: what will be wanted at that venue time may be read ahead. */
  readAhead?: (atMs: number) => void;
}

export interface FeedDeps extends FeedParts {
  control: VenueControl;
}

/** One run of a feed: until `signal` aborts; `onProgress` is told that it lives. */
export interface FeedRun {
  signal: AbortSignal;
  onProgress: (event: number) => void;
}

const POLL_MS = 2_000;

/**
 * Runs until `signal` aborts or the connection is lost (then throws, to be started again): books what
 * the venue executes, stores the bars that close, and at each event of the venue's clock tells the desk
 * and the guards concerned. Subscribes first and reads the history after, so nothing falls between; two
 * copies at once do no harm, since bookings are unique and messages cumulative.
 */
export async function runFeed(deps: FeedDeps, run: FeedRun): Promise<void> {
  const { venue, control, messages } = deps;
  const orders = executions(deps);
  const inbox: VenueStreamEvent[] = [];
  const bars = steppedBars(deps);

  const stream = await deps.openStream((event) => inbox.push(event));
  try {
    await catchUp();
    await control.attach([deps.profile.timeframe]);
    await messages.health({ connected: true, lastEvent: 0, lastAtMs: null });
    let seen = 0;
    while (!run.signal.aborted) {
      const state = await control.state(seen, POLL_MS, run.signal);
      run.onProgress(seen);
      const { event } = state;
      if (event === null || event.number <= seen) {
        await drain();
        continue;
      }
      // What was sent before the clock stood is in the inbox once the sockets have echoed.
      await stream.barrier();
      await drain();
      await tell(event);
      seen = event.number;
    }
  } finally {
    await stream.close();
  }

  /** Reads what was missed while nobody listened: executions, ends of orders, bars. */
  async function catchUp(): Promise<void> {
    await orders.catchUp();
    await bars.catchUp();
  }

  async function drain(): Promise<void> {
    for (let event = inbox.shift(); event !== undefined; event = inbox.shift()) {
      switch (event.kind) {
        case 'candle':
          bars.take(event);
          break;
        case 'fill':
        case 'order':
        case 'movement':
          await orders.take(event);
          break;
        case 'disconnected':
          throw new Error(`the ${event.socket} socket of ${venue.name} was lost: ${event.reason}`);
        case 'connected':
        case 'balance':
        case 'status':
          break;
        default:
          event satisfies never;
      }
    }
    await bars.store();
  }

  /** Tells each guard concerned what the event means for it, in one message, and then the desk. */
  async function tell(event: SteppedEvent): Promise<void> {
    const atMs = Date.parse(event.at);
    const wakes = (event.wakes ?? []).map((w) => w.id);
    const bar = event.bars?.find((b) => b.timeframe === deps.profile.timeframe);
    if (bar !== undefined) deps.readAhead?.(atMs);
    const concerned = await orders.tellGuards({ event: event.number, atMs, wakes });
    if (bar !== undefined) {
      await bars.complete(atMs);
      await messages.barClosed({
        event: event.number,
        atMs,
        timeframe: bar.timeframe,
        barMs: atMs - timeframeMs(bar.timeframe),
        pairs: bar.pairs,
        concerned,
      });
    } else {
      await messages.venueEvent({
        event: event.number,
        atMs,
        kind: event.kind === 'bar' ? 'wake' : event.kind,
        concerned,
      });
    }
  }
}
