import type { Timeframe } from '../../shared/timeframe.ts';
import { TIMEFRAMES } from '../../shared/timeframe.ts';
import type { VenueStreamEvent } from '../../shared/venue.ts';
import { balanceWatch } from './balance-watch.ts';
import { barCloses } from './bar-closes.ts';
import { executions } from './executions.ts';
import type { FeedParts, FeedRun } from './feed.ts';
import { priceLevels } from './price-levels.ts';
import { unheardOrders } from './unheard-orders.ts';
import { ALARMING_SKEW_MS, isAlarming, type VenueClock } from './venue-clock.ts';

export interface LiveFeedDeps extends FeedParts {
  clock: VenueClock;
  log: (line: string) => void;
  /** Wall milliseconds of a clock that never goes back, and a wait by it. */
  wallMs: () => number;
  pause: (ms: number) => Promise<void>;
}

/** How often due bars, levels that were booked and messages that nobody confirmed are looked for. */
const LOOK_MS = 500;
/** Wall time after which a guard that did not confirm a message gets it again. */
const TELL_AGAIN_MS = 10_000;
const MEASURE_MS = 60_000;
const HEALTH_MS = 900_000;
const BALANCES_MS = 5_000;

/**
 * The feed of a venue whose clock goes on by itself. Runs until `signal` aborts or a socket is refused for
 * good: books what is executed and tells the guards, compares prices with the levels that guards wait for,
 * closes bars by the venue's clock and tells the desk, and asks it for a reconciliation when the account holds
 * what no execution explains. Sockets that break come back by themselves; what was
 * missed meanwhile is read from the venue's history. Subscribes first and reads after, so nothing falls
 * between; two copies at once do no harm, since bookings are unique and messages cumulative.
 */
