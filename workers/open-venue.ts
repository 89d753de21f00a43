import { setTimeout as pause } from 'node:timers/promises';
import { movementsSince } from '../activities/ledger/books/book-movement.ts';
import type { FeedParts, FeedRun } from '../activities/market/feed.ts';
import { runFeed } from '../activities/market/feed.ts';
import { runLiveFeed } from '../activities/market/live-feed.ts';
import { realTime, steppedTime, type MarketTime } from '../activities/market/market-time.ts';
import { venueClock } from '../activities/market/venue-clock.ts';
import { createVenueControl } from '../activities/market/venue-control.ts';
import { localBooks } from '../activities/orders/kraken/local-books.ts';
import { fileNonces } from '../activities/orders/kraken/nonces.ts';
import { openKrakenStream } from '../activities/orders/kraken/stream.ts';
import { createKrakenVenue, type KrakenVenue } from '../activities/orders/kraken/venue.ts';
import type { Pair } from '../shared/pair.ts';
import type { Instrument, VenueDepth } from '../shared/venue.ts';
import type { WorkerConfig } from './config.ts';

/** The venue of a desk, and how its market moves: in steps that wait for the desk, or at real time. */
export interface OpenVenue {
  venue: KrakenVenue;
  time: MarketTime;
  /** Venue time for orders' deadlines; null where the clock stands while an order is on its way. */
  deadlineClock: (() => Promise<number>) | null;
  depth: (pair: Pair) => Promise<VenueDepth>;
  /** An instrument with what the venue last said of itself: in maintenance no pair is online. */
  withStatus: (instrument: Instrument) => Instrument;
  /** The local book of a pair; null where none is kept or it is not right at the moment. */
  book: (pair: Pair) => VenueDepth | null;
  runFeed(parts: Omit<FeedParts, 'venue' | 'openStream'>, run: FeedRun): Promise<void>;
  close(): void;
}

const MEASURE_AGAIN_MS = 2_000;

/** Throws a `VenueError` of kind `person` when a key that trades real money must not be used. */
export async function openVenue(
  config: Pick<WorkerConfig, 'desk' | 'profile' | 'venue'>,
  pool: FeedParts['pool'],
  log: (line: string) => void,
): Promise<OpenVenue> {
  const { desk, profile } = config;
  const { rest, ws, wsAuth, control: controlAddress, isLive } = config.venue;
  const venue = createKrakenVenue({
    rest,
    ...keysOf(config.venue),
    ...(profile.krakenTier === undefined ? {} : { tier: profile.krakenTier }),
    nonces: fileNonces(config.venue.nonceFile),
    log,
  });
  await venue.assertKeyPermissions({ live: isLive });
  const clock = venueClock();
  let system: Instrument['status'] = 'online';
  const withStatus = (instrument: Instrument): Instrument =>
    system === 'online' || instrument.status !== 'online'
      ? instrument
      : { ...instrument, status: system };
  const openStream: FeedParts['openStream'] = async (tell) => {
    const onEvent: typeof tell = (event) => {
      if (event.kind === 'status') system = statusOf(event.system);
      tell(event);
    };
    return openKrakenStream({
      ws,
      wsAuth,
      token: () => venue.webSocketToken(),
      pairs: profile.pairs,
      timeframes: profile.snapshotTimeframes,
      onEvent,
      balances: controlAddress === null || (await tradesOnMargin()),
      ordersByVenueId: (ids) => venue.ordersByVenueId(ids),
      onClockSkew: clock.measured,
      log,
    });
  };

  /** What a position on margin brings and costs comes with the balances. */
  async function tradesOnMargin(): Promise<boolean> {
    return profile.margin !== undefined || (await movementsSince(pool, desk)) !== null;
  }

  if (controlAddress !== null) {
    const control = createVenueControl(controlAddress);
    return {
      venue,
      time: steppedTime(control),
      deadlineClock: null,
      depth: (pair) => venue.depth(pair),
      // Orders find it out there: what comes between two events must not change what is decided.
      withStatus: (instrument) => instrument,
      book: () => null,
      runFeed: (parts, run) => runFeed({ ...parts, venue, openStream, control }, run),
      close: () => venue.close(),
    };
  }

  await measured();
  const books = localBooks({ ws, instruments: () => venue.instruments(profile.pairs), log });
  return {
    venue,
    time: realTime({ clock, pool, desk }),
    deadlineClock: () => Promise.resolve(clock.nowMs()),
    depth: async (pair) => books.depth(pair) ?? (await venue.depth(pair)),
    withStatus,
    book: books.depth,
    runFeed: (parts, run) =>
      runLiveFeed(
        {
          ...parts,
          venue,
          openStream,
          clock,
          log,
          wallMs: () => performance.now(),
          pause: (ms) => pause(ms),
        },
        run,
      ),
    close: () => {
      books.close();
      venue.close();
    },
  };

  /** Nothing can be timed before the venue's clock is known. */
  async function measured(): Promise<void> {
    for (;;) {
      try {
        return clock.measured(await venue.clockSkew());
      } catch (error) {
        log(`the venue's clock could not be read: ${String(error)}`);
        await pause(MEASURE_AGAIN_MS);
      }
    }
  }
}

/** The key pair of a simulator stands in the config; one of real money never leaves the environment. */
function keysOf(of: WorkerConfig['venue']): { key: string; secret: string } {
  const key = of.key ?? process.env['KRAKEN_API_KEY'] ?? '';
  const secret = of.secret ?? process.env['KRAKEN_API_SECRET'] ?? '';
  if (key === '' || secret === '') {
    throw new Error('KRAKEN_API_KEY and KRAKEN_API_SECRET are not set: a live desk needs both');
  }
  return { key, secret };
}

/** The system's state as a pair's; one that is not known is closed. */
function statusOf(system: string): Instrument['status'] {
  const known = ['online', 'cancel_only', 'post_only', 'limit_only', 'reduce_only'] as const;
  return known.find((each) => each === system) ?? 'maintenance';
}
