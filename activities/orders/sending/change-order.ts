import { Decimal, type DecimalText } from '../../../shared/money.ts';
import { VenueError, type VenueOrder } from '../../../shared/venue.ts';
import { adoptOrderState } from '../../ledger/books/book-fill.ts';
import { findOrder, setOrderStatus, type StoredOrder } from '../order-store.ts';
import type { SendingDeps } from './send-order.ts';

/** What the venue says of an order after a change: cumulative, and whether it is over. */
export interface OrderState {
  status: 'open' | 'filled' | 'canceled' | 'expired' | 'unplaced';
  filledQuantity: DecimalText;
  filledCost: DecimalText;
}

/**
 * Gives a resting order a new quantity or price. Absolute, so a repeat does no harm; an order that is
 * already so, or that is over, is an answer. One that the venue refuses to change is cancelled. Throws
 * what another attempt may settle.
 */
export async function amendOrder(
  deps: SendingDeps,
  change: { clientOrderId: string; quantity?: DecimalText; price?: DecimalText },
): Promise<OrderState> {
  const before = await deps.venue.orderByClientId(change.clientOrderId);
  if (before === null) return unplaced();
  if (before.status === 'open' && !isAlready(before, change)) {
    const answer = await deps.venue.amend(change);
    // Over is better than wrong: its guard places another.
    if (answer.kind === 'rejected') return cancelOrder(deps, change.clientOrderId);
  }
  const after = (await deps.venue.orderByClientId(change.clientOrderId)) ?? before;
  await deps.pool.query(
    `update trade_order set quantity = $2, price = coalesce($3, price) where client_order_id = $1`,
    [change.clientOrderId, after.quantity, after.price],
  );
  await adoptOrderState(deps, after);
  return stateOf(after);
}

/**
 * Cancels an order and tells how much of it was filled before. An order that is over is an answer; one
 * that was not sent yet never will be. Throws while its request may still arrive, to be tried again.
 */
export async function cancelOrder(deps: SendingDeps, clientOrderId: string): Promise<OrderState> {
  await deps.venue.cancel(clientOrderId);
  const after = await deps.venue.orderByClientId(clientOrderId);
  if (after === null) return withdraw(deps, clientOrderId);
  if (after.status === 'open' || after.status === 'pending') {
    throw new VenueError(
      'retry',
      `order ${clientOrderId} (${after.pair}) is still ${after.status} at ${deps.venue.name} after its cancel`,
    );
  }
  await adoptOrderState(deps, after);
  return stateOf(after);
}

/** Ends an order that the venue does not know, where that is sure to last. */
async function withdraw(deps: SendingDeps, clientOrderId: string): Promise<OrderState> {
  await deps.pool.query(
    `update trade_order set status = 'rejected', reason = 'cancelled before it was sent'
      where client_order_id = $1 and status = 'intended'`,
    [clientOrderId],
  );
  let order = await findOrder(deps.pool, clientOrderId);
  if (order !== null && (await isPastDeadline(deps, order))) {
    // Asked again now that nothing can arrive any more: it may have between look-up and deadline.
    const found = await deps.venue.orderByClientId(clientOrderId);
    if (found !== null) return cancelOrder(deps, clientOrderId);
    await setOrderStatus(deps.pool, clientOrderId, {
      ...{ status: 'rejected', reason: 'cancelled; its request never arrived' },
    });
    order = null;
  }
  if (order !== null && ['sending', 'unknown', 'open'].includes(order.status)) {
    throw new VenueError(
      'retry',
      `order ${clientOrderId} (${order.pair} ${order.leg}) is ${order.status} here and unknown to ` +
        `${deps.venue.name}: its request may still arrive`,
    );
  }
  return unplaced();
}

/** Whether an order without an answer was sent with a deadline that has passed at the venue. */
async function isPastDeadline(deps: SendingDeps, order: StoredOrder): Promise<boolean> {
  const isUnanswered = order.status === 'sending' || order.status === 'unknown';
  if (!isUnanswered || deps.deadlineClock === null || order.deadlineMs === null) return false;
  return (await deps.deadlineClock()) > order.deadlineMs;
}

function isAlready(
  order: VenueOrder,
  change: { quantity?: DecimalText; price?: DecimalText },
): boolean {
  const same = (a: DecimalText | null, b: DecimalText | undefined): boolean =>
    b === undefined || (a !== null && new Decimal(a).eq(b));
  return same(order.quantity, change.quantity) && same(order.price, change.price);
}

function stateOf(order: VenueOrder): OrderState {
  return {
    status: order.status === 'pending' ? 'open' : order.status,
    filledQuantity: order.filledQuantity,
    filledCost: order.filledCost,
  };
}

function unplaced(): OrderState {
  return { status: 'unplaced', filledQuantity: '0', filledCost: '0' };
}
