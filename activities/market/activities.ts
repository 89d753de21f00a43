import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type pg from 'pg';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import type { AccountView, Snapshot } from '../../shared/snapshot.ts';
import { isoTime, type Timeframe } from '../../shared/timeframe.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Instrument } from '../../shared/venue.ts';
import type { DocumentStore } from '../ledger/documents.ts';
import { recentTrades } from '../ledger/trades.ts';
import { buildSnapshot } from './build-snapshot.ts';
import type { CandleStore } from './candle-store.ts';
import { runFeed, type FeedDeps } from './feed.ts';
import type { VenueControl } from './venue-control.ts';

export interface MarketDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  candles: CandleStore;
  documents: DocumentStore;
  control: VenueControl;
  instrument: (pair: Pair) => Promise<Instrument>;
}

export type MarketActivities = ReturnType<typeof createMarketActivities>;

export function createMarketActivities(deps: MarketDeps) {
  const { pool, desk, profile, candles, documents, control } = deps;
  return {
    /** Builds and stores the snapshot of one cycle; the same input gives the same hash. */
    async buildSnapshot(of: {
      pair: Pair;
      barMs: number;
      atMs: number;
      account: string;
    }): Promise<{ hash: string; price: number; guard: string | null }> {
      const columns: Partial<Record<Timeframe, CandleColumns>> = {};
      for (const timeframe of profile.snapshotTimeframes) {
        columns[timeframe] = await candles.closedBy({ pair: of.pair, timeframe }, of.atMs);
      }
      const snapshot: Snapshot = buildSnapshot({
        profile,
        pair: of.pair,
        barMs: of.barMs,
        atMs: of.atMs,
        candles: columns,
        account: (await documents.get(of.account)) as AccountView, // written by openBar
        recentTrades: await recentTrades(pool, desk, of.atMs),
        instrument: await deps.instrument(of.pair),
      });
      const hash = await documents.put('snapshot', snapshot);
      return { hash, price: snapshot.price.now, guard: snapshot.position?.guard ?? null };
    },

    /** Lets a stepped venue's clock go on. Acknowledging again does nothing. */
    async acknowledgeEvent({ event }: { event: number }): Promise<void> {
      await control.acknowledge(event);
    },

    /** Asks to be woken at a venue time. `id` is `<workflow id>#<what for>`; the same id replaces. */
    async wakeAt({ id, atMs }: { id: string; atMs: number }): Promise<void> {
      await control.wake({ id, at: isoTime(atMs) });
    },

    /** Asks to be woken when the pair trades at `above` or higher. */
    async watchLevel(level: { id: string; pair: Pair; above: string }): Promise<void> {
      await control.wake(level);
    },

    async forgetLevel({ id }: { id: string }): Promise<void> {
      await control.forget(id);
    },
  };
}

export type FeedActivities = ReturnType<typeof createFeedActivities>;

export function createFeedActivities(feedOf: (feed: string) => FeedDeps) {
  return {
    /** Holds the venue's sockets until cancelled; throws when they are lost, to be run again. */
    async runFeed({ feed }: { feed: string }): Promise<void> {
      heartbeat({ attempt: activityInfo().attempt });
      await runFeed(feedOf(feed), {
        signal: cancellationSignal(),
        onProgress: (event) => heartbeat({ event }),
      });
    },
  };
}
