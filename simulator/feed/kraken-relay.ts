import type { Pair } from '../../shared/pair.ts';
import { TIMEFRAMES, timeframeMinutes } from '../../shared/timeframe.ts';
import { PAIR_MODES, type BookFeed, type FeedTick, type PairMode } from '../market/book-feed.ts';
import type { MarketSource } from '../market/market-source.ts';
import { openFeedLink, type FeedTimes } from './feed-link.ts';
import { createFeedReader, type FeedReader } from './feed-reader.ts';
import { createFeedRest } from './feed-rest.ts';
import type { Recorder } from './recording.ts';

export interface KrakenRelayOptions {
  pairs: readonly Pair[];
  /** Kraken's public hosts unless told; another simulator may play Kraken. */
  rest?: string;
  ws?: string;
  /** Levels of each side to follow: what a market order can walk through. */
  depth?: 10 | 25 | 100 | 500 | 1000;
  log?: (line: string) => void;
  times?: Partial<FeedTimes & RelayTimes>;
  /** Writes down what the feed says. */
  recorder?: Recorder;
}

export interface RelayTimes {
  /** Longest wait for the first books. */
  readyMs: number;
  /** A book of which nothing was heard for so long is subscribed to anew, and away meanwhile. */
  quietMs: number;
  /** Between two REST calls about one pair. */
  restPauseMs?: number;
}

