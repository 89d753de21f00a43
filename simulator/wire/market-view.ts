import type { Candle } from '../../shared/candle.ts';
import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import {
  TIMEFRAMES,
  timeframeMinutes,
  timeframeMs,
  type Timeframe,
} from '../../shared/timeframe.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { FeedBar } from '../market/book-feed.ts';
import { levelsFrom, type Level } from '../market/book-levels.ts';
import type { Instrument } from '../market/instruments.ts';

const DAY_MS = 86_400_000;

/** The timeframe of `minutes`, or null when this exchange knows none. */
export function timeframeOf(minutes: number): Timeframe | null {
  return TIMEFRAMES.find((t) => timeframeMinutes(t) === minutes) ?? null;
}

/** What is seen of the base candle in which the clock stands, or null when it has none. */
function runningBase(exchange: Exchange, pair: Pair): Candle | null {
  const { market, state } = exchange;
  const ended = market.toMs !== null && state.candleMs >= market.toMs;
  const candle = ended ? null : market.candle(pair, state.candleMs);
  if (candle === null) return null;
  if (state.phase === 'second-half') return candle;
  const price = exchange.price(pair);
  return {
    timeMs: candle.timeMs,
    open: candle.open,
    high: Math.max(candle.open, price),
    low: Math.min(candle.open, price),
    close: price,
    volume: 0,
  };
}

/** The bar in which the clock stands, as far as it is seen, or null when nothing is known of it yet. */
export function runningBar(exchange: Exchange, pair: Pair, timeframe: Timeframe): FeedBar | null {
  const { market, state } = exchange;
  if (market.books !== undefined) return market.books.running(pair, timeframe, state.nowMs);
  const length = timeframeMs(timeframe);
  if (length < timeframeMs(market.baseTimeframe)) return null;
  const open = Math.floor(state.candleMs / length) * length;
  return join(market.fold(pair, open, state.candleMs), runningBase(exchange, pair), open);
}

function join(closed: Candle | null, running: Candle | null, openMs: number): Candle | null {
  if (closed === null || running === null) {
    const one = closed ?? running;
    return one === null ? null : { ...one, timeMs: openMs };
  }
  return {
    timeMs: openMs,
    open: closed.open,
    high: Math.max(closed.high, running.high),
    low: Math.min(closed.low, running.low),
    close: running.close,
    volume: closed.volume + running.volume,
  };
}

/** The day until now, of which tickers speak. */
export function dayBar(exchange: Exchange, pair: Pair, sinceMs?: number): FeedBar {
  const { market, state } = exchange;
  if (market.books !== undefined) {
    const today = sinceMs === undefined ? null : market.books.running(pair, '1d', state.nowMs);
    return today ?? market.books.day(pair, state.nowMs);
  }
  const from = sinceMs ?? state.candleMs - DAY_MS;
  const bar = join(market.fold(pair, from, state.candleMs), runningBase(exchange, pair), from);
  const price = exchange.price(pair);
  return bar ?? { timeMs: from, open: price, high: price, low: price, close: price, volume: 0 };
}

/** Mean price of a bar; candles of files do not tell their trades. */
export const vwapOf = (bar: FeedBar): number =>
  bar.vwap ?? (bar.open + bar.high + bar.low + bar.close) / 4;

/** The number of trades, or a plausible one: none without volume. */
export const tradesIn = (bar: FeedBar): number => bar.trades ?? (bar.volume > 0 ? 4 : 0);

/**
 * The venue's book, or the one drawn around the price of candles: its first levels are what `shared/fills`
 * charges a taker, and it is a function of pair, price and candle alone.
 */
export function drawBook(
  exchange: Exchange,
  instrument: Instrument,
  depth: number,
): { bids: Level[]; asks: Level[] } {
  const { pair } = instrument;
  const { books } = exchange.market;
  if (books !== undefined) {
    const shown = (side: 'bids' | 'asks'): Level[] =>
      books
        .levels(pair, side, depth)
        .map((l) => ({ price: new Decimal(l.price), quantity: new Decimal(l.quantity) }));
    return { bids: shown('bids'), asks: shown('asks') };
  }
  const levels = (side: 'buy' | 'sell'): Level[] => {
    const drawn: Level[] = [];
    const from = exchange.touch(pair, side);
    for (const level of levelsFrom(instrument, side, from, exchange.state.candleMs)) {
      if (drawn.length === depth) break;
      drawn.push(level);
    }
    return drawn;
  };
  return { bids: levels('sell'), asks: levels('buy') };
}

export interface Print {
  number: number;
  price: number;
  quantity: number;
  side: 'buy' | 'sell';
  atMs: number;
}

/** The public trades that a base candle stands for: open, the two extremes, close. */
export function printsOf(exchange: Exchange, pair: Pair, candle: Candle): Print[] {
  const length = timeframeMs(exchange.market.baseTimeframe);
  const first = Math.floor(candle.timeMs / length) * 4;
  const rises = candle.close >= candle.open;
  const path = rises
    ? [candle.open, candle.low, candle.high, candle.close]
    : [candle.open, candle.high, candle.low, candle.close];
  const lot = exchange.instruments.get(pair)?.lotDecimals ?? 8;
  return path.map((price, i) => ({
    number: first + i,
    price,
    quantity: new Decimal(candle.volume / 4).toDecimalPlaces(lot).toNumber(),
    side: i > 0 && price < (path[i - 1] as number) ? 'sell' : 'buy',
    atMs: candle.timeMs + Math.floor((length * i) / 4),
  }));
}

/** Whether a print has happened when the clock stands where it does. */
export function isPrinted(exchange: Exchange, print: Print): boolean {
  const { state } = exchange;
  if (print.atMs >= state.candleMs + timeframeMs(exchange.market.baseTimeframe)) return false;
  return (
    print.atMs <= state.candleMs || (state.phase === 'second-half' && print.atMs <= state.nowMs)
  );
}
