import type { Amendment, Refusal } from '../exchange/order-entry.ts';
import type { Order, OrderRequest } from '../state/order.ts';
import type { Service } from './service.ts';

/** Orders as clients change them, journaled; REST and WebSocket differ in their words only. */

/** Places an order, unless the matching engine's counter is full. */
export function place(service: Service, request: OrderRequest): Order | Refusal {
  const { exchange, limits } = service;
  const limited = limits.engine(request.pair, 'place', 0);
  if (limited !== null) return { error: limited };
  return service.command(
    { do: 'place', at: exchange.state.nowMs, request },
    () => exchange.place(request),
    (placed) => !('error' in placed) && request.validateOnly !== true,
  );
}

/** Changes an order in its place; null when it has. */
export function amend(service: Service, order: Order, change: Amendment): Refusal | null {
  const { exchange, limits } = service;
  const limited = limits.engine(order.pair, 'amend', exchange.state.nowMs - order.openMs);
  if (limited !== null) return { error: limited };
  return service.command(
    { do: 'amend', at: exchange.state.nowMs, order: order.id, change },
    () => exchange.amend(order, change),
    (refusal) => refusal === null,
  );
}

/** Cancels an order; null when it has. */
export function cancel(service: Service, order: Order): Refusal | null {
  const { exchange, limits } = service;
  limits.engine(order.pair, 'cancel', exchange.state.nowMs - order.openMs);
  return service.command(
    { do: 'cancel', at: exchange.state.nowMs, order: order.id },
    () => exchange.cancel(order),
    (refusal) => refusal === null,
  );
}

/** Cancels all open orders; returns how many there were. */
export function cancelAll(service: Service): number {
  const open = service.exchange.openOrders();
  for (const order of open) cancel(service, order);
  return open.length;
}

/** The open orders that an id means: the venue's, the client's, or a number that several may share. */
export function openOrdersNamed(service: Service, id: string): Order[] {
  const { exchange } = service;
  const one = exchange.order(id) ?? exchange.orderByClientId(id);
  if (one !== null) return one.status === 'open' ? [one] : [];
  return /^-?\d{1,10}$/.test(id)
    ? exchange.openOrders().filter((order) => order.userref === Number(id))
    : [];
}

/** Arms the switch that cancels all orders after `seconds`; 0 disarms. Returns the time at which it fires. */
export function cancelAllAfter(service: Service, seconds: number): number | null {
  const { nowMs } = service.exchange.state;
  const atMs = seconds === 0 ? null : nowMs + seconds * 1000;
  service.command({ do: 'cancel-all-at', at: nowMs, atMs }, (e) => e.cancelAllAt(atMs));
  return atMs;
}

/** Cancels an order and places another in its stead; the new one has an id of its own. */
export function replace(
  service: Service,
  order: Order,
  change: Amendment,
): { replaced: Order } | Refusal {
  if (order.status !== 'open') return { error: 'EOrder:Unknown order' };
  if (order.clientId !== null) return { error: 'EOrder:Invalid order' };
  const text = (value: { toFixed(): string } | null): string | undefined => value?.toFixed();
  const limitPrice = change.limitPrice ?? text(order.limitPrice);
  const triggerPrice = change.triggerPrice ?? text(order.triggerPrice);
  const request: OrderRequest = {
    pair: order.pair,
    side: order.side,
    type: order.type,
    quantity: change.quantity ?? order.quantity.minus(order.filled).toFixed(),
    ...(limitPrice === undefined ? {} : { limitPrice }),
    ...(triggerPrice === undefined ? {} : { triggerPrice }),
    timeInForce: order.timeInForce,
    postOnly: change.postOnly ?? order.postOnly,
    reduceOnly: order.reduceOnly,
    feeIn: order.feeIn,
    reference: order.reference,
    selfTrade: order.selfTrade,
    ...(order.leverage === null ? {} : { leverage: order.leverage }),
    ...(order.userref === null ? {} : { userref: order.userref }),
    ...(order.expireMs === null ? {} : { expireMs: order.expireMs }),
  };
  const refusal = cancel(service, order);
  if (refusal !== null) return refusal;
  const placed = place(service, request);
  return 'error' in placed ? placed : { replaced: placed };
}
