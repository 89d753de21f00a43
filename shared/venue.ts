import type { MarginRatePct } from './margin.ts';
import type { DecimalText } from './money.ts';
import type { Asset, Pair } from './pair.ts';
import type { Candle } from './candle.ts';
import type { Timeframe } from './timeframe.ts';

/** What a venue tells about a pair; loaded at start and kept fresh, never hard-coded. */
export interface Instrument {
  pair: Pair;
  /** Smallest price step, quote per base. */
  tick: DecimalText;
  priceDecimals: number;
  /** Smallest quantity step, base. */
  lot: DecimalText;
  /** Smallest order, base. */
  minQuantity: DecimalText;
  /** Smallest order value, quote. */
  minCost: DecimalText;
  /** Shares of the order's value, e.g. 0.004. */
  takerFee: number;
  makerFee: number;
  /** Leverages on offer; empty when the pair cannot be traded on margin. */
  leverageBuy: number[];
  leverageSell: number[];
  /** What a short of the pair pays for what it borrows; null or absent where the venue names none. */
  marginRatePct?: MarginRatePct | null;
  /** Margin level, percent, from which the venue calls for more; null or absent where it names none. */
  marginCallPct?: number | null;
  status: 'online' | 'cancel_only' | 'post_only' | 'limit_only' | 'reduce_only' | 'maintenance';
}

export const ORDER_KINDS = [
  'market',
  'limit',
  'stop-loss',
  'stop-loss-limit',
  'take-profit',
  'take-profit-limit',
  'trailing-stop',
] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

export interface OrderRequest {
  clientOrderId: string;
  pair: Pair;
  side: 'buy' | 'sell';
  kind: OrderKind;
  /** Base. */
  quantity: DecimalText;
  /** Limit price of a limit order, trigger price of a stop or take-profit; absent for market. */
  price?: DecimalText;
  /** Limit price after the trigger, for the `-limit` kinds. */
  limitPrice?: DecimalText;
  timeInForce?: 'gtc' | 'ioc' | 'gtd';
  /** ISO time, with `gtd`. */
  expireAt?: string;
  postOnly?: boolean;
  reduceOnly?: boolean;
  leverage?: number;
  feeIn?: 'base' | 'quote';
  /** ISO time after which the venue refuses the request itself (a late arrival dies). */
  deadline?: string;
}

export type VenueOrderStatus = 'pending' | 'open' | 'filled' | 'canceled' | 'expired';

/** An order as the venue tells it, cumulative: repeats do no harm. */
export interface VenueOrder {
  venueOrderId: string;
  clientOrderId: string | null;
  pair: Pair;
  side: 'buy' | 'sell';
  kind: OrderKind;
  quantity: DecimalText;
  price: DecimalText | null;
  status: VenueOrderStatus;
  filledQuantity: DecimalText;
  /** Quote paid or received for what is filled, without fees. */
  filledCost: DecimalText;
  reason: string | null;
}

/** One execution; `executionId` is the venue's own and unique. */
export interface VenueFill {
  executionId: string;
  venueOrderId: string;
  clientOrderId: string | null;
  pair: Pair;
  side: 'buy' | 'sell';
  price: DecimalText;
  quantity: DecimalText;
  cost: DecimalText;
  fee: DecimalText;
  feeAsset: Asset;
  liquidity: 'maker' | 'taker';
  /** Venue time, ISO. */
  at: string;
  /** On margin: the account moves by the entries of the venue's ledger, not by quantity and cost. */
  margin?: true;
}

/** Entries of the venue's ledger that positions on margin make: results, interest, settlements. */
export const MARGIN_MOVEMENTS = ['margin', 'rollover', 'settled'] as const;
export type MarginMovement = (typeof MARGIN_MOVEMENTS)[number];
export const isMarginMovement = (type: string): type is MarginMovement =>
  (MARGIN_MOVEMENTS as readonly string[]).includes(type);

/** An entry of the venue's own ledger that no trade on spot made, e.g. a deposit. */
export interface VenueMovement {
  id: string;
  /** The execution that realised a result, or that opened the position that is paid for. */
  refId: string;
  /** In the venue's words. */
  type: string;
  asset: Asset;
  amount: DecimalText;
  fee: DecimalText;
  /** Venue time, ISO. */
  at: string;
}

/** A position on margin as the venue tells it. */
export interface VenuePosition {
  pair: Pair;
  side: 'buy' | 'sell';
  /** Base that is still open. */
  quantity: DecimalText;
}

