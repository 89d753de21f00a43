import type { Exchange } from '../exchange/exchange.ts';
import {
  amend,
  cancel,
  cancelAll,
  cancelAllAfter,
  openOrdersNamed,
  place,
  replace,
} from '../service/operations.ts';
import { venueId } from '../state/ids.ts';
import type { Order, OrderRequest } from '../state/order.ts';
import { instrumentOf } from '../state/state.ts';
import { textOf } from '../wire/json.ts';
import { isTrue, orderOfRest } from '../wire/order-params.ts';
import { findInstrument } from '../wire/symbols.ts';
import { orderRow, orderText } from './order-rows.ts';
import {
  amendmentOf,
  lateness,
  matches,
  namedOrder,
  PAGE,
  pageOf,
  within,
  type Handler,
} from './private-context.ts';
import { UNKNOWN_PAIR, type Answer, type Params } from './public-calls.ts';

const UNKNOWN_ORDER: Answer = { error: 'EOrder:Unknown order' };
const BATCH_MOST = 15;
const CANCEL_MOST = 50;

/** Private calls about orders, by name. */
export const ORDER_CALLS: Record<string, Handler> = {
  AddOrder(context, params) {
    const { exchange } = context.service;
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    const late = lateness(context, params['deadline']);
    if (late !== null) return late;
    const parsed = orderOfRest(exchange, instrument, params);
    if ('error' in parsed) return parsed;
    const request = parsed.value;
    const placed = place(context.service, request);
    if ('error' in placed) return placed;
    const descr = { order: orderText(placed, instrument) };
    return { result: request.validateOnly === true ? { descr } : { descr, txid: [placed.id] } };
  },

  AmendOrder(context, params) {
    const { service } = context;
    const order = namedOrder(service.exchange, params);
    if (order === null) return UNKNOWN_ORDER;
    const late = lateness(context, params['deadline']);
    if (late !== null) return late;
    const change = amendmentOf(service.exchange, order, params);
    if ('error' in change) return change;
    const refusal = amend(service, order, change);
    if (refusal !== null) return refusal;
    return { result: { amend_id: venueId('T', `amend ${order.id} ${order.amends}`) } };
  },

  CancelOrder({ service }, params) {
    const id = params['txid'] ?? params['cl_ord_id'];
    if (id === undefined) return { error: 'EGeneral:Invalid arguments:txid' };
    const open = openOrdersNamed(service, id);
    if (open.length === 0) return UNKNOWN_ORDER;
    for (const order of open) cancel(service, order);
    return { result: { count: open.length } };
  },

  CancelAll: ({ service }) => ({ result: { count: cancelAll(service) } }),

  QueryOrders({ service }, params) {
    const ids = (params['txid'] ?? '').split(',').filter((id) => id !== '');
    if (ids.length === 0 || ids.length > PAGE) return { error: 'EGeneral:Invalid arguments:txid' };
    const { exchange } = service;
    const found = ids.map((id) => exchange.order(id)).filter((order) => order !== null);
    return { result: orderRows(exchange, found, isTrue(params['trades'])) };
  },

  OpenOrders({ service }, params) {
    const { exchange } = service;
    const open = exchange
      .openOrders()
      .filter((order) => matches(order, params))
      .reverse();
    return { result: { open: orderRows(exchange, open, isTrue(params['trades'])) } };
  },

  ClosedOrders({ service }, params) {
    const { exchange } = service;
    const byClose = params['closetime'] !== 'open';
    const timeOf = (order: Order): number => (byClose ? order.closeMs : order.openMs) ?? 0;
    const closed = [...exchange.state.orders.values()]
      .filter((order) => order.status !== 'open' && matches(order, params))
      .filter((order) => within(timeOf(order), params, exchange))
      .sort((a, b) => timeOf(b) - timeOf(a));
    const page = pageOf(closed, params);
    return {
      result: {
        closed: orderRows(exchange, page, isTrue(params['trades'])),
        count: closed.length,
      },
    };
  },

  AddOrderBatch(context, params) {
    const { exchange } = context.service;
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    const late = lateness(context, params['deadline']);
    if (late !== null) return late;
    const rows = listOf(params['orders']);
    if (rows.length < 2 || rows.length > BATCH_MOST) {
      return { error: 'EGeneral:Invalid arguments:orders' };
    }
    const requests: OrderRequest[] = [];
    for (const row of rows) {
      // What is malformed refuses all; what the account cannot pay refuses its own row.
      const parsed = orderOfRest(exchange, instrument, textsOf(row));
      if ('error' in parsed) return parsed;
      requests.push(
        isTrue(params['validate']) ? { ...parsed.value, validateOnly: true } : parsed.value,
      );
    }
    const orders = requests.map((request) => {
      const placed = place(context.service, request);
      if ('error' in placed) return { error: placed.error };
      const descr = { order: orderText(placed, instrument) };
      return request.validateOnly === true ? { descr } : { descr, txid: placed.id };
    });
    return { result: { orders } };
  },

  EditOrder(context, params) {
    const { service } = context;
    const order = namedOrder(service.exchange, params);
    if (order === null) return { error: 'EOrder:Unknown order' };
    const instrument = service.exchange.instruments.get(order.pair);
    if (instrument === undefined) return UNKNOWN_PAIR;
    const dormant = order.triggerPrice !== null;
    const change = amendmentOf(service.exchange, order, {
      ...(params['volume'] === undefined ? {} : { order_qty: params['volume'] }),
      ...(params['price'] === undefined
        ? {}
        : { [dormant ? 'trigger_price' : 'limit_price']: params['price'] }),
      ...(params['price2'] === undefined ? {} : { limit_price: params['price2'] }),
      ...(params['oflags']?.includes('post') === true ? { post_only: 'true' } : {}),
    });
    if ('error' in change) return change;
    const done = replace(service, order, change);
    if ('error' in done) return done;
    const { replaced } = done;
    return {
      result: {
        status: 'ok',
        txid: replaced.id,
        originaltxid: order.id,
        volume: replaced.quantity.toFixed(instrument.lotDecimals),
        price: (replaced.triggerPrice ?? replaced.limitPrice)?.toFixed() ?? '0',
        orders_cancelled: 1,
        descr: { order: orderText(replaced, instrument) },
      },
    };
  },

  CancelOrderBatch({ service }, params) {
    const ids = [...listOf(params['orders']), ...listOf(params['cl_ord_ids'])].map((item) =>
      typeof item === 'object' && item !== null
        ? textOf(Object.values(item as Record<string, unknown>)[0])
        : textOf(item),
    );
    if (ids.length === 0 || ids.length > CANCEL_MOST) {
      return { error: 'EGeneral:Invalid arguments:orders' };
    }
    const open = ids.flatMap((id) => openOrdersNamed(service, id));
    for (const order of open) cancel(service, order);
    return { result: { count: open.length } };
  },

  CancelAllOrdersAfter({ service }, params) {
    const seconds = Number(params['timeout']);
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > 86_400) {
      return { error: 'EGeneral:Invalid arguments:timeout' };
    }
    const at = cancelAllAfter(service, seconds);
    const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
    return {
      result: {
        currentTime: iso(service.exchange.state.nowMs),
        triggerTime: at === null ? '0' : iso(at),
      },
    };
  },
};

function orderRows(
  exchange: Exchange,
  orders: readonly Order[],
  withTrades: boolean,
): Record<string, unknown> {
  return Object.fromEntries(
    orders.map((o) => [o.id, orderRow(o, instrumentOf(exchange, o.pair), withTrades)]),
  );
}

/** A JSON list that came inside a body; empty when it is none. */
function listOf(text: string | undefined): unknown[] {
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return text.split(',');
  }
}

function textsOf(row: unknown): Params {
  const texts: Record<string, string> = {};
  if (typeof row !== 'object' || row === null) return texts;
  for (const [key, value] of Object.entries(row)) {
    if (value !== null && value !== undefined) texts[key] = textOf(value);
  }
  return texts;
}
