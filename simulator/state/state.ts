import { Decimal } from '../../shared/money.ts';
import type { Asset, Pair } from '../../shared/pair.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import type { FeedTick } from '../market/book-feed.ts';
import type { Instrument } from '../market/instruments.ts';
import type { MarketSource } from '../market/market-source.ts';
import type { Order, OrderStatus, Trade, View } from './order.ts';
import type { Position } from './position.ts';

/** Where in the running base candle the clock stands. */
export type Phase = 'boundary' | 'open' | 'first-half' | 'inside' | 'second-half' | 'ended';

export interface BarReport {
  timeframe: Timeframe;
  openMs: number;
  /** `empty`: the venue had the bar but nothing was traded; `missing`: it has no such bar. */
  pairs: { pair: Pair; state: 'closed' | 'empty' | 'missing' }[];
}

export interface OrderReport {
  orderId: string;
  clientOrderId: string | null;
  status: string;
}

export interface WakeReport {
  id: string;
  atMs?: number;
  pair?: Pair;
  level?: number;
}

/** A numbered moment at which the clock stands until the desk has dealt with it. */
export interface VenueEvent {
  number: number;
  atMs: number;
  kind: 'bar' | 'orders' | 'wake' | 'end';
  bars: BarReport[];
  orders: OrderReport[];
  wakes: WakeReport[];
}

export type Wake =
  | { kind: 'time'; id: string; atMs: number }
  | {
      kind: 'level';
      id: string;
      pair: Pair;
      side: 'above' | 'below';
      level: number;
      sees: View;
      fresh: boolean;
    };

/** A movement of one asset as Kraken's ledger tells it. */
export interface LedgerEntry {
  id: string;
  refId: string;
  atMs: number;
  type: string;
  asset: Asset;
  amount: Decimal;
  fee: Decimal;
  balance: Decimal;
}

/** What the venue as a whole lets through. */
export const SYSTEM_MODES = [
  'online',
  'maintenance',
  'cancel_only',
  'post_only',
  'limit_only',
] as const;
export type SystemMode = (typeof SYSTEM_MODES)[number];

export interface ExchangeState {
  nowMs: number;
  candleMs: number;
  phase: Phase;
  /** Events so far inside the running candle: each gets a millisecond of its own. */
  insideCount: number;
  attached: Timeframe[] | null;
  event: VenueEvent | null;
  eventNumber: number;
  /** Order arrivals so far; part of the id of an order without a client order id. */
  arrivals: number;
  ledger: LedgerEntry[];
  system: SystemMode;
  /** The next fills of resting orders give only this share of what is left; null when none was ordered. */
  partialFills: { share: number; left: number } | null;
  /** When all orders are cancelled unless the client asks for more time; null when that is off. */
  cancelAllMs: number | null;
  prices: Map<Pair, number>;
  tradeNumbers: Map<Pair, number>;
  balances: Map<Asset, Decimal>;
  orders: Map<string, Order>;
  /** Ids of the orders that are open, in the order of their arrival. */
  openIds: Map<string, true>;
  trades: Map<string, Trade>;
  /** Open positions on margin, oldest first, and those that are over. */
  positions: Map<string, Position>;
  closedPositions: Map<string, Position>;
  wakes: Map<string, Wake>;
  /** What our orders took from a level of a venue's book, and what it showed then; by pair, side and price. */
  taken: Map<string, { shown: Decimal; taken: Decimal }>;
  /** Index over last price, as set by a scenario; 1 unless told. */
  indexRatios: Map<Pair, number | 'out'>;
  /** Messages of a venue that were taken in so far. */
  feedTaken: number;
}

