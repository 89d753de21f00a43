import { Decimal } from '../money.ts';
import type { OrderKind, VenueFill, VenueOrder, VenueOrderStatus } from '../venue.ts';
import { isOrderKind } from './orders.ts';
import type { ExecutionRow, ExecutionsMessage } from './socket-messages.ts';

/** What an executions message tells, in its order. */
export type ExecutionEvent =
  { kind: 'fill'; fill: VenueFill } | { kind: 'order'; order: VenueOrder };

export interface ExecutionsRead {
  events: ExecutionEvent[];
  /** Orders of which too little is known to tell of them; a fresh snapshot heals that. */
  incomplete: string[];
  /** Orders that were open before a snapshot that does not name them: they ended unseen. */
  vanished: string[];
}

export interface ExecutionsReader {
  /** Takes one message; a message that repeats what is known is harmless. */
  read(message: ExecutionsMessage): ExecutionsRead;
  /** Marks an order as over by other knowledge than a message. */
  forget(venueOrderId: string): void;
}

/** Orders that are over are kept this long, in number, for rows that arrive late. */
const KEPT_AFTER_END = 500;

interface OrderState {
  clientOrderId: string | null;
  symbol: string | undefined;
  side: 'buy' | 'sell' | undefined;
  margin: boolean;
  /** As Kraken writes it: an order placed by hand may be of a kind that is not ours. */
  type: string | undefined;
  quantity: string | undefined;
  price: string | null;
  status: VenueOrderStatus;
  filledQuantity: string;
  filledCost: string;
  reason: string | null;
  /** Executions counted above, for rows that leave the cumulative numbers out. */
  counted: Set<string>;
}

const STATUS: Readonly<Record<string, VenueOrderStatus>> = {
  pending_new: 'pending',
  new: 'open',
  partially_filled: 'open',
  filled: 'filled',
  canceled: 'canceled',
  expired: 'expired',
};

const isOver = (status: VenueOrderStatus): boolean => status !== 'pending' && status !== 'open';

const newState = (): OrderState => ({
  clientOrderId: null,
  symbol: undefined,
  side: undefined,
  margin: false,
  type: undefined,
  quantity: undefined,
  price: null,
  status: 'pending',
  filledQuantity: '0',
  filledCost: '0',
  reason: null,
  counted: new Set(),
});

/**
 * Merges the sparse rows of the executions channel by order. Quantities count from `trade` rows alone,
 * each of which is one fill; every other row only moves the order's state.
 */
export function executionsReader(): ExecutionsReader {
  const orders = new Map<string, OrderState>();
  const ended: string[] = [];

  const end = (id: string): void => {
    ended.push(id);
    const oldest = ended.length > KEPT_AFTER_END ? ended.shift() : undefined;
    if (oldest !== undefined && oldest !== id) orders.delete(oldest);
  };

  const readOrder = (row: ExecutionRow): OrderState => {
    const known = orders.get(row.order_id);
    const state = known ?? newState();
    if (known === undefined) orders.set(row.order_id, state);
    const wasOver = isOver(state.status);
    merge(state, row);
    if (!wasOver && isOver(state.status)) end(row.order_id);
    return state;
  };

  return {
    read: (message) => {
      const read: ExecutionsRead = { events: [], incomplete: [], vanished: [] };
      const isSnapshot = message.type === 'snapshot';
      const named = new Set<string>();
      for (const row of message.data) {
        const isTrade = row.exec_type === 'trade';
        if (isSnapshot && isTrade) {
          // One of the latest trades, of an order that may long be over: it says nothing of the order's state.
          const fill = fillOf(row, orders.get(row.order_id) ?? newState());
          if (fill !== null) read.events.push({ kind: 'fill', fill });
          continue;
        }
        named.add(row.order_id);
        const state = readOrder(row);
        const fill = isTrade ? fillOf(row, state) : null;
        const order = orderOf(row.order_id, state);
        if (fill !== null) read.events.push({ kind: 'fill', fill });
        if (order !== null) read.events.push({ kind: 'order', order });
        if ((isTrade && fill === null) || !isComplete(state)) read.incomplete.push(row.order_id);
      }
      if (isSnapshot) {
        for (const [id, state] of orders) {
          if (!named.has(id) && !isOver(state.status)) read.vanished.push(id);
        }
      }
      return read;
    },
    forget: (id) => {
      orders.delete(id);
    },
  };
}

