import type pg from 'pg';
import { isoTime } from '../../shared/timeframe.ts';
import type { VenueClock } from './venue-clock.ts';
import type { PriceLevel, VenueControl } from './venue-control.ts';

/** How workflows wait for times and prices of the market, whether its clock stands for them or not. */
export interface MarketTime {
  /** Venue time now, Unix ms; null where it stands until the desk has done with what happened. */
  now(): Promise<number | null>;
  /** A stepped venue's clock may go on; says nothing at real time. Acknowledging again does nothing. */
  acknowledge(event: number): Promise<void>;
  /** Books a wake-up, or answers what time it is for the caller to wait itself. The same id replaces. */
  wakeAt(wake: { id: string; atMs: number }): Promise<{ venueMs: number } | null>;
  watchLevel(level: PriceLevel): Promise<void>;
  forgetLevel(id: string): Promise<void>;
}

/** The venue's clock stands at numbered events: wake-ups and levels are events of it. */
export function steppedTime(control: VenueControl): MarketTime {
  return {
    now: () => Promise.resolve(null),
    acknowledge: (event) => control.acknowledge(event),
    async wakeAt({ id, atMs }) {
      await control.wake({ id, at: isoTime(atMs) });
      return null;
    },
    watchLevel: (level) => control.wake(level),
    forgetLevel: (id) => control.forget(id),
  };
}

/** The venue's clock goes on by itself: workflows keep durable timers, and the feed compares prices. */
export function realTime(of: { clock: VenueClock; pool: pg.Pool; desk: string }): MarketTime {
  const { clock, pool, desk } = of;
  return {
    now: () => Promise.resolve(clock.nowMs()),
    acknowledge: () => Promise.resolve(),
    wakeAt: () => Promise.resolve({ venueMs: clock.nowMs() }),
    async watchLevel(level) {
      const { above = null, below = null } = { above: undefined, below: undefined, ...level };
      await pool.query(
        `insert into price_level (id, desk, pair, above, below) values ($1, $2, $3, $4, $5)
         on conflict (id) do update
           set pair = excluded.pair, above = excluded.above, below = excluded.below`,
        [level.id, desk, level.pair, above, below],
      );
    },
    async forgetLevel(id) {
      await pool.query(`delete from price_level where id = $1`, [id]);
    },
  };
}