export interface VenueBalance {
  total: DecimalText;
  /** Held by resting orders. */
  held: DecimalText;
}

/** A definite answer. What is not definite is thrown as a `VenueError` of kind `ambiguous`. */
export type PlaceAnswer =
  { kind: 'accepted'; venueOrderId: string } | { kind: 'rejected'; reason: string };
export type ChangeAnswer =
  { kind: 'done' } | { kind: 'gone'; reason: string } | { kind: 'rejected'; reason: string };

/**
 * What to do about an error: `retry` (not executed, try again), `person` (keys, permission, lockout),
 * `answer` (the venue says no and will say so again), `ambiguous` (may have been executed: look it up).
 */
export type VenueErrorKind = 'retry' | 'person' | 'answer' | 'ambiguous';

export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly kind: VenueErrorKind;
  readonly retryAfterMs: number | undefined;
  constructor(
    kind: VenueErrorKind,
    message: string,
    options?: ErrorOptions & { retryAfterMs?: number },
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Best prices of a book, and the value in quote of what it shows within 1 % of the best price of each side. */
export interface VenueDepth {
  bid: DecimalText;
  ask: DecimalText;
  bidDepth: DecimalText;
  askDepth: DecimalText;
}

/** What orders need from an exchange account, no more. */
export interface Venue {
  readonly name: string;
  /** Venue time, Unix milliseconds. */
  time(): Promise<number>;
  instruments(pairs: readonly Pair[]): Promise<Instrument[]>;
  /** The latest closed bars, oldest first (at most 720); empty when the venue has none of that length. */
  closedCandles(pair: Pair, timeframe: Timeframe): Promise<Candle[]>;
  /** Best prices now. */
  quote(pair: Pair): Promise<{ bid: DecimalText; ask: DecimalText; last: DecimalText }>;
  /** Best prices and what is shown behind them, now. */
  depth(pair: Pair): Promise<VenueDepth>;
  balances(): Promise<Record<Asset, VenueBalance>>;
  openOrders(): Promise<VenueOrder[]>;
  /** Looks among open orders, closed orders and trades; null means that the venue answered "none". */
  orderByClientId(clientOrderId: string): Promise<VenueOrder | null>;
  place(order: OrderRequest): Promise<PlaceAnswer>;
  /** Changes quantity (the order's new total) or price of a resting order in place. */
  amend(change: {
    clientOrderId: string;
    quantity?: DecimalText;
    price?: DecimalText;
    deadline?: string;
  }): Promise<ChangeAnswer>;
  cancel(clientOrderId: string): Promise<ChangeAnswer>;
  /** Executions at or after `sinceMs` (venue time), oldest first. */
  fillsSince(sinceMs: number): Promise<VenueFill[]>;
  /** Entries of the venue's ledger at or after `sinceMs` that no trade on spot made, oldest first. */
  movementsSince(sinceMs: number): Promise<VenueMovement[]>;
  /** Open positions on margin, oldest first. */
  openPositions(): Promise<VenuePosition[]>;
}

export type VenueStreamEvent =
  /** The running bar as restated; a new `timeMs` means that the one before is closed. */
  | { kind: 'candle'; pair: Pair; timeframe: Timeframe; candle: Candle }
  | { kind: 'fill'; fill: VenueFill }
  /** Cumulative state of an order of ours; the snapshot after each connect sends all open ones. */
  | { kind: 'order'; order: VenueOrder }
  /** What the account holds of an asset, orders' holds included; `why` names the entry that changed it. */
  | { kind: 'balance'; asset: Asset; total: DecimalText; why: string | null }
  /** What a position on margin brought or cost. */
  | { kind: 'movement'; movement: VenueMovement }
  | { kind: 'status'; system: string }
  /** A socket came (back) up and its snapshots are in, or went down. */
  | { kind: 'connected'; socket: 'public' | 'private' }
  | { kind: 'disconnected'; socket: 'public' | 'private'; reason: string };

/** Live data of a venue over its sockets; reconnects by itself until closed. */
export interface VenueStream {
  /** Resolves when everything that the venue sent before now has been handed to `onEvent`. */
  barrier(): Promise<void>;
  /** Ends one connection and opens another, whose snapshots are the truth. */
  restart(socket: 'public' | 'private', reason: string): void;
  close(): Promise<void>;
}
