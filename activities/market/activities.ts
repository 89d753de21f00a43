import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type pg from 'pg';
import { MARKET_ANALYSTS } from '../../shared/analysts/registry.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { ClosedBar } from '../../shared/guard/exit-after-bar.ts';
import { isReviewDue } from '../../shared/guard/exit-review.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import type { AccountView } from '../../shared/snapshot.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { Instrument, VenueDepth } from '../../shared/venue.ts';
import { readAnalysts } from '../analysts/read-analysts.ts';
import { recentTrades } from '../ledger/books/trades.ts';
import type { DocumentStore } from '../ledger/documents.ts';
import { lateAfterMs } from './bar-closes.ts';
import { buildSnapshot, withReadings } from './build-snapshot.ts';
import type { CandleStore } from './candle-store.ts';
import type { FeedRun } from './feed.ts';
import type { MarketTime } from './market-time.ts';
import { readExitBar } from './read-exit-bar.ts';
import type { PriceLevel } from './venue-control.ts';

const HOUR_MS = 3_600_000;

export interface MarketDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  candles: CandleStore;
  documents: DocumentStore;
  time: MarketTime;
  /** The local book of a pair; null where none is kept or it is not right at the moment. */
  book: (pair: Pair) => VenueDepth | null;
  /** `forMs` is the venue time (Unix ms) whose fees count. */
  instrument: (pair: Pair, forMs?: number) => Promise<Instrument>;
}

export type MarketActivities = ReturnType<typeof createMarketActivities>;

export function createMarketActivities(deps: MarketDeps) {
  const { pool, desk, profile, candles, documents, time } = deps;
  const { reviewEveryHours } = profile.guard;
  return {
    /** Builds and stores the snapshot of one cycle; the same input gives the same hash. */
    async buildSnapshot(of: { pair: Pair; barMs: number; atMs: number; account: string }): Promise<{
      hash: string;
      price: number;
      guard: string | null;
      /** Whether deciders are to be asked: always, but for an open position between two reviews. */
      asks: boolean;
    }> {
      const [series, account, trades, instrument] = await Promise.all([
        Promise.all(
          profile.snapshotTimeframes.map(
            async (timeframe) =>
              [timeframe, await candles.closedBy({ pair: of.pair, timeframe }, of.atMs)] as const,
          ),
        ),
        documents.get(of.account) as Promise<AccountView>, // written by openBar
        recentTrades(pool, desk, of.atMs),
        deps.instrument(of.pair, of.atMs),
      ]);
      const columns: Partial<Record<Timeframe, CandleColumns>> = Object.fromEntries(series);
      const bare = buildSnapshot({
        profile,
        pair: of.pair,
        barMs: of.barMs,
        atMs: of.atMs,
        candles: columns,
        ...{ account, recentTrades: trades, instrument },
        book: deps.book(of.pair),
      });
      const view = { snapshot: bare, candles: columns };
      const readings = await readAnalysts(profile.analysts, MARKET_ANALYSTS, view);
      const snapshot = withReadings(bare, readings);
      const hash = await documents.put('snapshot', snapshot);
      const { price, position } = snapshot;
      return {
        hash,
        price: price.now,
        guard: position?.guard ?? null,
        asks:
          position === null ||
          isReviewDue({
            openedAtMs: Date.parse(position.openedAt),
            atMs: of.atMs,
            barMs: timeframeMs(profile.timeframe),
            everyMs: reviewEveryHours === null ? null : reviewEveryHours * HOUR_MS,
          }),
      };
    },

    /** See `readExitBar`. */
    readExitBar: (of: Parameters<typeof readExitBar>[1]): Promise<ClosedBar | null> =>
      readExitBar(candles, of),

    /** Lets a stepped venue's clock go on. Acknowledging again does nothing. */
    async acknowledgeEvent({ event }: { event: number }): Promise<void> {
      await time.acknowledge(event);
    },

    /**
     * Whether a bar closed so long ago that nothing may be decided on it any more; never where the venue's
     * clock stands until it is.
     */
    async isLate(bar: { timeframe: Timeframe; barMs: number }): Promise<boolean> {
      const nowMs = await time.now();
      const closeMs = bar.barMs + timeframeMs(bar.timeframe);
      return nowMs !== null && nowMs - closeMs > lateAfterMs(bar.timeframe);
    },

    /**
     * Asks to be woken at a venue time, by a message of the feed; or answers what time it is at a venue that
     * wakes nobody, for a timer of the workflow's own. `id` is `<workflow id>#<what for>`; the same id
     * replaces.
     */
    async wakeAt(wake: { id: string; atMs: number }): Promise<{ venueMs: number } | null> {
      return time.wakeAt(wake);
    },

    /** Asks to be woken when the pair trades at a price or beyond. */
    async watchLevel(level: PriceLevel): Promise<void> {
      await time.watchLevel(level);
    },

    async forgetLevel({ id }: { id: string }): Promise<void> {
      await time.forgetLevel(id);
    },
  };
}

export type FeedActivities = ReturnType<typeof createFeedActivities>;

/** `run` holds the sockets of one feed: `runFeed` or `runLiveFeed` with its parts. */
export function createFeedActivities(run: (of: FeedRun) => Promise<void>) {
  return {
    /** Holds the venue's sockets until cancelled; throws when they are lost, to be run again. */
    async runFeed(_: { feed: string }): Promise<void> {
      heartbeat({ attempt: activityInfo().attempt });
      await run({ signal: cancellationSignal(), onProgress: (event) => heartbeat({ event }) });
    },
  };
}
