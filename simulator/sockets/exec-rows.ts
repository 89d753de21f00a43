import { Decimal } from '../../shared/money.ts';
import { isTriggerType, remaining, wsStatus, type Order, type Trade } from '../state/order.ts';

/** A time as the WebSocket writes it. */
export const wsTime = (ms: number): string => new Date(ms).toISOString();

type Row = Record<string, unknown>;

/** What every row of an order carries. */
function common(order: Order): Row {
  const average = order.filled.isZero()
    ? new Decimal(0)
    : order.cost.div(order.filled).toDecimalPlaces(10);
  return {
    order_id: order.id,
    ...(order.clientId === null ? {} : { cl_ord_id: order.clientId }),
    ...(order.userref === null ? {} : { order_userref: order.userref }),
    symbol: order.pair,
    side: order.side,
    order_type: order.type,
    order_qty: order.quantity,
    cum_qty: order.filled,
    cum_cost: order.cost,
    avg_price: average,
    time_in_force: order.timeInForce.toUpperCase(),
    post_only: order.postOnly,
    reduce_only: order.reduceOnly,
    margin: order.leverage !== null,
    ...(order.liquidates ? { liquidated: true } : {}),
    ...(order.limitPrice === null
      ? {}
      : { limit_price: order.limitPrice, limit_price_type: 'static' }),
    ...(order.expireMs === null ? {} : { expire_time: wsTime(order.expireMs) }),
    fee_ccy_pref: order.feeIn === 'base' ? 'fcib' : 'fciq',
    ...triggers(order),
  };
}

function triggers(order: Order): Row {
  if (!isTriggerType(order.type) || order.triggerPrice === null) return {};
  return {
    triggers: {
      reference: order.reference,
      price: order.triggerPrice,
      price_type: 'static',
      status: order.triggeredMs === null ? 'untriggered' : 'triggered',
      ...(order.triggeredMs === null ? {} : { timestamp: wsTime(order.triggeredMs) }),
    },
  };
}

/** A row that moves an order's state. */
export function orderExecRow(order: Order, execType: string, atMs: number): Row {
  return {
    exec_type: execType,
    order_status: execType === 'pending_new' ? 'pending_new' : wsStatus(order),
    ...common(order),
    ...(order.reason === null ? {} : { reason: order.reason }),
    timestamp: wsTime(atMs),
  };
}

/** A row for one fill; the marker that an order is filled follows it in a row of its own. */
export function tradeExecRow(trade: Trade, order: Order | null): Row {
  return {
    exec_type: 'trade',
    exec_id: trade.id,
    trade_id: trade.number,
    order_id: trade.orderId,
    ...(trade.clientId === null ? {} : { cl_ord_id: trade.clientId }),
    symbol: trade.pair,
    side: trade.side,
    order_type: trade.orderType,
    order_status: order === null || remaining(order).isZero() ? 'filled' : 'partially_filled',
    last_qty: trade.quantity,
    last_price: trade.price,
    cost: trade.cost,
    ...(order === null
      ? {}
      : {
          order_qty: order.quantity,
          cum_qty: order.filled,
          cum_cost: order.cost,
          avg_price: order.cost.div(order.filled).toDecimalPlaces(10),
        }),
    liquidity_ind: trade.liquidity === 'maker' ? 'm' : 't',
    fees: [{ asset: trade.feeAsset, qty: trade.fee }],
    fee_usd_equiv: trade.fee,
    margin: trade.leverage !== null,
    ...(trade.leverage === null ? {} : { position_status: trade.closes ? 'closing' : 'opened' }),
    timestamp: wsTime(trade.atMs),
  };
}
