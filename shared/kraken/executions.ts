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
}

export interface ExecutionsReader {
  /** Takes one message; a message that repeats what is known is harmless. */
  read(message: ExecutionsMessage): ExecutionsRead;
  /** Ids of the orders that are not over as far as the messages have told. */
  open(): string[];
}

/** Orders that are over are kept this long, in number, for rows that arrive late. */
const KEPT_AFTER_END = 500;

interface OrderState {
  clientOrderId: string | null;
  symbol: string | undefined;
  side: 'buy' | 'sell' | undefined;
  kind: OrderKind | undefined;
  quantity: string | undefined;
  price: string | null;
  status: VenueOrderStatus;
  filledQuantity: string;
  filledCost: string;
  reason: string | null;
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

/**
 * Merges the sparse rows of the executions channel by order. Quantities count from `trade` rows alone,
 * each of which is one fill; every other row only moves the order's state.
 */
export function executionsReader(): ExecutionsReader {
  const orders = new Map<string, OrderState>();
  const ended: string[] = [];

  const stateOf = (id: string): OrderState => {
    let state = orders.get(id);
    if (state === undefined) {
      state = {
        clientOrderId: null,
        symbol: undefined,
        side: undefined,
        kind: undefined,
        quantity: undefined,
        price: null,
        status: 'pending',
        filledQuantity: '0',
        filledCost: '0',
        reason: null,
      };
      orders.set(id, state);
    }
    return state;
  };

  const end = (id: string): void => {
    ended.push(id);
    const oldest = ended.length > KEPT_AFTER_END ? ended.shift() : undefined;
    if (oldest !== undefined && oldest !== id) orders.delete(oldest);
  };

  return {
    read: (message) => {
      const read: ExecutionsRead = { events: [], incomplete: [] };
      for (const row of message.data) {
        const state = stateOf(row.order_id);
        const wasOver = isOver(state.status);
        merge(state, row);
        if (!wasOver && isOver(state.status)) end(row.order_id);
        const order = orderOf(row.order_id, state);
        const fill = row.exec_type === 'trade' ? fillOf(row, state) : null;
        if (fill !== null) read.events.push({ kind: 'fill', fill });
        if (order !== null) read.events.push({ kind: 'order', order });
        if (order === null || (fill === null && row.exec_type === 'trade')) {
          read.incomplete.push(row.order_id);
        }
      }
      return read;
    },
    open: () => [...orders].filter(([, state]) => !isOver(state.status)).map(([id]) => id),
  };
}

function merge(state: OrderState, row: ExecutionRow): void {
  if (row.cl_ord_id !== undefined) state.clientOrderId = row.cl_ord_id;
  if (row.symbol !== undefined) state.symbol = row.symbol;
  if (row.side !== undefined) state.side = row.side;
  if (row.order_type !== undefined && isOrderKind(row.order_type)) state.kind = row.order_type;
  if (row.order_qty !== undefined) state.quantity = row.order_qty;
  const price = state.kind === 'limit' ? row.limit_price : row.triggers?.price;
  if (price !== undefined && state.kind !== 'market') state.price = price;
  // Cumulative numbers never go back: a snapshot may be older than a row that overtook it.
  if (row.cum_qty !== undefined && new Decimal(row.cum_qty).gte(state.filledQuantity)) {
    state.filledQuantity = row.cum_qty;
    if (row.cum_cost !== undefined) state.filledCost = row.cum_cost;
  }
  const status = STATUS[row.order_status ?? row.exec_type];
  if (status !== undefined && !isOver(state.status)) state.status = status;
  const reason = row.reason ?? row.cancel_reason;
  if (reason !== undefined && reason !== '') state.reason = reason;
}

function orderOf(venueOrderId: string, state: OrderState): VenueOrder | null {
  const { symbol, side, kind, quantity } = state;
  if (!symbol || !side || !kind || quantity === undefined) return null;
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
  const { symbol, side } = state;
  const { exec_id, last_price, last_qty, timestamp } = row;
  if (!symbol || !side || !exec_id || !last_price || !last_qty || !timestamp) return null;
  const fee = row.fees?.[0];
  return {
    executionId: exec_id,
    venueOrderId: row.order_id,
    clientOrderId: state.clientOrderId,
    pair: symbol,
    side,
    price: last_price,
    quantity: last_qty,
    cost: row.cost ?? new Decimal(last_price).mul(last_qty).toFixed(),
    fee: fee?.qty ?? '0',
    feeAsset: fee?.asset ?? symbol.slice(symbol.indexOf('/') + 1),
    liquidity: row.liquidity_ind === 'm' ? 'maker' : 'taker',
    at: new Date(timestamp).toISOString(),
  };
}