export const KRAKEN_REST = 'https://api.kraken.com';
export const KRAKEN_WS = 'wss://ws.kraken.com/v2';
const TIMES: RelayTimes = { readyMs: 30_000, quietMs: 60_000 };
/** Mismatches of one book in a row after which the whole connection is made anew. */
const MOST_MISMATCHES = 5;
const SNAPSHOT = /^\{"channel":"book","type":"snapshot"/;

/**
 * Follows Kraken's public feed at real time: its books, trades, candles and tickers are the market. Resolves
 * when the books of all pairs are right; throws when Kraken cannot be reached or lists no such pair. When the
 * feed goes away later the pairs are told to be away, until the snapshots of a new connection are in.
 */
export async function openKrakenRelay(options: KrakenRelayOptions): Promise<MarketSource> {
  const { pairs } = options;
  const log = options.log ?? (() => undefined);
  const times = { ...TIMES, ...options.times };
  const depth = options.depth ?? 100;
  const rest = createFeedRest(options.rest ?? KRAKEN_REST, log, options.times?.restPauseMs);
  const instruments = await rest.instruments(pairs);
  options.recorder?.begin(depth, instruments);
  const reader = createFeedReader({ instruments, depth, buildsBars: false });
  await Promise.all(pairs.map((pair) => readHistory(reader, rest, pair)));

  const queue: { text: string | null; atMs: number }[] = [];
  const heardMs = new Map<Pair, number>();
  const mismatches = new Map<Pair, number>();
  /** Subscribed to anew and not heard of since. */
  const waiting = new Set<Pair>();
  let listener: () => void = () => undefined;
  let lastMs = 0;
  let downBecause: string | null = 'not connected yet';
  const arrive = (text: string | null): void => {
    const atMs = Math.max(Date.now(), lastMs);
    lastMs = atMs;
    if (text !== null) options.recorder?.write(text, atMs);
    queue.push({ text, atMs });
    listener();
  };

  const bookOf = (method: 'subscribe' | 'unsubscribe', symbol: readonly Pair[]) => ({
    method,
    params: { channel: 'book', symbol, depth, ...(method === 'subscribe' && { snapshot: true }) },
  });
  const link = openFeedLink({
    url: options.ws ?? KRAKEN_WS,
    log,
    times,
    onOpen(send) {
      const symbol = pairs;
      send({ method: 'subscribe', params: { channel: 'instrument', snapshot: true } });
      send({ method: 'subscribe', params: { channel: 'ticker', symbol, snapshot: true } });
      send({ method: 'subscribe', params: { channel: 'trade', symbol, snapshot: true } });
      send(bookOf('subscribe', pairs));
      for (const timeframe of TIMEFRAMES) {
        const interval = timeframeMinutes(timeframe);
        const params = { channel: 'ohlc', symbol, interval, snapshot: true };
        send({ method: 'subscribe', params });
      }
      downBecause = null;
      for (const pair of pairs) heardMs.set(pair, performance.now());
    },
    onMessage(text) {
      if (text.startsWith('{"channel":"heartbeat"')) return;
      if (text.includes('"success":false')) log(`Kraken refuses a subscription: ${text}`);
      if (!text.startsWith('{"channel"')) return;
      arrive(text);
    },
    onDown(reason) {
      downBecause = reason;
      arrive(null);
    },
  });

  function resubscribe(pair: Pair, why: string): void {
    log(`the book of ${pair} is subscribed to anew: ${why}`);
    waiting.add(pair);
    heardMs.set(pair, performance.now());
    link.send(bookOf('unsubscribe', [pair]));
    link.send(bookOf('subscribe', [pair]));
  }

  let wasAway = false;
  let isReady = false;
  function watchBook(ticks: readonly FeedTick[]): void {
    const isAway = pairs.some((pair) => books.away(pair) !== null);
    if (isReady && wasAway && !isAway) log('the feed is back: the books of all pairs are right');
    wasAway = isAway;
    for (const tick of ticks) {
      if (tick.tick === 'book') {
        mismatches.set(tick.pair, 0);
        if (SNAPSHOT.test(tick.message)) waiting.delete(tick.pair);
        heardMs.set(tick.pair, performance.now());
      } else if (tick.tick === 'mismatch') {
        const inRow = (mismatches.get(tick.pair) ?? 0) + 1;
        mismatches.set(tick.pair, inRow);
        if (inRow < MOST_MISMATCHES) resubscribe(tick.pair, 'its checksum does not fit');
        else link.restart(`${inRow} wrong checksums of ${tick.pair} in a row`);
      }
    }
  }

  const quiet = setInterval(() => {
    if (downBecause !== null) return;
    for (const [pair, atMs] of heardMs) {
      if (performance.now() - atMs < times.quietMs) continue;
      resubscribe(pair, `nothing was heard of it for ${times.quietMs / 1000} s`);
    }
  }, times.quietMs / 4);

  const books: BookFeed = {
    ...reader,
    isLive: true,
    depth,
    nextMs: () => queue[0]?.atMs ?? null,
    take() {
      const next = queue.shift();
      if (next === undefined) return [];
      if (next.text === null) {
        reader.drop();
        wasAway = true;
        return [{ tick: 'status' }];
      }
      const ticks = reader.read(next.text, next.atMs);
      watchBook(ticks);
      return ticks;
    },
    seek: () => undefined,
    away(pair) {
      if (downBecause !== null) return `the feed is away: ${downBecause}`;
      const system = reader.system();
      if (modeOf(system) === null) return `Kraken is in mode ${system}`;
      const status = reader.status(pair);
      if (modeOf(status) === null) return `Kraken has ${pair} in mode ${status}`;
      return reader.isLive(pair) && !waiting.has(pair)
        ? null
        : `the book of ${pair} is being read anew`;
    },
    mode: (pair) =>
      [reader.system(), reader.status(pair)].map(modeOf).find((m) => m !== 'online') ?? 'online',
    onArrival: (each) => void (listener = each),
    close() {
      clearInterval(quiet);
      link.close();
      options.recorder?.close();
    },
  };

  await firstBooks(books, pairs, times.readyMs).catch((error: unknown) => {
    books.close();
    throw error;
  });
  isReady = true;
  return {
    pairs,
    instruments,
    baseTimeframe: '1m',
    fromMs: Date.now(),
    toMs: null,
    files: [],
    passedOver: [],
    candle: () => null,
    fold: () => null,
    bars: (pair, timeframe, atMs, count) => reader.bars.closed(pair, timeframe, atMs, count),
    books,
  };
}

/** The mode that a status of Kraken's means, or null when it lets no order in. */
const modeOf = (status: string): PairMode | null =>
  PAIR_MODES.find((mode) => mode === status) ?? null;

async function readHistory(
  reader: FeedReader,
  rest: ReturnType<typeof createFeedRest>,
  pair: Pair,
): Promise<void> {
  reader.addPrints(await rest.prints(pair));
  for (const timeframe of TIMEFRAMES) {
    for (const bar of await rest.bars(pair, timeframe)) reader.bars.put(pair, timeframe, bar);
  }
}

/** Reads until the books of all pairs are right. */
function firstBooks(books: BookFeed, pairs: readonly Pair[], withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const isReady = (): boolean => pairs.every((p) => books.away(p) === null && books.last(p) > 0);
    const timer = setTimeout(() => {
      const why = pairs.map((p) => books.away(p) ?? `no price of ${p}`).join('; ');
      reject(new Error(`no books from Kraken's feed within ${withinMs / 1000} s: ${why}`));
    }, withinMs);
    books.onArrival(() => {
      while (books.nextMs() !== null) books.take();
      if (!isReady()) return;
      clearTimeout(timer);
      books.onArrival(() => undefined);
      resolve();
    });
  });
}
