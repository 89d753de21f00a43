import type { Exchange } from '../exchange/exchange.ts';
import type { Amendment } from '../exchange/order-entry.ts';
import {
  amend,
  cancel,
  cancelAll,
  cancelAllAfter,
  openOrdersNamed,
  place,
  replace,
} from '../service/operations.ts';
import type { Service } from '../service/service.ts';
import { venueId } from '../state/ids.ts';
import type { Order, OrderRequest } from '../state/order.ts';
import { textOf } from '../wire/json.ts';
import { orderOfRest, priceOf } from '../wire/order-params.ts';
import type { Frame } from './session.ts';

/** What goes beside method and req_id in an answer; several when Kraken answers once per id. */
type Answers = Frame[];
export type TradingCall = (service: Service, params: Frame) => Answers;

const refused = (error: string): Frame => ({ success: false, error });
const done = (result: unknown): Frame => ({ success: true, result });

const ORDER_FIELDS = new Set([
  'token',
  'symbol',
  'order_type',
  'side',
  'order_qty',
  'cash_order_qty',
  'limit_price',
  'limit_price_type',
  'triggers',
  'margin',
  'reduce_only',
  'post_only',
  'time_in_force',
  'expire_time',
  'deadline',
  'cl_ord_id',
  'order_userref',
  'fee_preference',
  'stp_type',
  'validate',
  'sender_sub_id',
  'no_mpp',
]);

/** Trading requests of the private socket, by method. */
export const TRADING: Readonly<Record<string, TradingCall>> = {
  add_order(service, params) {
    const parsed = orderOfWs(service.exchange, params);
    if ('error' in parsed) return [refused(parsed.error)];
    const placed = place(service, parsed);
    if ('error' in placed) return [refused(placed.error)];
    return [done(orderIds(placed, parsed.validateOnly === true))];
  },

  amend_order(service, params) {
    const order = orderNamed(service.exchange, params);
    if (order === null) return [refused('EOrder:Unknown order')];
    const change = amendmentOfWs(service.exchange, order, params);
    if ('error' in change) return [refused(change.error)];
    const refusal = amend(service, order, change);
    if (refusal !== null) return [refused(refusal.error)];
    const amendId = venueId('T', `amend ${order.id} ${order.amends}`);
    return [done({ amend_id: amendId, ...orderIds(order, false) })];
  },

  edit_order(service, params) {
    const order = orderNamed(service.exchange, params);
    if (order === null) return [refused('EOrder:Unknown order')];
    const triggers = params['triggers'] as Frame | undefined;
    const change = amendmentOfWs(service.exchange, order, {
      ...params,
      ...(triggers?.['price'] === undefined ? {} : { trigger_price: triggers['price'] }),
    });
    if ('error' in change) return [refused(change.error)];
    const outcome = replace(service, order, change);
    if ('error' in outcome) return [refused(outcome.error)];
    return [done({ order_id: outcome.replaced.id, original_order_id: order.id })];
  },

  cancel_order(service, params) {
    const answers: Answers = [];
    for (const key of ['order_id', 'cl_ord_id', 'order_userref'] as const) {
      const ids = params[key];
      if (!Array.isArray(ids)) continue;
      for (const id of ids as unknown[]) answers.push(...cancelOne(service, key, textOf(id)));
    }
    return answers.length === 0 ? [refused('EGeneral:Invalid arguments')] : answers;
  },

  cancel_all: (service) => [done({ count: cancelAll(service) })],

  cancel_all_orders_after(service, params) {
    const seconds = Number(params['timeout']);
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > 86_400) {
      return [refused('EGeneral:Invalid arguments:timeout')];
    }
    const at = cancelAllAfter(service, seconds);
    const iso = (ms: number): string => new Date(ms).toISOString();
    const currentTime = iso(service.exchange.state.nowMs);
    return [done({ currentTime, triggerTime: at === null ? '0' : iso(at) })];
  },

  batch_add(service, params) {
    const rows = params['orders'];
    if (!Array.isArray(rows) || rows.length < 2 || rows.length > 15) {
      return [refused('EGeneral:Invalid arguments:orders')];
    }
    const { symbol, validate } = params;
    const requests: OrderRequest[] = [];
    for (const row of rows as Frame[]) {
      const parsed = orderOfWs(service.exchange, {
        ...row,
        symbol,
        ...(validate === undefined ? {} : { validate }),
      });
      if ('error' in parsed) return [refused(parsed.error)];
      requests.push(parsed);
    }
    const result = requests.map((request) => {
      const placed = place(service, request);
      return 'error' in placed ? placed : orderIds(placed, request.validateOnly === true);
    });
    return [done(result)];
  },

  batch_cancel(service, params) {
    const ids = [params['orders'], params['cl_ord_id']]
      .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
      .map(textOf);
    if (ids.length < 2 || ids.length > 50) return [refused('EGeneral:Invalid arguments:orders')];
    const open = ids.flatMap((id) => openOrdersNamed(service, id));
    for (const order of open) cancel(service, order);
    return [{ success: true, orders_cancelled: open.length }];
  },
};