function isComplete(state: OrderState): boolean {
  return state.symbol !== undefined && state.side !== undefined && state.type !== undefined;
}

function merge(state: OrderState, row: ExecutionRow): void {
  if (row.cl_ord_id !== undefined) state.clientOrderId = row.cl_ord_id;
  if (row.symbol !== undefined) state.symbol = row.symbol;
  if (row.side !== undefined) state.side = row.side;
  if (row.margin !== undefined) state.margin = row.margin;
  if (row.order_type !== undefined) state.type = row.order_type;
  if (row.order_qty !== undefined) state.quantity = row.order_qty;
  const price = state.type === 'limit' ? row.limit_price : row.triggers?.price;
  if (price !== undefined && state.type !== 'market') state.price = price;
  mergeFilled(state, row);
  const status = STATUS[row.order_status ?? row.exec_type];
  if (status !== undefined && !isOver(state.status)) state.status = status;
  const reason = row.reason ?? row.cancel_reason;
  if (reason !== undefined && reason !== '') state.reason = reason;
}

function mergeFilled(state: OrderState, row: ExecutionRow): void {
  const isNewTrade = row.exec_id !== undefined && !state.counted.has(row.exec_id);
  if (row.exec_id !== undefined) state.counted.add(row.exec_id);
  if (row.cum_qty !== undefined) {
    // Cumulative numbers never go back: a snapshot may be older than a row that overtook it.
    if (new Decimal(row.cum_qty).lt(state.filledQuantity)) return;
    state.filledQuantity = row.cum_qty;
    if (row.cum_cost !== undefined) state.filledCost = row.cum_cost;
    return;
  }
  if (row.exec_type !== 'trade' || !isNewTrade || !row.last_qty || !row.last_price) return;
  state.filledQuantity = new Decimal(state.filledQuantity).add(row.last_qty).toFixed();
  state.filledCost = new Decimal(state.filledCost).add(costOf(row)).toFixed();
}

function costOf(row: ExecutionRow): string {
  return row.cost ?? new Decimal(row.last_price ?? 0).mul(row.last_qty ?? 0).toFixed();
}

function orderOf(venueOrderId: string, state: OrderState): VenueOrder | null {
  const { symbol, side, quantity } = state;
  const kind: OrderKind | null =
    state.type !== undefined && isOrderKind(state.type) ? state.type : null;
  if (!symbol || !side || kind === null || quantity === undefined) return null;
  return {
    venueOrderId,
    clientOrderId: state.clientOrderId,
    pair: symbol,
    side,
    kind,
    quantity,
    price: state.price,
    status: state.status,
    filledQuantity: state.filledQuantity,
    filledCost: state.filledCost,
    reason: state.reason,
  };
}

function fillOf(row: ExecutionRow, state: OrderState): VenueFill | null {
  const symbol = row.symbol ?? state.symbol;
  const side = row.side ?? state.side;
  const { exec_id, last_price, last_qty, timestamp } = row;
  if (!symbol || !side || !exec_id || !last_price || !last_qty || !timestamp) return null;
  const fee = row.fees?.[0];
  return {
    executionId: exec_id,
    venueOrderId: row.order_id,
    clientOrderId: row.cl_ord_id ?? state.clientOrderId,
    pair: symbol,
    side,
    price: last_price,
    quantity: last_qty,
    cost: costOf(row),
    fee: fee?.qty ?? '0',
    feeAsset: fee?.asset ?? symbol.slice(symbol.indexOf('/') + 1),
    liquidity: row.liquidity_ind === 'm' ? 'maker' : 'taker',
    at: new Date(timestamp).toISOString(),
    ...((row.margin ?? state.margin) ? { margin: true as const } : {}),
  };
}
