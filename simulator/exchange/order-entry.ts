import { Decimal } from '../../shared/money.ts';
import { freeOf, holdOf } from '../account/funds.ts';
import { checkMargin, closable } from '../account/margin.ts';
import type { Instrument } from '../market/instruments.ts';
import { crosses } from '../matching/crosses.ts';
import { endOrder, noticeOrder } from '../matching/execute.ts';
import { referencePrice } from '../matching/index-price.ts';
import { trailPrice } from '../matching/trailing.ts';
import { venueId } from '../state/ids.ts';
import {
  isDormant,
  isTriggerType,
  untouched,
  type Order,
  type OrderRequest,
  type View,
} from '../state/order.ts';
import { instrumentOf, openOrders, standingPrice, type Core } from '../state/state.ts';

/** A refusal in the venue's own words, e.g. `EOrder:Insufficient funds`. */
export type Refusal = { error: string };

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/**
 * Checks a new order as the venue does and takes it in. It rests, or waits to be matched when the clock moves
 * on; nothing is filled here. With `validateOnly` nothing is taken in.
 */
export function placeOrder(core: Core, request: OrderRequest): Order | Refusal {
  const instrument = core.instruments.get(request.pair);
  if (instrument === undefined) return { error: 'EQuery:Unknown asset pair' };
  const clientId = request.clientId ?? null;
  if (clientId !== null) {
    if (!UUID.test(clientId) && !/^[\x21-\x7e]{1,18}$/.test(clientId)) {
      return { error: 'EGeneral:Invalid arguments:cl_ord_id' };
    }
    if (findByClientId(core, clientId) !== null) {
      return { error: 'EOrder:Invalid arguments:cl_ord_id already in use' };
    }
  }
  const order = draft(core, request, instrument, clientId);
  if (order.trail !== null)
    order.triggerPrice = trailPrice(
      core,
      order,
      referencePrice(core, order, standingPrice(core, order.pair)),
    );
  // Kraken takes a volume of 0 on margin as the whole position, however small that is.
  const closesAll = order.quantity.isZero() && order.leverage !== null;
  if (closesAll) order.quantity = closable(core, order);
  const least = closesAll ? NO_MINIMUM : instrument;
  const refusal =
    checkSystem(core, order) ??
    checkShape(order, instrument, least) ??
    checkMoney(core, order, least);
  if (refusal !== null) return refusal;
  if (request.validateOnly === true) return order;
  core.state.arrivals += 1;
  core.state.orders.set(order.id, order);
  core.state.openIds.set(order.id, true);
  core.fact({
    fact: 'order',
    at: order.openMs,
    order: order.id,
    client: clientId,
    pair: order.pair,
    side: order.side,
    type: order.type,
    quantity: order.quantity.toFixed(),
    limit: order.limitPrice?.toFixed() ?? null,
    trigger: order.triggerPrice?.toFixed() ?? null,
  });
  noticeOrder(core, order, 'new');
  return order;
}

function draft(
  core: Core,
  request: OrderRequest,
  instrument: Instrument,
  clientId: string | null,
): Order {
  const optional = (text: string | undefined): Decimal | null =>
    text === undefined ? null : new Decimal(text);
  const scaled = (
    offset: OrderRequest['trail'],
  ): { kind: 'absolute' | 'share'; value: Decimal } | null =>
    offset === undefined ? null : { kind: offset.kind, value: new Decimal(offset.value) };
  return {
    id: venueId('O', clientId ?? `arrival ${core.state.arrivals}`),
    clientId,
    userref: request.userref ?? null,
    pair: request.pair,
    side: request.side,
    type: request.type,
    quantity: new Decimal(request.quantity).toDecimalPlaces(
      instrument.lotDecimals,
      Decimal.ROUND_DOWN,
    ),
    limitPrice: optional(request.limitPrice),
    triggerPrice: optional(request.triggerPrice),
    trail: scaled(request.trail),
    limitOffset: scaled(request.limitOffset),
    timeInForce: request.timeInForce ?? 'gtc',
    postOnly: request.postOnly ?? false,
    reduceOnly: request.reduceOnly ?? false,
    feeIn: request.feeIn ?? 'quote',
    reference: request.reference ?? 'last',
    selfTrade: request.selfTrade ?? 'cancel-newest',
    leverage: request.leverage ?? null,
    expireMs: request.expireMs ?? null,
    ...untouched(core.state.nowMs),
    sees: viewFor(core, request.type),
    fresh: true,
    liquidates: false,
  };
}

