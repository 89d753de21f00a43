import { z } from 'zod';
import { bookReader, type BookOutcome, type BookReader } from '../../shared/kraken/book.ts';
import { parseJson } from '../../shared/kraken/json.ts';
import {
  OhlcMessage,
  StatusMessage,
  TickerMessage,
  TradeMessage,
} from '../../shared/kraken/socket-messages.ts';
import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { barOpenMs, TIMEFRAMES, timeframeMinutes, type Timeframe } from '../../shared/timeframe.ts';
import type { BookFeed, FeedBar, FeedPrint, FeedTick } from '../market/book-feed.ts';
import type { Instrument } from '../market/instruments.ts';
import { createFeedBars, type FeedBars } from './feed-bars.ts';

export interface FeedReaderOptions {
  instruments: ReadonlyMap<Pair, Instrument>;
  /** Of the books as subscribed to. */
  depth: number;
  /** Bars are built from trades; without it they come as `ohlc` messages. */
  buildsBars: boolean;
}

/** Reads what Kraken's public socket says into books, trades, bars and tickers. */
export interface FeedReader extends Pick<
  BookFeed,
  'levels' | 'level' | 'quantityAt' | 'last' | 'day' | 'running' | 'prints'
> {
  /** Takes in one message as it came over the wire at `atMs`; what is no data gives nothing. */
  read(text: string, atMs: number): FeedTick[];
  bars: FeedBars;
  /** Trades from before the socket was open, oldest first. */
  addPrints(prints: readonly FeedPrint[]): void;
  /** Whether the pair's book is right. */
  isLive(pair: Pair): boolean;
  /** The connection is gone: no book is right until its next snapshot. */
  drop(): void;
  /** What the venue says of itself and of a pair, `online` unless told. */
  system(): string;
  status(pair: Pair): string;
}

/** What is read of `instrument`: hundreds of pairs that are none of ours come with it. */
const PairStatuses = z.looseObject({
  data: z.looseObject({
    pairs: z.array(z.looseObject({ symbol: z.string(), status: z.string() })).optional(),
  }),
});

const PRINTS_KEPT = 2000;
const BOOK = '{"channel":"book"';
const STAMP = /"timestamp":"([^"]+)"/;
const FIRST_SYMBOL = /"symbol":"([^"]+)"/;

