import type { Pair } from '../../shared/pair.ts';
import type { BookFeed } from '../market/book-feed.ts';
import type { MarketSource } from '../market/market-source.ts';
import { createFeedReader } from './feed-reader.ts';
import type { Recording } from './recording.ts';

const MINUTE_MS = 60_000;

/**
 * A recorded session as a market: it begins when the books of all pairs are there and ends with the minute of
 * its last message. Throws when a pair has no book in it.
 */
export function createRecordedMarket(
  recording: Recording,
  options: { pairs?: readonly Pair[]; file?: string } = {},
): MarketSource {
  const pairs = options.pairs ?? [...recording.instruments.keys()];
  const unknown = pairs.filter((pair) => !recording.instruments.has(pair));
  if (unknown.length > 0) throw new Error(`the recording has no ${unknown.join(', ')}`);
  const instruments = new Map([...recording.instruments].filter(([pair]) => pairs.includes(pair)));
  const { depth } = recording;
  const reader = createFeedReader({ instruments, depth, buildsBars: !recording.has('ohlc') });
  let next = 0;
  let peeked = recording.message(0);

  const take = (): ReturnType<BookFeed['take']> => {
    if (peeked === null) return [];
    const { text, atMs } = peeked;
    next += 1;
    peeked = recording.message(next);
    return reader.read(text, atMs);
  };

  let fromMs = peeked?.atMs ?? 0;
  while (!pairs.every((pair) => reader.isLive(pair))) {
    if (peeked === null) {
      const without = pairs.filter((pair) => !reader.isLive(pair));
      throw new Error(`the recording ends before it has a book of ${without.join(', ')}`);
    }
    fromMs = peeked.atMs;
    take();
  }
  const begun = next;
  let last = fromMs;
  for (let index = next; ; index += 1) {
    const message = recording.message(index);
    if (message === null) break;
    if (message.atMs < last) {
      throw new Error(`the recording goes back in time at message ${index + 1}`);
    }
    last = message.atMs;
  }

  const books: BookFeed = {
    ...reader,
    isLive: false,
    depth,
    nextMs: () => peeked?.atMs ?? null,
    take,
    seek(count) {
      while (next < begun + count && peeked !== null) take();
    },
    away: (pair) => (reader.isLive(pair) ? null : `the recording has no book of ${pair} just now`),
    mode: () => 'online',
    onArrival: () => undefined,
    close: () => undefined,
  };
  return {
    pairs,
    instruments,
    baseTimeframe: '1m',
    fromMs,
    toMs: (Math.floor(last / MINUTE_MS) + 1) * MINUTE_MS,
    files: options.file === undefined ? [] : [options.file],
    passedOver: [],
    candle: () => null,
    fold: () => null,
    bars: (pair, timeframe, atMs, count) => reader.bars.closed(pair, timeframe, atMs, count),
    books,
  };
}