/** At the open an order meets the whole candle; later a stop its range, a limit only the next candle. */
function viewFor(core: Core, type: Order['type']): View {
  const { phase } = core.state;
  if (phase === 'boundary' || phase === 'open') return 'whole';
  if (phase === 'second-half' || phase === 'ended') return 'next';
  return type.startsWith('stop') || type.startsWith('trailing') ? 'range' : 'next';
}

/** What the venue lets through in its present mode. */
function checkSystem(core: Core, order: Order): Refusal | null {
  const { system } = core.state;
  // A book that is not the venue's any more fills nobody; what rests may be taken back.
  if ((core.market.books?.away(order.pair) ?? null) !== null) {
    return { error: 'EService:Market in cancel_only mode' };
  }
  const mode = system === 'online' ? (core.market.books?.mode(order.pair) ?? system) : system;
  if (mode === 'online') return null;
  if (mode === 'maintenance') return { error: 'EService:Unavailable' };
  const passes =
    (mode === 'post_only' && order.postOnly) ||
    (mode === 'limit_only' && order.type === 'limit') ||
    (mode === 'reduce_only' && order.reduceOnly);
  return passes ? null : { error: `EService:Market in ${mode} mode` };
}

type Least = Pick<Instrument, 'orderMin' | 'costMin'>;
const NO_MINIMUM: Least = { orderMin: new Decimal(0), costMin: new Decimal(0) };

function checkShape(
  order: Order,
  instrument: Instrument,
  { orderMin }: Least = instrument,
): Refusal | null {
  const { type } = order;
  const limited = type === 'limit' || type.endsWith('-limit');
  if (limited && order.limitPrice === null && order.limitOffset === null) {
    return { error: 'EGeneral:Invalid arguments:price' };
  }
  if (
    type.startsWith('trailing')
      ? order.trail === null
      : isTriggerType(type) && order.triggerPrice === null
  ) {
    return { error: 'EGeneral:Invalid arguments:price' };
  }
  for (const price of [order.limitPrice, order.triggerPrice]) {
    if (price === null) continue;
    if (price.lte(0)) return { error: 'EOrder:Invalid price' };
    if (price.decimalPlaces() > instrument.priceDecimals) {
      return { error: 'EOrder:Tick size check failed' };
    }
  }
  if (order.postOnly && type !== 'limit') return { error: 'EGeneral:Invalid arguments:oflags' };
  if (
    order.timeInForce !== 'gtc' &&
    !limited &&
    !(type === 'market' && order.timeInForce === 'ioc')
  ) {
    return { error: 'EGeneral:Invalid arguments:timeinforce' };
  }
  if (order.quantity.lt(orderMin)) {
    return { error: 'EGeneral:Invalid arguments:volume minimum not met' };
  }
  return null;
}

function checkMoney(core: Core, order: Order, { costMin }: Least): Refusal | null {
  const reference =
    order.limitPrice ?? order.triggerPrice ?? new Decimal(standingPrice(core, order.pair));
  if (reference.mul(order.quantity).lt(costMin)) {
    return { error: 'EOrder:Cost minimum not met' };
  }
  const open = openOrders(core.state).filter((o) => o.pair === order.pair).length;
  if (open >= 225) return { error: 'EOrder:Orders limit exceeded' };
  if (order.leverage !== null || order.type === 'settle-position') {
    const error = checkMargin(core, order, reference);
    if (error !== null) return { error };
  } else {
    if (order.reduceOnly) return { error: 'EOrder:Reduce only:Non-leveraged order' };
    const hold = holdOf(core, order);
    if (hold.amount.gt(freeOf(core, hold.asset))) return { error: 'EOrder:Insufficient funds' };
  }
  if (order.postOnly && crosses(core, order)) return { error: 'EOrder:Post only order' };
  return null;
}

