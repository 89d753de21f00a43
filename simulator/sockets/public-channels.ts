import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { timeframeMinutes, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { bookChecksum } from '../market/book-checksum.ts';
import type { FeedBar, FeedPrint } from '../market/book-feed.ts';
import type { Level } from '../market/book-levels.ts';
import { assetInfo, type Instrument } from '../market/instruments.ts';
import { instrumentOf } from '../state/state.ts';
import { toJson, wire, WireNumber } from '../wire/json.ts';
import {
  dayBar,
  drawBook,
  isPrinted,
  printsOf,
  runningBar,
  tradesIn,
  vwapOf,
} from '../wire/market-view.ts';
import { assetsOf } from '../wire/symbols.ts';
import { pairStatusOf } from '../wire/system-status.ts';
import { wsTime } from './exec-rows.ts';

const SNAPSHOT_BARS = 60;
const SNAPSHOT_TRADES = 50;

/** The ticker of a pair: best bid and ask, and the day until now. */
export function tickerMessage(exchange: Exchange, pair: Pair, type: 'snapshot' | 'update'): string {
  const instrument = instrumentOf(exchange, pair);
  const book = drawBook(exchange, instrument, 1);
  const day = dayBar(exchange, pair);
  const last = exchange.price(pair);
  const price = (value: Decimal | number) => wire(value, instrument.priceDecimals);
  const quantity = (level: Level | undefined) => wire(level?.quantity ?? 0, instrument.lotDecimals);
  return toJson({
    channel: 'ticker',
    type,
    data: [
      {
        symbol: pair,
        bid: price(book.bids[0]?.price ?? 0),
        bid_qty: quantity(book.bids[0]),
        ask: price(book.asks[0]?.price ?? 0),
        ask_qty: quantity(book.asks[0]),
        last: price(last),
        volume: wire(day.volume, 8),
        vwap: price(vwapOf(day)),
        low: price(day.low),
        high: price(day.high),
        change: price(last - day.open),
        change_pct: wire(day.open > 0 ? (last / day.open - 1) * 100 : 0, 2),
        timestamp: wsTime(exchange.state.nowMs),
      },
    ],
  });
}

function ohlcRow(exchange: Exchange, pair: Pair, timeframe: Timeframe, bar: FeedBar): unknown {
  const price = (value: number) => wire(value, instrumentOf(exchange, pair).priceDecimals);
  return {
    symbol: pair,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    vwap: price(vwapOf(bar)),
    trades: tradesIn(bar),
    volume: wire(bar.volume, 8),
    interval_begin: wsTime(bar.timeMs),
    interval: timeframeMinutes(timeframe),
    timestamp: wsTime(bar.timeMs + timeframeMs(timeframe)),
  };
}

/** Bars of one pair and timeframe as they go over the wire. */
export function ohlcMessage(
  exchange: Exchange,
  pair: Pair,
  timeframe: Timeframe,
  bars: readonly FeedBar[],
  type: 'snapshot' | 'update',
): string {
  return toJson({
    channel: 'ohlc',
    type,
    timestamp: wsTime(exchange.state.nowMs),
    data: bars.map((bar) => ohlcRow(exchange, pair, timeframe, bar)),
  });
}

/** Recent closed bars and the running one. */
export function ohlcSnapshot(exchange: Exchange, pair: Pair, timeframe: Timeframe): string {
  const length = timeframeMs(timeframe);
  const open = Math.floor(exchange.state.candleMs / length) * length;
  const bars: FeedBar[] = exchange.market.bars(pair, timeframe, open, SNAPSHOT_BARS);
  const running = runningBar(exchange, pair, timeframe);
  if (running !== null) bars.push(running);
  return ohlcMessage(exchange, pair, timeframe, bars, 'snapshot');
}

/** The running bar as it stands, or null when there is none. */
export function ohlcRunning(exchange: Exchange, pair: Pair, timeframe: Timeframe): string | null {
  const bar = runningBar(exchange, pair, timeframe);
  return bar === null ? null : ohlcMessage(exchange, pair, timeframe, [bar], 'update');
}

/**
 * What a boundary at `atMs` tells the subscriber of a timeframe: the bar that closed, then the first tick of
 * the next one. A bar that the data lack is not told; at the market's end the tick stands at the last close.
 */
export function ohlcBoundary(
  exchange: Exchange,
  pair: Pair,
  timeframe: Timeframe,
  atMs: number,
): string[] {
  const { market } = exchange;
  const length = timeframeMs(timeframe);
  if (atMs % length !== 0) return [];
  const messages: string[] = [];
  const closed = market.bars(pair, timeframe, atMs, 1)[0];
  const hasClosed = closed !== undefined && closed.timeMs === atMs - length;
  if (hasClosed) messages.push(ohlcMessage(exchange, pair, timeframe, [closed], 'update'));
  const ended = market.toMs !== null && atMs >= market.toMs;
  const next = ended ? (hasClosed ? closed.close : undefined) : market.candle(pair, atMs)?.open;
  if (next !== undefined) {
    const tick = { timeMs: atMs, open: next, high: next, low: next, close: next, volume: 0 };
    messages.push(ohlcMessage(exchange, pair, timeframe, [tick], 'update'));
  }
  return messages;
}

/** The latest public trades of a pair, with which a subscription begins. */
export function tradeSnapshot(exchange: Exchange, pair: Pair): string {
  const { books } = exchange.market;
  if (books !== undefined) {
    return printsMessage(pair, books.prints(pair).slice(-SNAPSHOT_TRADES), 'snapshot');
  }
  const length = timeframeMs(exchange.market.baseTimeframe);
  const prints = [];
  for (let i = Math.ceil(SNAPSHOT_TRADES / 4); i >= 0; i -= 1) {
    const candle = exchange.market.candle(pair, exchange.state.candleMs - i * length);
    if (candle === null) continue;
    prints.push(...printsOf(exchange, pair, candle).filter((p) => isPrinted(exchange, p)));
  }
  return tradeMessage(exchange, pair, prints.slice(-SNAPSHOT_TRADES), 'snapshot');
}

/** The trades of the candle that closed at `atMs` and the first of the next one. */
export function tradesAtBoundary(exchange: Exchange, pair: Pair, atMs: number): string | null {
  const { market } = exchange;
  const length = timeframeMs(market.baseTimeframe);
  const before = market.candle(pair, atMs - length);
  const after = market.toMs !== null && atMs >= market.toMs ? null : market.candle(pair, atMs);
  const prints = [
    ...(before === null ? [] : printsOf(exchange, pair, before).slice(1)),
    ...(after === null ? [] : printsOf(exchange, pair, after).slice(0, 1)),
  ];
  return prints.length === 0 ? null : tradeMessage(exchange, pair, prints, 'update');
}

/** Trades of a venue's tape, as it told them. */
export function printsMessage(
  pair: Pair,
  prints: readonly FeedPrint[],
  type: 'snapshot' | 'update',
): string {
  return toJson({
    channel: 'trade',
    type,
    data: prints.map((print) => ({
      symbol: pair,
      side: print.side,
      price: new WireNumber(print.price),
      qty: new WireNumber(print.quantity),
      ord_type: print.type,
      trade_id: print.number,
      timestamp: nsTime(print.ns),
    })),
  });
}

/** A time in nanoseconds as the WebSocket writes it, to the microsecond. */
function nsTime(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const micros = ((ns % 1_000_000_000n) / 1000n).toString().padStart(6, '0');
  return `${whole}.${micros}Z`;
}

/**
 * What a bar's end at `atMs` tells the subscriber of a timeframe in a venue's market: where nothing has been
 * traded since, the next bar stands at the last price.
 */
export function barOverMessage(
  exchange: Exchange,
  pair: Pair,
  timeframe: Timeframe,
  atMs: number,
): string | null {
  const price = exchange.price(pair);
  if (!(price > 0)) return null;
  const bar = { timeMs: atMs, open: price, high: price, low: price, close: price, volume: 0 };
  return ohlcMessage(exchange, pair, timeframe, [{ ...bar, trades: 0 }], 'update');
}

function tradeMessage(
  exchange: Exchange,
  pair: Pair,
  prints: ReturnType<typeof printsOf>,
  type: 'snapshot' | 'update',
): string {
  const instrument = instrumentOf(exchange, pair);
  return toJson({
    channel: 'trade',
    type,
    data: prints.map((print) => ({
      symbol: pair,
      side: print.side,
      price: wire(print.price, instrument.priceDecimals),
      qty: wire(print.quantity, instrument.lotDecimals),
      ord_type: 'market',
      trade_id: print.number,
      timestamp: wsTime(print.atMs),
    })),
  });
}

export interface DrawnBook {
  bids: Level[];
  asks: Level[];
}

const levelRow = (level: Level, instrument: Instrument): unknown => ({
  price: wire(level.price, instrument.priceDecimals),
  qty: wire(level.quantity, instrument.lotDecimals),
});

/** The book of a pair to a depth, as text and as what the next update is told against. */
export function bookSnapshot(
  exchange: Exchange,
  pair: Pair,
  depth: number,
): { book: DrawnBook; text: string } {
  const instrument = instrumentOf(exchange, pair);
  const book = drawBook(exchange, instrument, depth);
  const rows = (levels: readonly Level[]) => levels.map((l) => levelRow(l, instrument));
  return {
    book,
    text: bookText(exchange, instrument, book, 'snapshot', rows(book.bids), rows(book.asks)),
  };
}

/** The changes from `before` to the book now, or null when there are none. */
export function bookUpdate(
  exchange: Exchange,
  pair: Pair,
  depth: number,
  before: DrawnBook,
): { book: DrawnBook; text: string } | null {
  const instrument = instrumentOf(exchange, pair);
  const book = drawBook(exchange, instrument, depth);
  const bids = changes(before.bids, book.bids);
  const asks = changes(before.asks, book.asks);
  if (bids.length + asks.length === 0) return null;
  const rows = (levels: readonly Level[]) => levels.map((l) => levelRow(l, instrument));
  return { book, text: bookText(exchange, instrument, book, 'update', rows(bids), rows(asks)) };
}

function changes(before: readonly Level[], after: readonly Level[]): Level[] {
  const key = (level: Level): string => level.price.toFixed();
  const now = new Map(after.map((l) => [key(l), l]));
  const then = new Map(before.map((l) => [key(l), l]));
  const gone = before
    .filter((l) => !now.has(key(l)))
    .map((l) => ({ price: l.price, quantity: new Decimal(0) }));
  const changed = after.filter((l) => !(then.get(key(l))?.quantity.eq(l.quantity) ?? false));
  return [...gone, ...changed];
}

function bookText(
  exchange: Exchange,
  instrument: Instrument,
  book: DrawnBook,
  type: 'snapshot' | 'update',
  bids: unknown[],
  asks: unknown[],
): string {
  return toJson({
    channel: 'book',
    type,
    data: [
      {
        symbol: instrument.pair,
        bids,
        asks,
        checksum: bookChecksum(book, instrument.priceDecimals, instrument.lotDecimals),
        timestamp: wsTime(exchange.state.nowMs),
      },
    ],
  });
}

/** All assets and pairs; an update restates them. */
export function instrumentMessage(exchange: Exchange, type: 'snapshot' | 'update'): string {
  const assets = assetsOf(exchange.instruments).map((asset) => {
    const info = assetInfo(asset);
    return {
      id: asset,
      status: 'enabled',
      precision: info.decimals,
      precision_display: info.displayDecimals,
      borrowable: true,
      collateral_value: 1,
      margin_rate: info.marginRate,
    };
  });
  const pairs = [...exchange.instruments.values()].map((i) => ({
    symbol: i.pair,
    base: i.base,
    quote: i.quote,
    status: pairStatusOf(exchange, i.pair),
    qty_precision: i.lotDecimals,
    qty_increment: new Decimal(10).pow(-i.lotDecimals),
    price_precision: i.priceDecimals,
    price_increment: i.tick,
    cost_precision: i.costDecimals,
    marginable: true,
    has_index: true,
    cost_min: i.costMin,
    margin_initial: new Decimal(1).div(i.leverages.at(-1) ?? 2).toDecimalPlaces(4),
    position_limit_long: i.positionLimit,
    position_limit_short: i.positionLimit,
    tick_size: i.tick,
    qty_min: i.orderMin,
  }));
  return toJson({ channel: 'instrument', type, data: { assets, pairs } });
}
