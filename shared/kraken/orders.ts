import { Decimal } from '../money.ts';
import type { DecimalText } from '../money.ts';
import type { Pair } from '../pair.ts';
import {
  ORDER_KINDS,
  type Instrument,
  type OrderKind,
  type OrderRequest,
  type VenueOrder,
} from '../venue.ts';
import type { AssetPair, OrderRow } from './rest-messages.ts';
import { pairOf, restName } from './symbols.ts';

export const isOrderKind = (text: string): text is OrderKind =>
  (ORDER_KINDS as readonly string[]).includes(text);

const TIME_IN_FORCE = { gtc: 'GTC', ioc: 'IOC', gtd: 'GTD' } as const;

/**
 * Why the order cannot be put into Kraken's words, or null when it can: what Kraken has no order for is
 * refused here by name instead of being imitated.
 */
export function whyNotSendable(order: OrderRequest): string | null {
  // The type knows no other; what came past it (OCO, bracket) Kraken has no order for.
  if (!isOrderKind(order.kind)) {
    return `kraken has no ${String(order.kind)} order: send its legs as orders of their own and watch them`;
  }
  const priced = order.kind !== 'market';
  const limited = order.kind.endsWith('-limit');
  if (priced && order.price === undefined) return `a ${order.kind} order needs a price`;
  if (!priced && order.price !== undefined) return 'a market order takes no price';
  if (limited && order.limitPrice === undefined) return `a ${order.kind} order needs a limitPrice`;
  if (!limited && order.limitPrice !== undefined) {
    return `a ${order.kind} order takes no limitPrice`;
  }
  if (order.postOnly === true && order.kind !== 'limit')
    return 'only a limit order can be postOnly';
  if (order.postOnly === true && order.timeInForce === 'ioc') {
    return 'an order cannot be postOnly and ioc at once';
  }
  if ((order.timeInForce === 'gtd') !== (order.expireAt !== undefined)) {
    return 'expireAt and timeInForce gtd go together';
  }
  if (order.reduceOnly === true && order.leverage === undefined) {
    return 'reduceOnly needs a leverage: Kraken knows it for margin orders only';
  }
  const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(order.clientOrderId);
  if (!uuid && !/^[\x21-\x7e]{1,18}$/.test(order.clientOrderId)) {
    return 'clientOrderId must be a UUID or at most 18 ASCII characters';
  }
  return null;
}

/**
 * The fields of an AddOrder call, in Kraken's words. A trailing stop's `price` is its distance from the
 * market in quote units.
 */
export function addOrderFields(order: OrderRequest): Record<string, string | undefined> {
  const flags = [
    ...(order.postOnly === true ? ['post'] : []),
    ...(order.feeIn === undefined ? [] : [order.feeIn === 'base' ? 'fcib' : 'fciq']),
  ];
  return {
    pair: restName(order.pair),
    type: order.side,
    ordertype: order.kind,
    volume: order.quantity,
    price: priceField(order.kind, order.price),
    price2: order.limitPrice,
    leverage: order.leverage === undefined ? undefined : String(order.leverage),
    reduce_only: order.reduceOnly === true ? 'true' : undefined,
    oflags: flags.length === 0 ? undefined : flags.join(','),
    timeinforce: order.timeInForce === undefined ? undefined : TIME_IN_FORCE[order.timeInForce],
    expiretm:
      order.expireAt === undefined
        ? undefined
        : String(Math.ceil(Date.parse(order.expireAt) / 1000)),
    cl_ord_id: order.clientOrderId,
    deadline: order.deadline,
  };
}

/** The `price` field of an AddOrder call: of a trailing stop it is a distance, which Kraken wants signed. */
export function priceField(kind: OrderKind, price: DecimalText | undefined): string | undefined {
  return kind === 'trailing-stop' && price !== undefined ? `+${price}` : price;
}

/** The field of an AmendOrder call that holds what `OrderRequest` calls the price. */
export function amendPriceField(kind: OrderKind): 'limit_price' | 'trigger_price' {
  return kind === 'limit' ? 'limit_price' : 'trigger_price';
}

const STATUS = {
  pending: 'pending',
  open: 'open',
  closed: 'filled',
  canceled: 'canceled',
  expired: 'expired',
} as const;

const isZero = (text: string | undefined): boolean => text === undefined || !/[1-9]/.test(text);

/** The price in the sense of `OrderRequest.price`; a triggered order may tell it in one of three fields. */
function priceOf(row: OrderRow, kind: OrderKind): DecimalText | null {
  if (kind === 'market') return null;
  const told = row.descr.price.replace(/^[+-]/, '').replace(/%$/, '');
  const candidates =
    kind === 'limit' ? [told, row.limitprice] : [told, row.stopprice, row.descr.price2];
  return candidates.find((each) => !isZero(each)) ?? null;
}

/** One row of OpenOrders, ClosedOrders or QueryOrders. Null for a kind of order that is not ours. */
export function orderOfRow(venueOrderId: string, row: OrderRow): VenueOrder | null {
  const kind = row.descr.ordertype;
  const pair = pairOf(row.descr.pair);
  if (!isOrderKind(kind) || pair === null) return null;
  return {
    venueOrderId,
    clientOrderId: row.cl_ord_id ?? null,
    pair,
    side: row.descr.type,
    kind,
    quantity: row.vol,
    price: priceOf(row, kind),
    status: STATUS[row.status],
    filledQuantity: row.vol_exec,
    filledCost: row.cost,
    reason: row.reason ?? null,
  };
}

const INSTRUMENT_STATUS: Readonly<Record<string, Instrument['status']>> = {
  online: 'online',
  cancel_only: 'cancel_only',
  post_only: 'post_only',
  limit_only: 'limit_only',
  reduce_only: 'reduce_only',
};

/** Kraken writes fees in percent of the order's value, we as a share of it. */
export function feeShare(percent: DecimalText): number {
  return new Decimal(percent).div(100).toNumber();
}

/** What AssetPairs tells of a pair. Throws when the fees are missing: nothing may trade on a guess. */
export function instrumentOf(pair: Pair, row: AssetPair): Instrument {
  // The first step is the lowest tier: the one to reckon with until the account's own is known.
  const taker = row.fees[0]?.[1];
  if (taker === undefined) throw new Error(`kraken tells no fees for ${pair}`);
  const maker = row.fees_maker?.[0]?.[1] ?? taker;
  return {
    pair,
    tick: row.tick_size,
    priceDecimals: row.pair_decimals,
    lot: new Decimal(10).pow(-row.lot_decimals).toFixed(row.lot_decimals),
    minQuantity: row.ordermin,
    minCost: row.costmin,
    takerFee: feeShare(taker),
    makerFee: feeShare(maker),
    leverageBuy: row.leverage_buy,
    leverageSell: row.leverage_sell,
    ...(row.margin_call === undefined ? {} : { marginCallPct: row.margin_call }),
    // Kraken leaves the status out on some pairs that trade; what it names and we do not know is closed.
    status: row.status === undefined ? 'online' : (INSTRUMENT_STATUS[row.status] ?? 'maintenance'),
  };
}
