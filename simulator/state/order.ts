import { Decimal } from '../../shared/money.ts';
import type { Asset, Pair } from '../../shared/pair.ts';

export const ORDER_TYPES = [
  'market',
  'limit',
  'stop-loss',
  'stop-loss-limit',
  'take-profit',
  'take-profit-limit',
  'trailing-stop',
  'trailing-stop-limit',
  'settle-position',
] as const;
export type OrderType = (typeof ORDER_TYPES)[number];
export type Side = 'buy' | 'sell';
export type TimeInForce = 'gtc' | 'ioc' | 'gtd' | 'fok';
export type OrderStatus = 'open' | 'closed' | 'canceled' | 'expired';

/** What happens to two orders of one account that would trade with each other. */
export const SELF_TRADE_MODES = ['cancel-newest', 'cancel-oldest', 'cancel-both'] as const;
export type SelfTradeMode = (typeof SELF_TRADE_MODES)[number];

/**
 * How much of the running candle an order may still meet: all of it, its range without the gap at the open,
 * or nothing before the next candle.
 */
export type View = 'whole' | 'range' | 'next';

export interface Order {
  id: string;
  clientId: string | null;
  userref: number | null;
  pair: Pair;
  side: Side;
  type: OrderType;
  quantity: Decimal;
  limitPrice: Decimal | null;
  triggerPrice: Decimal | null;
  /** Trailing stops: distance to the best price seen, absolute or as a share of it. */
  trail: { kind: 'absolute' | 'share'; value: Decimal } | null;
  /** Distance of the limit from the trigger of a trailing-stop-limit, absolute or as a share. */
  limitOffset: { kind: 'absolute' | 'share'; value: Decimal } | null;
  timeInForce: TimeInForce;
  postOnly: boolean;
  reduceOnly: boolean;
  feeIn: 'base' | 'quote';
  /** The price that triggers it. */
  reference: 'last' | 'index';
  selfTrade: SelfTradeMode;
  /** Null on spot; otherwise the position it opens or reduces is borrowed at this ratio. */
  leverage: number | null;
  expireMs: number | null;
  status: OrderStatus;
  reason: string | null;
  openMs: number;
  closeMs: number | null;
  filled: Decimal;
  cost: Decimal;
  fee: Decimal;
  /** When a stop or take-profit was triggered and became a market or limit order. */
  triggeredMs: number | null;
  sees: View;
  /** Arrived or changed since the clock last moved: may still take at the standing price. */
  fresh: boolean;
  trades: string[];
  amends: number;
  /** Its place at its price in a venue's book; null while it does not rest in one. */
  queue: QueuePlace | null;
  /** Sent by the venue itself because the margin level fell too low. */
  liquidates: boolean;
}

/** What is true of every order that has just come, at venue time `nowMs`. */
export function untouched(nowMs: number) {
  return {
    status: 'open',
    reason: null,
    openMs: nowMs,
    closeMs: null,
    filled: new Decimal(0),
    cost: new Decimal(0),
    fee: new Decimal(0),
    triggeredMs: null,
    trades: [],
    amends: 0,
    queue: null,
  } satisfies Partial<Order>;
}

export interface QueuePlace {
  /** Quantity that was there before it and is served first; null while its price is deeper than what is known. */
  ahead: Decimal | null;
  /** How much of that went because the book said so, up to this nanosecond of the venue: its trades may follow. */
  told: Decimal;
  toldNs: string;
}

export interface Trade {
  id: string;
  /** Increasing integer per pair. */
  number: number;
  orderId: string;
  clientId: string | null;
  pair: Pair;
  side: Side;
  orderType: OrderType;
  atMs: number;
  price: Decimal;
  quantity: Decimal;
  cost: Decimal;
  fee: Decimal;
  feeAsset: Asset;
  liquidity: 'maker' | 'taker';
  leverage: number | null;
  /** Whether it closed (part of) a position on margin. */
  closes: boolean;
  ledgerIds: string[];
}

/** What a client asks for; texts are decimals. Absent fields have Kraken's defaults. */
export interface OrderRequest {
  pair: Pair;
  side: Side;
  type: OrderType;
  quantity: string;
  limitPrice?: string;
  triggerPrice?: string;
  trail?: { kind: 'absolute' | 'share'; value: string };
  limitOffset?: { kind: 'absolute' | 'share'; value: string };
  timeInForce?: TimeInForce;
  postOnly?: boolean;
  reduceOnly?: boolean;
  feeIn?: 'base' | 'quote';
  reference?: 'last' | 'index';
  selfTrade?: SelfTradeMode;
  leverage?: number;
  clientId?: string;
  userref?: number;
  expireMs?: number;
  validateOnly?: boolean;
}

export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

export const remaining = (order: Order): Decimal => order.quantity.minus(order.filled);

export const isTriggerType = (type: OrderType): boolean =>
  type.startsWith('stop') || type.startsWith('take') || type.startsWith('trailing');

/** Whether the order waits for its trigger. */
export const isDormant = (order: Order): boolean =>
  isTriggerType(order.type) && order.triggeredMs === null;

/** `partially_filled` and so on: the status as the WebSocket names it. */
export function wsStatus(order: Order): string {
  if (order.status === 'closed') return 'filled';
  if (order.status !== 'open') return order.status;
  return order.filled.isZero() ? 'new' : 'partially_filled';
}

/** The fixed order of orders that arrived while the clock stood: no race shows. */
export function compareOrders(a: Order, b: Order): number {
  const price = (o: Order): Decimal => o.limitPrice ?? o.triggerPrice ?? new Decimal(0);
  return (
    a.pair.localeCompare(b.pair) ||
    a.type.localeCompare(b.type) ||
    a.side.localeCompare(b.side) ||
    price(a).cmp(price(b)) ||
    a.quantity.cmp(b.quantity) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}
