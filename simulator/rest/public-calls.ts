import { Decimal } from '../../shared/money.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { FeedBar, FeedPrint } from '../market/book-feed.ts';
import { assetInfo, FEE_TIERS, takerTick, type Instrument } from '../market/instruments.ts';
import { wire, WireNumber } from '../wire/json.ts';
import {
  dayBar,
  drawBook,
  isPrinted,
  printsOf,
  runningBar,
  timeframeOf,
  tradesIn,
  vwapOf,
} from '../wire/market-view.ts';
import { assetsOf, findInstrument, restAsset } from '../wire/symbols.ts';
import { pairStatusOf, systemOf } from '../wire/system-status.ts';

export type Answer = { result: unknown } | { error: string };
export type Params = Readonly<Record<string, string>>;

export const UNKNOWN_PAIR: Answer = { error: 'EQuery:Unknown asset pair' };
const BOOK_MOST = 500;
const TRADES_MOST = 1000;
const ROWS_MOST = 720;
const SPREADS = 199;

/** Answers of `/0/public/*`, by name. */
export const PUBLIC: Record<
  string,
  /** `skewMs` is what the venue's clock tells beyond its time. */
  (exchange: Exchange, params: Params, skewMs: number) => Answer
> = {
  Time(exchange, _, skewMs) {
    const nowMs = exchange.state.nowMs + skewMs;
    return {
      result: { unixtime: Math.floor(nowMs / 1000), rfc1123: new Date(nowMs).toUTCString() },
    };
  },
  SystemStatus(exchange, _, skewMs) {
    const system = systemOf(exchange);
    return {
      result: {
        status: system === 'limit_only' ? 'online' : system,
        timestamp: `${new Date(exchange.state.nowMs + skewMs).toISOString().slice(0, 19)}Z`,
      },
    };
  },
  Assets(exchange, params) {
    const wanted = params['asset']?.split(',');
    const result: Record<string, unknown> = {};
    for (const asset of assetsOf(exchange.instruments)) {
      const info = assetInfo(asset);
      const names = [asset, info.restName, info.altname];
      if (wanted !== undefined && !wanted.some((w) => names.includes(w))) continue;
      result[info.restName] = {
        aclass: 'currency',
        altname: info.altname,
        decimals: info.decimals,
        display_decimals: info.displayDecimals,
        collateral_value: 1,
        margin_rate: wire(info.marginRate, 4),
        status: 'enabled',
      };
    }
    return { result };
  },
  AssetPairs(exchange, params) {
    if (params['aclass_base'] !== undefined && params['aclass_base'] !== 'currency') {
      return { result: {} };
    }
    const result: Record<string, unknown> = {};
    if (params['pair'] === undefined) {
      for (const i of exchange.instruments.values()) result[i.restName] = pairRow(exchange, i);
      return { result };
    }
    for (const name of params['pair'].split(',')) {
      const instrument = findInstrument(exchange.instruments, name);
      if (instrument === null) return UNKNOWN_PAIR;
      result[name.includes('/') ? name : instrument.restName] = pairRow(exchange, instrument);
    }
    return { result };
  },
  Ticker(exchange, params) {
    const chosen = chooseInstruments(exchange, params);
    if (chosen === null) return UNKNOWN_PAIR;
    return { result: Object.fromEntries(chosen.map((i) => [i.restName, ticker(exchange, i)])) };
  },
  OHLC(exchange, params) {
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    const timeframe = timeframeOf(Number(params['interval'] ?? '1'));
    if (timeframe === null) {
      return [10080, 21600].includes(Number(params['interval']))
        ? { result: { [instrument.restName]: [], last: 0 } }
        : { error: 'EGeneral:Invalid arguments:interval' };
    }
    const length = timeframeMs(timeframe);
    const { market, state } = exchange;
    const runningOpen = Math.floor(state.candleMs / length) * length;
    const since = wholeOf(params['since'], 0);
    if (since === null) return { error: 'EGeneral:Invalid arguments:since' };
    const closed = market.bars(instrument.pair, timeframe, runningOpen, ROWS_MOST);
    const running = runningBar(exchange, instrument.pair, timeframe);
    const rows = (running === null ? closed : [...closed, running]).filter(
      (bar) => bar.timeMs / 1000 >= since,
    );
    return {
      result: {
        [instrument.restName]: rows.map((bar) => ohlcRow(bar, instrument)),
        last: (closed.at(-1)?.timeMs ?? 0) / 1000,
      },
    };
  },
  Depth(exchange, params) {
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    const depth = wholeOf(params['count'], 100, BOOK_MOST);
    if (depth === null) return { error: 'EGeneral:Invalid arguments:count' };
    const book = drawBook(exchange, instrument, depth);
    const at = Math.floor(exchange.state.nowMs / 1000);
    const rows = (levels: typeof book.asks): unknown[] =>
      levels.map((l) => [restPrice(l.price, instrument), l.quantity.toFixed(3), at]);
    return { result: { [instrument.restName]: { asks: rows(book.asks), bids: rows(book.bids) } } };
  },
  Spread(exchange, params) {
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    const since = wholeOf(params['since'], 0);
    if (since === null) return { error: 'EGeneral:Invalid arguments:since' };
    const rows = spreads(exchange, instrument).filter(([at]) => at > since);
    return { result: { [instrument.restName]: rows, last: rows.at(-1)?.[0] ?? since } };
  },
  Trades(exchange, params) {
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    const count = wholeOf(params['count'], TRADES_MOST, TRADES_MOST);
    if (count === null) return { error: 'EGeneral:Invalid arguments:count' };
    if (wholeOf(params['since'], 0) === null) return { error: 'EGeneral:Invalid arguments:since' };
    const { rows, last } = publicTrades(exchange, instrument, params['since'], count);
    return { result: { [instrument.restName]: rows, last } };
  },
};