/** What happened, for the journal: plain data, decimals as text. Order and moment never depend on a race. */
export type Fact =
  | { fact: 'deposit'; at: number; asset: Asset; amount: string }
  | {
      fact: 'order';
      at: number;
      order: string;
      client: string | null;
      pair: Pair;
      side: string;
      type: string;
      quantity: string;
      limit: string | null;
      trigger: string | null;
      /** Sent by the venue itself, to close a position. */
      liquidates?: true;
    }
  | {
      fact: 'amend';
      at: number;
      order: string;
      quantity: string;
      limit: string | null;
      trigger: string | null;
    }
  | {
      fact: 'fill';
      at: number;
      trade: string;
      order: string;
      client: string | null;
      pair: Pair;
      side: string;
      price: string;
      quantity: string;
      cost: string;
      fee: string;
      feeAsset: Asset;
      liquidity: string;
      /** On margin the balance moves by what `move` says, not by quantity and cost. */
      margin?: true;
    }
  | { fact: 'order-end'; at: number; order: string; status: OrderStatus; reason: string | null }
  | {
      fact: 'move';
      at: number;
      /** Id of the ledger's entry. */
      entry: string;
      type: string;
      asset: Asset;
      amount: string;
      fee: string;
    }
  | { fact: 'event'; at: number; number: number; kind: string };

/** What clients may want to hear of, in the order in which it happened. */
export type Notice =
  | { notice: 'boundary'; atMs: number }
  | { notice: 'price'; pair: Pair; atMs: number }
  | { notice: 'system'; system: SystemMode }
  /** A message of the venue whose books move the market. */
  | { notice: 'feed'; tick: FeedTick; atMs: number }
  /** A bar of a venue's market is over, whether or not anything was traded in it or since. */
  | { notice: 'bar-over'; timeframe: Timeframe; atMs: number }
  | {
      notice: 'order';
      change: 'new' | 'amended' | 'status' | 'ended';
      orderId: string;
      order: Order;
      atMs: number;
    }
  | { notice: 'trade'; trade: Trade; order: Order }
  | { notice: 'balance'; entry: LedgerEntry };

/** What the exchange's parts share: its state, the market, and the two ways to say what happened. */
export interface Core {
  state: ExchangeState;
  market: MarketSource;
  instruments: ReadonlyMap<Pair, Instrument>;
  /** Taker and maker fee as shares of the cost. */
  fees: { taker: Decimal; maker: Decimal };
  fact(fact: Fact): void;
  notice(notice: Notice): void;
}

/** Throws for a pair that the market has not. */
export function instrumentOf(core: Pick<Core, 'instruments'>, pair: Pair): Instrument {
  const instrument = core.instruments.get(pair);
  if (instrument === undefined) throw new Error(`no instrument for ${pair}`);
  return instrument;
}

/** The price at which `pair` stands; the last one known. */
export function standingPrice(core: Core, pair: Pair): number {
  return core.state.prices.get(pair) ?? core.market.books?.last(pair) ?? 0;
}

/** Open orders in the order of their arrival. */
export function openOrders(state: ExchangeState): Order[] {
  const open: Order[] = [];
  for (const id of state.openIds.keys()) {
    const order = state.orders.get(id);
    if (order !== undefined) open.push(order);
  }
  return open;
}

const DECIMAL_MARK = '$d';

/** The state, or parts of it, as JSON text; decimals and maps survive `parseState`. */
export function stateText(state: Partial<ExchangeState>): string {
  return JSON.stringify(state, function (this: Record<string, unknown>, key, value: unknown) {
    const raw = this[key];
    if (Decimal.isDecimal(raw)) return { [DECIMAL_MARK]: raw.toFixed() };
    return raw instanceof Map ? { $m: [...raw] } : value;
  });
}

/** The state out of the text of `stateText`. */
export function parseState(text: string): ExchangeState {
  return JSON.parse(text, (_, value: unknown) => {
    if (value === null || typeof value !== 'object') return value;
    if (DECIMAL_MARK in value) return new Decimal(value[DECIMAL_MARK] as string);
    return '$m' in value ? new Map(value.$m as [unknown, unknown][]) : value;
  }) as ExchangeState;
}
