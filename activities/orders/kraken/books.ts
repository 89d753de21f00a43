import { bookReader, type BookOutcome, type BookView } from '../../../shared/kraken/book.ts';
import type { Pair } from '../../../shared/pair.ts';
import type { Instrument } from '../../../shared/venue.ts';
import { VenueError } from '../../../shared/venue.ts';
import type { SocketTimes } from './socket.ts';
import { openKrakenSocket, SOCKET_TIMES } from './socket.ts';

export interface KrakenBooksOptions {
  /** Public socket, e.g. `wss://ws.kraken.com/v2`. */
  ws: string;
  /** The pairs to follow, with the precisions that the checksum needs. */
  instruments: readonly Pick<Instrument, 'pair' | 'priceDecimals' | 'lot'>[];
  depth?: 10 | 25 | 100 | 500 | 1000;
  /** After each message that left the book right. */
  onBook?: (book: BookView) => void;
  /** A checksum was wrong; from the fifth in a row on a person should look. */
  onMismatch?: (pair: Pair, inARow: number) => void;
  log?: (message: string) => void;
  times?: Partial<SocketTimes>;
  random?: () => number;
}

export interface KrakenBooks {
  /** Undefined for a pair that is not followed; otherwise ask `isLive` before reading. */
  book(pair: Pair): BookView | undefined;
  close(): void;
}

const HEAD = '{"channel":"book"';
const ALARMING = 5;
const WATCH_MS = 15_000;
/** A book beside busier ones may just be quiet; asking again is cheap. */
const BEHIND_OTHERS_MS = 60_000;
const SILENT_MS = 300_000;

/**
 * Order books of several pairs over a socket of their own, checked with every update. A wrong checksum
 * empties that pair's book and subscribes it again; the other pairs go on.
 */
export async function openKrakenBooks(options: KrakenBooksOptions): Promise<KrakenBooks> {
  const times = { ...SOCKET_TIMES, ...options.times };
  const log = options.log ?? (() => {});
  // More than the ten levels of the checksum: a level that comes into view is then known already.
  const depth = options.depth ?? 25;
  const pairs = options.instruments.map((each) => each.pair);
  const mismatches = new Map<Pair, number>();
  const heardMs = new Map<Pair, number>();
  const resyncs = new Map<Pair, NodeJS.Timeout>();
  let waiting: { pairs: Set<Pair>; done: () => void } | null = null;

  const onOutcome = (pair: Pair, outcome: BookOutcome): void => {
    heardMs.set(pair, performance.now());
    if (outcome === 'ignored') return;
    if (outcome === 'mismatch') {
      const inARow = (mismatches.get(pair) ?? 0) + 1;
      mismatches.set(pair, inARow);
      const alarm = inARow >= ALARMING ? `, the ${inARow}th time in a row` : '';
      log(`kraken's checksum of the ${pair} book does not match${alarm}: subscribing again`);
      options.onMismatch?.(pair, inARow);
      const waitMs = inARow === 1 ? 0 : times.firstBackoffMs * 2 ** Math.min(inARow - 2, 6);
      resync(pair, waitMs);
      return;
    }
    mismatches.set(pair, 0);
    waiting?.pairs.delete(pair);
    if (waiting?.pairs.size === 0) waiting.done();
    const book = reader.book(pair);
    if (book !== undefined) options.onBook?.(book);
  };

  const reader = bookReader({
    depth,
    onOutcome,
    books: options.instruments.map(({ pair, priceDecimals, lot }) => ({
      pair,
      priceDecimals,
      quantityDecimals: lot.split('.')[1]?.length ?? 0,
    })),
  });

  const resync = (pair: Pair, waitMs: number): void => {
    if (resyncs.has(pair)) return;
    const again = async (): Promise<void> => {
      resyncs.delete(pair);
      const connection = socket.connection();
      // Without a connection the next one subscribes everything anyway.
      if (connection === null) return;
      const params = { channel: 'book', symbol: [pair], depth };
      await connection.request('unsubscribe', params);
      await connection.request('subscribe', { ...params, snapshot: true });
    };
    const start = (): void => {
      again().catch((error: unknown) =>
        socket.restart(`subscribing again to the ${pair} book failed: ${String(error)}`),
      );
    };
    resyncs.set(pair, setTimeout(start, waitMs));
  };

  const socket = openKrakenSocket({
    url: options.ws,
    name: 'public',
    times,
    log,
    random: options.random ?? Math.random,
    subscribe: async (connection) => {
      const snapshots = new Promise<void>((resolve, reject) => {
        const why = 'kraken sent no snapshot of every book';
        const timer = setTimeout(() => reject(new VenueError('retry', why)), times.answerMs);
        waiting = { pairs: new Set(pairs), done: () => (clearTimeout(timer), resolve()) };
      });
      const params = { channel: 'book', symbol: pairs, depth, snapshot: true };
      await Promise.all([connection.request('subscribe', params, pairs.length), snapshots]);
    },
    onText: (text) => {
      if (!text.startsWith(HEAD)) return false;
      reader.read(text);
      return true;
    },
    onChannel: (message, text) => {
      if (message.channel === 'book') reader.read(text);
    },
    onUp: () => {},
    onDown: () => {
      reader.drop();
      for (const timer of resyncs.values()) clearTimeout(timer);
      resyncs.clear();
    },
  });

  const watch = setInterval(() => {
    const nowMs = performance.now();
    const newest = Math.max(...heardMs.values());
    for (const [pair, heard] of heardMs) {
      if (newest - heard < BEHIND_OTHERS_MS && nowMs - heard < SILENT_MS) continue;
      log(`kraken sends nothing of the ${pair} book any more: subscribing again`);
      heardMs.set(pair, nowMs);
      resync(pair, 0);
    }
  }, WATCH_MS);

  const close = (): void => {
    clearInterval(watch);
    for (const timer of resyncs.values()) clearTimeout(timer);
    socket.close();
  };
  try {
    await socket.ready;
  } catch (error) {
    close();
    throw error;
  }
  return { book: (pair) => reader.book(pair), close };
}
