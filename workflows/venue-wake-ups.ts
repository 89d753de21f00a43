import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { isoTime } from '../shared/timeframe.ts';
import { local } from './activities.ts';
import type { OrderUpdate } from './messages.ts';

/** Venue times that a workflow waits for, by what for. All come as `OrderUpdate`s that name them in `wakes`. */
export interface VenueWakeUps {
  /** Asks to be woken at a venue time; the same name replaces. */
  untilVenueTime(name: string, atMs: number): Promise<void>;
  forget(name: string): void;
  /** Whether a wake-up that a message of venue time `atMs` names is one of these and due; it is then over. */
  isDue(id: string, atMs: number): boolean;
  /** What is booked and not over, to be carried into the next run and booked there again. */
  pending(): Record<string, number>;
}

/**
 * The one way in which a workflow waits for a venue time. A stepped venue takes the wake-up into its own
 * clock and the feed tells the workflow; at real time a durable timer runs, and the venue's clock is asked
 * before `deliver` gets the same message.
 */
export function venueWakeUps(self: string, deliver: (update: OrderUpdate) => void): VenueWakeUps {
  const booked = new Map<string, { atMs: number; timer: CancellationScope }>();
  const idOf = (name: string): string => `${self}#${name}`;

  const forget = (name: string): void => {
    booked.get(name)?.timer.cancel();
    booked.delete(name);
  };

  /** Waits as long as the venue's clock is short of it; a clock that was put back makes it wait again. */
  async function ring(name: string, atMs: number, venueMs: number): Promise<void> {
    const id = idOf(name);
    let nowMs = venueMs;
    while (nowMs < atMs) {
      await sleep(Math.max(1, atMs - nowMs), { summary: `${name} at ${isoTime(atMs)}` });
      nowMs = (await local.wakeAt({ id, atMs }))?.venueMs ?? atMs;
    }
    deliver({ event: null, atMs: nowMs, orders: [], wakes: [id], outbox: [] });
  }

  return {
    async untilVenueTime(name, atMs) {
      forget(name);
      const timer = new CancellationScope();
      booked.set(name, { atMs, timer });
      // A venue that wakes by itself answers nothing.
      const now = await local.wakeAt({ id: idOf(name), atMs });
      if (now == null || booked.get(name)?.timer !== timer) return;
      timer
        .run(() => ring(name, atMs, now.venueMs))
        .catch((error: unknown) => {
          if (!isCancellation(error)) throw error;
        });
    },
    forget,
    isDue(id, atMs) {
      const name = id.startsWith(`${self}#`) ? id.slice(self.length + 1) : '';
      const wake = booked.get(name);
      if (wake === undefined || atMs < wake.atMs) return false;
      forget(name);
      return true;
    },
    pending: () => Object.fromEntries([...booked].map(([name, { atMs }]) => [name, atMs])),
  };
}