export function createFeedReader(options: FeedReaderOptions): FeedReader {
  const { instruments, depth } = options;
  const bars = createFeedBars();
  const prints = new Map<Pair, FeedPrint[]>();
  const lasts = new Map<Pair, number>();
  const tickers = new Map<Pair, FeedBar & { change: number }>();
  const statuses = new Map<Pair, string>();
  let system = 'online';
  let outcomes: { pair: Pair; outcome: BookOutcome }[] = [];
  const books: BookReader = bookReader({
    books: [...instruments.values()].map((i) => ({
      pair: i.pair,
      priceDecimals: i.priceDecimals,
      quantityDecimals: i.lotDecimals,
    })),
    depth,
    onOutcome: (pair, outcome) => void outcomes.push({ pair, outcome }),
  });
  const isLive = (pair: Pair): boolean => books.book(pair)?.isLive() ?? false;

  function readBook(text: string, atMs: number): FeedTick[] {
    outcomes = [];
    const named = FIRST_SYMBOL.exec(text)?.[1];
    if (named !== undefined && !instruments.has(named)) return [];
    books.read(text);
    const stamp = STAMP.exec(text)?.[1];
    const ns = stamp === undefined ? BigInt(atMs) * 1_000_000n : nanoseconds(stamp);
    const ticks: FeedTick[] = [];
    for (const { pair, outcome } of outcomes) {
      if (outcome === 'applied') ticks.push({ tick: 'book', pair, message: text, ns });
      else if (outcome === 'mismatch') ticks.push({ tick: 'mismatch', pair });
    }
    return ticks;
  }

  function readTrades(message: unknown): FeedTick[] {
    const { type, data } = TradeMessage.parse(message);
    const rows = data.filter((row) => instruments.has(row.symbol));
    const fresh = rows.map((row): FeedPrint => ({
      pair: row.symbol,
      number: row.trade_id,
      price: row.price,
      quantity: row.qty,
      side: row.side,
      type: row.ord_type === 'limit' ? 'limit' : 'market',
      ns: nanoseconds(row.timestamp),
    }));
    const late = type === 'snapshot';
    const added = keep(fresh);
    const ticks: FeedTick[] = [];
    for (const pair of new Set(added.map((print) => print.pair))) {
      const ofPair = added.filter((print) => print.pair === pair);
      ticks.push({ tick: 'prints', pair, prints: ofPair, late });
    }
    if (!options.buildsBars) return ticks;
    for (const print of added) {
      for (const timeframe of TIMEFRAMES) {
        ticks.push({ tick: 'bar', pair: print.pair, timeframe, bar: bars.add(print, timeframe) });
      }
    }
    return ticks;
  }

  /** Keeps the trades that are newer than those known, and returns them. */
  function keep(found: readonly FeedPrint[]): FeedPrint[] {
    const added: FeedPrint[] = [];
    for (const print of [...found].sort((a, b) => a.number - b.number)) {
      const known = prints.get(print.pair) ?? [];
      prints.set(print.pair, known);
      if (print.number <= (known.at(-1)?.number ?? -1)) continue;
      known.push(print);
      added.push(print);
      lasts.set(print.pair, Number(print.price));
      if (known.length > 2 * PRINTS_KEPT) known.splice(0, known.length - PRINTS_KEPT);
    }
    return added;
  }

  function readOhlc(message: unknown): FeedTick[] {
    const ticks: FeedTick[] = [];
    const { data, type } = OhlcMessage.parse(message);
    for (const row of data) {
      const timeframe = TIMEFRAMES.find((t) => timeframeMinutes(t) === row.interval);
      if (timeframe === undefined || !instruments.has(row.symbol)) continue;
      const bar: FeedBar = {
        timeMs: Date.parse(row.interval_begin),
        open: Number(row.open),
        high: Number(row.high),
        low: Number(row.low),
        close: Number(row.close),
        volume: Number(row.volume),
        vwap: Number(row.vwap),
        trades: row.trades,
      };
      bars.put(row.symbol, timeframe, bar);
      if (type === 'update') ticks.push({ tick: 'bar', pair: row.symbol, timeframe, bar });
    }
    return ticks;
  }

  function readTicker(message: unknown, atMs: number): FeedTick[] {
    const ticks: FeedTick[] = [];
    for (const row of TickerMessage.parse(message).data) {
      if (!instruments.has(row.symbol)) continue;
      const last = Number(row.last);
      const change = Number(row.change);
      tickers.set(row.symbol, {
        timeMs: atMs,
        open: last - change,
        high: Number(row.high),
        low: Number(row.low),
        close: last,
        volume: Number(row.volume),
        vwap: Number(row.vwap),
        change,
      });
      if (!lasts.has(row.symbol)) lasts.set(row.symbol, last);
      ticks.push({ tick: 'ticker', pair: row.symbol });
    }
    return ticks;
  }

  function readStatuses(message: unknown): FeedTick[] {
    const { pairs } = PairStatuses.parse(message).data;
    for (const { symbol, status } of pairs ?? []) {
      if (instruments.has(symbol)) statuses.set(symbol, status);
    }
    return [{ tick: 'status' }];
  }

  const level: FeedReader['level'] = (pair, side, index) =>
    isLive(pair) ? (books.book(pair)?.level(side, index) ?? null) : null;
  const levels: FeedReader['levels'] = (pair, side, count) =>
    isLive(pair) ? (books.book(pair)?.levels(side, count) ?? []) : [];

  return {
    bars,
    read(text, atMs) {
      if (text.startsWith(BOOK)) return readBook(text, atMs);
      const message = parseJson(text) as { channel?: unknown };
      switch (message.channel) {
        case 'trade':
          return readTrades(message);
        case 'ohlc':
          return options.buildsBars ? [] : readOhlc(message);
        case 'ticker':
          return readTicker(message, atMs);
        case 'book':
          return readBook(text, atMs);
        case 'instrument':
          return readStatuses(message);
        case 'status':
          system = StatusMessage.parse(message).data[0]?.system ?? system;
          return [{ tick: 'status' }];
        default:
          return [];
      }
    },
    addPrints: (found) => void keep(found),
    isLive,
    drop: () => books.drop(),
    system: () => system,
    status: (pair) => statuses.get(pair) ?? 'online',
    levels,
    level,
    quantityAt(pair, side, price) {
      const book = books.book(pair);
      if (book === undefined || !book.isLive()) return null;
      const quantity = book.quantityAt(side, price);
      if (Number(quantity) > 0) return quantity;
      const deepest = book.level(side, depth - 1);
      if (deepest === null) return '0';
      const wanted = new Decimal(price);
      const isDeeper = side === 'bids' ? wanted.lt(deepest.price) : wanted.gt(deepest.price);
      return isDeeper ? null : '0';
    },
    last: (pair) => lasts.get(pair) ?? middle(level, pair),
    day(pair, nowMs) {
      const ticker = tickers.get(pair);
      const last = lasts.get(pair) ?? middle(level, pair);
      if (ticker !== undefined) return { ...ticker, close: last };
      const day = bars
        .closed(pair, '1m', nowMs, 1440)
        .concat(bars.at(pair, '1m', barOpenMs(nowMs, '1m')) ?? []);
      return foldBars(day) ?? flat(nowMs, last);
    },
    running: (pair, timeframe: Timeframe, nowMs) =>
      bars.at(pair, timeframe, barOpenMs(nowMs, timeframe)),
    prints: (pair) => prints.get(pair) ?? [],
  };
}

const flat = (timeMs: number, price: number): FeedBar => ({
  timeMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 0,
});

function foldBars(bars: readonly FeedBar[]): FeedBar | null {
  const [first] = bars;
  if (first === undefined) return null;
  const out: FeedBar = { ...first, trades: 0, vwap: 0 };
  let worth = 0;
  out.volume = 0;
  for (const bar of bars) {
    out.high = Math.max(out.high, bar.high);
    out.low = Math.min(out.low, bar.low);
    out.close = bar.close;
    out.volume += bar.volume;
    out.trades = (out.trades ?? 0) + (bar.trades ?? 0);
    worth += (bar.vwap ?? bar.close) * bar.volume;
  }
  out.vwap = out.volume > 0 ? worth / out.volume : out.close;
  return out;
}

/** Without a trade the price is taken to lie between the best two. */
function middle(level: FeedReader['level'], pair: Pair): number {
  const bid = level(pair, 'bids', 0)?.price;
  const ask = level(pair, 'asks', 0)?.price;
  if (bid === undefined || ask === undefined) return Number(bid ?? ask ?? 0);
  return new Decimal(bid).plus(ask).div(2).toNumber();
}

/** A time of RFC 3339 with up to nine digits of a second, as nanoseconds. */
function nanoseconds(stamp: string): bigint {
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? '';
  const whole = Math.floor(Date.parse(stamp) / 1000);
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0');
}