export interface Amendment {
  quantity?: string;
  limitPrice?: string;
  triggerPrice?: string;
  postOnly?: boolean;
}

/**
 * Changes an open order in place. A quantity at or below what is filled cancels the rest. A changed price is
 * seen by the market as that of a new order.
 */
export function amendOrder(core: Core, order: Order, change: Amendment): Refusal | null {
  if (order.status !== 'open') return { error: 'EOrder:Unknown order' };
  const instrument = instrumentOf(core, order.pair);
  const next: Order = { ...order };
  if (change.quantity !== undefined) {
    next.quantity = new Decimal(change.quantity).toDecimalPlaces(
      instrument.lotDecimals,
      Decimal.ROUND_DOWN,
    );
  }
  if (change.limitPrice !== undefined) next.limitPrice = new Decimal(change.limitPrice);
  if (change.triggerPrice !== undefined) {
    if (!isDormant(order)) return { error: 'EOrder:Invalid order' };
    next.triggerPrice = new Decimal(change.triggerPrice);
  }
  if (change.postOnly !== undefined) next.postOnly = change.postOnly;
  const moved =
    !same(next.limitPrice, order.limitPrice) || !same(next.triggerPrice, order.triggerPrice);
  if (!moved && next.quantity.eq(order.quantity)) return { error: 'EOrder:No change' };
  if (next.quantity.lte(order.filled)) {
    endOrder(core, order, 'canceled', 'User requested');
    return null;
  }
  if (moved) next.sees = viewFor(core, order.type);
  const refusal = checkShape(next, instrument) ?? checkAmendedMoney(core, order, next);
  if (refusal !== null) return refusal;
  // Less of the same keeps its place; more, or another price, goes to the end.
  if (moved || next.quantity.gt(order.quantity)) order.queue = null;
  order.quantity = next.quantity;
  order.limitPrice = next.limitPrice;
  order.triggerPrice = next.triggerPrice;
  order.postOnly = next.postOnly;
  order.sees = next.sees;
  order.fresh = order.fresh || moved;
  order.amends += 1;
  core.fact({
    fact: 'amend',
    at: core.state.nowMs,
    order: order.id,
    quantity: order.quantity.toFixed(),
    limit: order.limitPrice?.toFixed() ?? null,
    trigger: order.triggerPrice?.toFixed() ?? null,
  });
  noticeOrder(core, order, 'amended');
  return null;
}

function checkAmendedMoney(core: Core, order: Order, next: Order): Refusal | null {
  if (order.leverage !== null) {
    const price =
      next.limitPrice ?? next.triggerPrice ?? new Decimal(standingPrice(core, order.pair));
    const error = checkMargin(core, next, price);
    return error === null ? null : { error };
  }
  const before = holdOf(core, order);
  const after = holdOf(core, next);
  if (after.amount.minus(before.amount).gt(freeOf(core, after.asset))) {
    return { error: 'EOrder:Insufficient funds' };
  }
  if (next.postOnly && crosses(core, next)) return { error: 'EOrder:Post only order' };
  return null;
}

const same = (a: Decimal | null, b: Decimal | null): boolean =>
  a === null || b === null ? a === b : a.eq(b);

/** Ends an open order at its client's wish; null when it has. */
export function cancelOrder(core: Core, order: Order): Refusal | null {
  if (order.status !== 'open') return { error: 'EOrder:Unknown order' };
  endOrder(core, order, 'canceled', 'User requested');
  return null;
}

/** The order with a client order id, open or closed, or null. */
export function findByClientId(core: Core, clientId: string): Order | null {
  const byId = core.state.orders.get(venueId('O', clientId));
  return byId?.clientId === clientId ? byId : null;
}