export async function runLiveFeed(deps: LiveFeedDeps, run: FeedRun): Promise<void> {
  const { clock, log, messages } = deps;
  const orders = executions(deps);
  const levels = priceLevels(deps);
  const bars = await barCloses(deps);
  const balances = balanceWatch({ pool: deps.pool, nowMs: deps.wallMs });
  const finest = finestOf(deps.profile.snapshotTimeframes);
  /** What the venue said, with the venue time at which it came. */
  const inbox: { event: VenueStreamEvent; atMs: number }[] = [];
  /** When outbox rows were told, wall clock. */
  const toldAt = new Map<number, number>();
  const isUp = { public: false, private: false };
  let lastAtMs: number | null = null;
  let system = 'online';
  const failures: Error[] = [];
  let hasHistory = false;
  let look: () => void = () => {};

  const stream = await deps.openStream((event) => {
    inbox.push({ event, atMs: clock.nowMs() });
    look();
  });
  const unheard = unheardOrders({ ...deps, nowMs: deps.wallMs });
  try {
    await drain();
    // Takes a while where calls are counted; executions go on meanwhile.
    bars.readHistory().then(() => (hasHistory = true), fail);
    const every = timers(deps.wallMs);
    let health = '';
    while (!run.signal.aborted) {
      const wasBooked = await drain();
      if (every('levels', LOOK_MS)) await levels.refresh();
      if (wasBooked || levels.reached().length > 0 || every('guards', LOOK_MS)) await tellGuards();
      if (hasHistory) bars.settleDue().catch(fail);
      if (every('clock', MEASURE_MS)) stream.barrier().catch(fail);
      if (every('unheard', LOOK_MS)) await lookForUnheard();
      if (every('balances', BALANCES_MS)) {
        const differing = await balances.differing();
        if (differing.length > 0) await messages.reconcileWanted(differing.join('; '));
      }
      const now = healthNow();
      const { lastAtMs: _, skewMs: __, ...state } = now;
      const isNews = JSON.stringify(state) !== health;
      if (every('health', HEALTH_MS) || isNews) {
        health = JSON.stringify(state);
        for (const alarm of isNews ? now.alarms : []) log(alarm);
        await messages.health(now);
      }
      if (failures[0] !== undefined) throw failures[0];
      run.onProgress(0);
      await nextLook();
    }
  } finally {
    await stream.close();
    await bars.idle();
  }

  function fail(error: unknown): void {
    failures.push(error instanceof Error ? error : new Error(String(error)));
    look();
  }

  /** Ends with the next word of the venue, or soon. */
  function nextLook(): Promise<void> {
    if (inbox.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => look(), LOOK_MS);
      look = () => {
        clearTimeout(timer);
        look = () => {};
        resolve();
      };
      run.signal.addEventListener('abort', () => look(), { once: true });
    });
  }

  /** Takes in what came; whether any of it may concern a guard. */
  async function drain(): Promise<boolean> {
    let wasBooked = false;
    for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
      const { event, atMs } = next;
      lastAtMs = atMs;
      switch (event.kind) {
        case 'candle':
          bars.candle(event);
          if (event.timeframe === finest) levels.price(event.pair, event.candle);
          break;
        case 'movement':
          await orders.take(event);
          break;
        case 'fill':
        case 'order':
          await orders.take(event);
          unheard.heard(event.kind === 'fill' ? event.fill : event.order);
          wasBooked = true;
          break;
        case 'connected':
          isUp[event.socket] = true;
          if (event.socket === 'public') bars.connected(atMs);
          // What was executed while the socket was down, its snapshot does not tell in full.
          else await orders.catchUp();
          wasBooked = true;
          break;
        case 'disconnected':
          isUp[event.socket] = false;
          if (event.socket === 'public') bars.disconnected();
          break;
        case 'balance':
          balances.told(event);
          break;
        case 'status':
          system = event.system;
          break;
        default:
          event satisfies never;
      }
    }
    return wasBooked;
  }

  async function tellGuards(): Promise<void> {
    const wall = deps.wallMs();
    const wakes = levels.reached();
    const now: number[] = [];
    const isDue = (outbox: number): boolean => {
      if (wall - (toldAt.get(outbox) ?? -Infinity) < TELL_AGAIN_MS) return false;
      now.push(outbox);
      return true;
    };
    await orders.tellGuards({ event: null, atMs: clock.nowMs(), wakes, isDue });
    for (const outbox of now) toldAt.set(outbox, wall);
    for (const [outbox, at] of toldAt) if (wall - at > 10 * TELL_AGAIN_MS) toldAt.delete(outbox);
    if (wakes.length > 0) await levels.told(wakes);
  }

  /** Orders that the venue took and the socket is silent about: the subscription is dead. */
  async function lookForUnheard(): Promise<void> {
    const silent = await unheard.overdue();
    if (silent.length === 0) return;
    log(`nothing is heard of ${silent.join(', ')}: the executions are subscribed again`);
    stream.restart('private', 'no word of an order that was taken');
  }

  function healthNow() {
    const skewMs = clock.skew()?.skewMs ?? null;
    const alarms: string[] = [];
    if (skewMs !== null && isAlarming(skewMs)) {
      alarms.push(
        `this machine's clock differs from the venue's by more than ${ALARMING_SKEW_MS} ms: set it by NTP`,
      );
    }
    if (system !== 'online') alarms.push(`the venue is in ${system}`);
    return { connected: isUp.public && isUp.private, lastEvent: 0, lastAtMs, skewMs, alarms };
  }
}

/** Whether so much wall time has passed since the last time that it said so, by name. */
function timers(wallMs: () => number): (name: string, everyMs: number) => boolean {
  const last = new Map<string, number>();
  return (name, everyMs) => {
    const now = wallMs();
    if (now - (last.get(name) ?? -Infinity) < everyMs) return false;
    last.set(name, now);
    return true;
  };
}

function finestOf(timeframes: readonly Timeframe[]): Timeframe {
  const finest = TIMEFRAMES.find((each) => timeframes.includes(each));
  if (finest === undefined) throw new Error('a profile without timeframes');
  return finest;
}