/** Best bid and ask now and, where candles tell it, at the open of those before; times in whole seconds. */
function spreads(
  exchange: Exchange,
  instrument: Instrument,
): [at: number, bid: string, ask: string][] {
  const { market, state } = exchange;
  const { pair, halfSpread } = instrument;
  const opens =
    market.books === undefined
      ? market.bars(pair, market.baseTimeframe, state.candleMs, SPREADS)
      : [];
  const row = (atMs: number, bid: Decimal, ask: Decimal): [number, string, string] => [
    Math.floor(atMs / 1000),
    restPrice(bid, instrument),
    restPrice(ask, instrument),
  ];
  const at = (side: 'buy' | 'sell', price: number): Decimal =>
    takerTick(price * (1 + (side === 'buy' ? halfSpread : -halfSpread)), side, instrument);
  return [
    ...opens.map((bar) => row(bar.timeMs, at('sell', bar.open), at('buy', bar.open))),
    row(state.nowMs, exchange.touch(pair, 'sell'), exchange.touch(pair, 'buy')),
  ];
}

/** Kraken writes REST prices with at least five decimals, whatever the tick. */
function restPrice(price: Decimal | number, { priceDecimals }: Instrument): string {
  return new Decimal(price).toFixed(Math.max(5, priceDecimals));
}

function chooseInstruments(exchange: Exchange, params: Params): Instrument[] | null {
  const names = params['pair']?.split(',');
  if (names === undefined) return [...exchange.instruments.values()];
  const found = names.map((name) => findInstrument(exchange.instruments, name));
  return found.some((i) => i === null) ? null : found.filter((i) => i !== null);
}

function pairRow(exchange: Exchange, instrument: Instrument): unknown {
  return {
    altname: instrument.altname,
    wsname: instrument.wsname,
    aclass_base: 'currency',
    base: restAsset(instrument.base),
    aclass_quote: 'currency',
    quote: restAsset(instrument.quote),
    lot: 'unit',
    cost_decimals: instrument.costDecimals,
    pair_decimals: instrument.priceDecimals,
    lot_decimals: instrument.lotDecimals,
    lot_multiplier: 1,
    leverage_buy: instrument.leverages,
    leverage_sell: instrument.leverages,
    fees: FEE_TIERS.map(([volume, taker]) => [volume, taker]),
    fees_maker: FEE_TIERS.map(([volume, , maker]) => [volume, maker]),
    fee_volume_currency: 'ZUSD',
    margin_call: 80,
    margin_stop: 40,
    ordermin: instrument.orderMin.toFixed(),
    costmin: instrument.costMin.toFixed(),
    tick_size: instrument.tick.toFixed(),
    status: pairStatusOf(exchange, instrument.pair),
    long_position_limit: instrument.positionLimit,
    short_position_limit: instrument.positionLimit,
  };
}

