import { setTimeout as pause } from 'node:timers/promises';
import type { Pair } from '../../../shared/pair.ts';
import type { Instrument, VenueDepth } from '../../../shared/venue.ts';
import { openKrakenBooks, type KrakenBooks } from './books.ts';
import { depthOf } from './depth-of.ts';

const LEVELS = 100;
const AGAIN_MS = 5_000;

/** Books of a desk's pairs, kept beside its work: there when they can be, never waited for. */
export interface LocalBooks {
  /** Null while the book is not right, or not there yet. */
  depth(pair: Pair): VenueDepth | null;
  close(): void;
}

/** Opens the books, again and again until it succeeds; from then on the socket comes back by itself. */
export function localBooks(of: {
  ws: string;
  instruments: () => Promise<readonly Instrument[]>;
  log: (line: string) => void;
}): LocalBooks {
  const { ws, log } = of;
  const stop = new AbortController();
  let books: KrakenBooks | null = null;

  async function open(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const opened = await openKrakenBooks({
          ws,
          instruments: await of.instruments(),
          depth: LEVELS,
          log,
        });
        if (stop.signal.aborted) opened.close();
        else books = opened;
        return;
      } catch (error) {
        log(`the books could not be opened: ${String(error)}`);
        await pause(AGAIN_MS, undefined, { signal: stop.signal }).catch(() => {});
      }
    }
  }
  void open();

  return {
    depth(pair) {
      const book = books?.book(pair);
      if (book === undefined || !book.isLive()) return null;
      return depthOf(book.levels('bids', LEVELS), book.levels('asks', LEVELS));
    },
    close() {
      stop.abort();
      books?.close();
    },
  };
}