function cancelOne(service: Service, key: string, id: string): Answers {
  const open = openOrdersNamed(service, id);
  if (open.length === 0) return [{ ...refused('EOrder:Unknown order'), [key]: id }];
  return open.map((order) => {
    cancel(service, order);
    return done(orderIds(order, false));
  });
}

function orderIds(order: Order, isValidation: boolean): Frame {
  return {
    order_id: isValidation ? '' : order.id,
    ...(order.clientId === null ? {} : { cl_ord_id: order.clientId }),
    ...(order.userref === null ? {} : { order_userref: order.userref }),
  };
}

function orderNamed(exchange: Exchange, params: Frame): Order | null {
  if (params['order_id'] !== undefined) return exchange.order(textOf(params['order_id']));
  const clientId = params['cl_ord_id'];
  return clientId === undefined ? null : exchange.orderByClientId(textOf(clientId));
}

/** An add_order's parameters, told in REST's words and read as those. */
function orderOfWs(exchange: Exchange, params: Frame): OrderRequest | { error: string } {
  for (const field of Object.keys(params)) {
    if (!ORDER_FIELDS.has(field)) return { error: `Unsupported field: '${field}'` };
  }
  const instrument = exchange.instruments.get(textOf(params['symbol']));
  if (instrument === undefined) {
    return { error: `Currency pair not supported ${textOf(params['symbol'])}` };
  }
  const type = textOf(params['order_type']);
  const triggers = (params['triggers'] ?? {}) as Frame;
  const trigger = priceText(triggers['price'], triggers['price_type']);
  const limit = priceText(params['limit_price'], params['limit_price_type']);
  const isTriggered = triggers['price'] !== undefined;
  const cash = params['cash_order_qty'];
  const flags = [
    ...(params['post_only'] === true ? ['post'] : []),
    ...(params['fee_preference'] === 'base' ? ['fcib'] : []),
    ...(cash === undefined ? [] : ['viqc']),
  ];
  const expire = params['expire_time'];
  const fields: Record<string, unknown> = {
    ordertype: type,
    type: params['side'],
    volume: cash ?? params['order_qty'],
    price: isTriggered ? trigger : limit,
    price2: isTriggered ? limit : undefined,
    timeinforce: params['time_in_force'],
    trigger: triggers['reference'],
    stptype: params['stp_type'],
    oflags: flags.join(','),
    reduce_only: params['reduce_only'],
    cl_ord_id: params['cl_ord_id'],
    userref: params['order_userref'],
    validate: params['validate'],
    leverage: params['margin'] === true ? textOf(instrument.leverages.at(-1) ?? 2) : undefined,
    expiretm: expire === undefined ? undefined : textOf(Date.parse(textOf(expire)) / 1000),
  };
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null && value !== '') texts[key] = textOf(value);
  }
  const parsed = orderOfRest(exchange, instrument, texts);
  return 'error' in parsed ? parsed : parsed.value;
}

/** A price of the socket in REST's notation: `pct` and `quote` are distances, `static` (ours too) is absolute. */
function priceText(value: unknown, kind: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = textOf(value);
  if (kind !== 'pct' && kind !== 'quote') return text;
  const signed = /^[+-]/.test(text) ? text : `+${text}`;
  return kind === 'pct' ? `${signed}%` : signed;
}

function amendmentOfWs(
  exchange: Exchange,
  order: Order,
  params: Frame,
): Amendment | { error: string } {
  const instrument = exchange.instruments.get(order.pair);
  if (instrument === undefined) return { error: 'EQuery:Unknown asset pair' };
  const change: Amendment = {};
  if (params['order_qty'] !== undefined) change.quantity = textOf(params['order_qty']);
  for (const [field, key] of [
    ['limit_price', 'limitPrice'],
    ['trigger_price', 'triggerPrice'],
  ] as const) {
    const text = priceText(params[field], params[`${field}_type`]);
    if (text === undefined) continue;
    const price = priceOf(exchange, instrument, text, order.side);
    if (price === null) return { error: `EGeneral:Invalid arguments:${field}` };
    change[key] = price;
  }
  if (typeof params['post_only'] === 'boolean') change.postOnly = params['post_only'];
  return change;
}