function ticker(exchange: Exchange, instrument: Instrument): unknown {
  const { pair } = instrument;
  const midnight = Math.floor(exchange.state.nowMs / 86_400_000) * 86_400_000;
  const today = dayBar(exchange, pair, midnight);
  const day = dayBar(exchange, pair);
  const book = drawBook(exchange, instrument, 1);
  const touch = (levels: typeof book.asks): string[] => {
    const [level] = levels;
    if (level === undefined) return ['0', '0', '0'];
    return [
      restPrice(level.price, instrument),
      level.quantity.toFixed(0, Decimal.ROUND_UP),
      level.quantity.toFixed(3),
    ];
  };
  const both = (read: (bar: FeedBar) => string): string[] => [read(today), read(day)];
  const volume = (bar: FeedBar): string => new Decimal(bar.volume).toFixed(8);
  return {
    a: touch(book.asks),
    b: touch(book.bids),
    c: [restPrice(exchange.price(pair), instrument), instrument.orderMin.toFixed(8)],
    v: both(volume),
    p: both((bar) => restPrice(vwapOf(bar), instrument)),
    t: [tradesIn(today), tradesIn(day)],
    l: both((bar) => restPrice(bar.low, instrument)),
    h: both((bar) => restPrice(bar.high, instrument)),
    o: restPrice(today.open, instrument),
  };
}

function ohlcRow(bar: FeedBar, instrument: Instrument): unknown[] {
  const price = (value: number): string => value.toFixed(instrument.priceDecimals);
  return [
    bar.timeMs / 1000,
    price(bar.open),
    price(bar.high),
    price(bar.low),
    price(bar.close),
    bar.volume > 0 ? price(vwapOf(bar)) : '0.0',
    bar.volume.toFixed(8),
    tradesIn(bar),
  ];
}

function publicTrades(
  exchange: Exchange,
  instrument: Instrument,
  sinceText: string | undefined,
  count: number,
): { rows: unknown[]; last: string } {
  const { market, state } = exchange;
  const length = timeframeMs(market.baseTimeframe);
  const since = sinceText === undefined ? null : sinceNs(sinceText);
  if (market.books !== undefined) {
    return tapeRows(
      instrument,
      market.books.prints(instrument.pair),
      since,
      count,
      sinceText ?? '0',
    );
  }
  const sinceMs = since === null ? null : Number(since / 1_000_000n);
  const start =
    sinceMs === null
      ? state.candleMs - Math.ceil(count / 4) * length
      : Math.floor(sinceMs / length) * length;
  const rows: unknown[] = [];
  let last = sinceText ?? '0';
  // Without a cursor the newest are wanted, and the running candle counts for less than four.
  const isFull = (): boolean => since !== null && rows.length >= count;
  for (let open = Math.max(start, 0); open <= state.candleMs && !isFull(); open += length) {
    const candle = market.candle(instrument.pair, open);
    if (candle === null) continue;
    for (const print of printsOf(exchange, instrument.pair, candle)) {
      const ns = BigInt(print.atMs) * 1_000_000n;
      if (isFull() || (since !== null && ns <= since)) continue;
      if (!isPrinted(exchange, print)) continue;
      rows.push([
        restPrice(print.price, instrument),
        new Decimal(print.quantity).toFixed(8),
        wire(print.atMs / 1000, 4),
        print.side === 'buy' ? 'b' : 's',
        'm',
        '',
        print.number,
      ]);
      last = ns.toString();
    }
  }
  return { rows: rows.slice(-count), last };
}

/** The newest trades of a venue's tape, or the first ones after a cursor. */
function tapeRows(
  instrument: Instrument,
  prints: readonly FeedPrint[],
  since: bigint | null,
  count: number,
  cursor: string,
): { rows: unknown[]; last: string } {
  const chosen =
    since === null
      ? prints.slice(-count)
      : prints.filter((print) => print.ns > since).slice(0, count);
  const rows = chosen.map((print) => [
    restPrice(new Decimal(print.price), instrument),
    new Decimal(print.quantity).toFixed(8),
    new WireNumber(new Decimal(print.ns.toString()).div(1e9).toFixed(7)),
    print.side === 'buy' ? 'b' : 's',
    print.type === 'limit' ? 'l' : 'm',
    '',
    print.number,
  ]);
  return { rows, last: chosen.at(-1)?.ns.toString() ?? cursor };
}

/** A number of a request, cut to a whole one and to `most`; null for what is none, or below 0 (a count: below 1). */
function wholeOf(text: string | undefined, otherwise: number, most = Infinity): number | null {
  if (text === undefined || text === '') return otherwise;
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const value = Math.floor(Number(text));
  if (most !== Infinity && value < 1) return null;
  return Math.min(most, value);
}

/** A cursor in nanoseconds; clients send seconds too. */
function sinceNs(text: string): bigint {
  const whole = BigInt(text.split('.')[0] || '0');
  return whole < 100_000_000_000n ? whole * 1_000_000_000n : whole;
}
