import { Decimal, isDecimalText } from '../shared/money.ts';
import type { Exchange } from './exchange.ts';
import { FEE_TIERS } from './instruments.ts';
import type { Instrument } from './instruments.ts';
import type { Order } from './order.ts';
import type { Amendment } from './order-entry.ts';
import { isTrue, orderOfRest, priceOf } from './order-params.ts';
import { orderRow, orderText, tradeRow } from './rest-orders.ts';
import { UNKNOWN_PAIR, type Answer, type Params } from './rest-public.ts';
import type { Service } from './service.ts';
import { assetsOf, findInstrument, restAsset } from './symbols.ts';
import type { Tokens } from './tokens.ts';
import { venueId } from './ids.ts';
import { toJson } from './json.ts';

export interface PrivateContext {
  service: Service;
  tokens: Tokens;
  key: string;
  /** Whether deadlines of orders are held against the venue's clock: only where it is the wall clock. */
  honoursDeadlines: boolean;
}

type Handler = (context: PrivateContext, params: Params) => Answer;

const PAGE = 50;
const UNKNOWN_ORDER: Answer = { error: 'EOrder:Unknown order' };

/** Answers of `/0/private/*`, by name; authentication is done before. */
export const PRIVATE: Record<string, Handler> = {
  AddOrder(context, params) {
    const { exchange } = context.service;
    const instrument = findInstrument(exchange.instruments, params['pair'] ?? '');
    if (instrument === null) return UNKNOWN_PAIR;
    if (isLate(context, params['deadline'])) return { error: 'EService:Deadline elapsed' };
    const parsed = orderOfRest(exchange, instrument, params);
    if ('error' in parsed) return parsed;
    const request = parsed.value;
    const placed = context.service.command(
      { do: 'place', at: exchange.state.nowMs, request },
      () => exchange.place(request),
      (result) => !('error' in result) && request.validateOnly !== true,
    );
    if ('error' in placed) return placed;
    const descr = { order: orderText(placed, instrument) };
    return { result: request.validateOnly === true ? { descr } : { descr, txid: [placed.id] } };
  },

  AmendOrder(context, params) {
    const { service } = context;
    const order = namedOrder(service.exchange, params);
    if (order === null) return UNKNOWN_ORDER;
    if (isLate(context, params['deadline'])) return { error: 'EService:Deadline elapsed' };
    const change = amendmentOf(service.exchange, order, params);
    if ('error' in change) return change;
    const refusal = amend(service, order, change);
    if (refusal !== null) return refusal;
    return { result: { amend_id: venueId('T', `amend ${order.id} ${order.amends}`) } };
  },

  CancelOrder({ service }, params) {
    const id = params['txid'] ?? params['cl_ord_id'];
    if (id === undefined) return { error: 'EGeneral:Invalid arguments:txid' };
    const { exchange } = service;
    const byUserref = /^-?\d{1,10}$/.test(id)
      ? exchange.openOrders().filter((o) => o.userref === Number(id))
      : [];
    const one = exchange.order(id) ?? exchange.orderByClientId(id);
    const targets = one === null ? byUserref : [one];
    const open = targets.filter((order) => order.status === 'open');
    if (open.length === 0) return UNKNOWN_ORDER;
    for (const order of open) cancel(service, order);
    return { result: { count: open.length } };
  },

  CancelAll({ service }) {
    const open = service.exchange.openOrders();
    for (const order of open) cancel(service, order);
    return { result: { count: open.length } };
  },

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

  TradesHistory({ service }, params) {
    const { exchange } = service;
    const trades = exchange
      .trades()
      .filter((trade) => within(trade.atMs, params, exchange))
      .reverse();
    const rows: Record<string, unknown> = {};
    for (const trade of pageOf(trades, params)) {
      const instrument = instrumentFor(exchange, trade.pair);
      rows[trade.id] = tradeRow(trade, instrument);
    }
    return { result: { trades: rows, count: trades.length } };
  },

  QueryTrades({ service }, params) {
    const { exchange } = service;
    const rows: Record<string, unknown> = {};
    for (const id of (params['txid'] ?? '').split(',')) {
      const trade = exchange.state.trades.get(id);
      if (trade === undefined) return { error: 'EQuery:Unknown trade' };
      rows[id] = tradeRow(trade, instrumentFor(exchange, trade.pair));
    }
    return { result: rows };
  },

  Balance({ service }) {
    const result: Record<string, string> = {};
    for (const [asset, balance] of balances(service.exchange)) {
      result[restAsset(asset)] = balance.toFixed(10);
    }
    return { result };
  },

  BalanceEx({ service }) {
    const { exchange } = service;
    const result: Record<string, unknown> = {};
    for (const [asset, balance] of balances(exchange)) {
      result[restAsset(asset)] = {
        balance: balance.toFixed(10),
        hold_trade: exchange.held(asset).toFixed(10),
      };
    }
    return { result };
  },

  TradeVolume({ service }, params) {
    const { exchange } = service;
    const names = params['pair']?.split(',') ?? [];
    const found = names.map((name) => findInstrument(exchange.instruments, name));
    if (found.some((i) => i === null)) return UNKNOWN_PAIR;
    const rows = (column: 1 | 2): Record<string, unknown> =>
      Object.fromEntries(found.map((i) => [i?.restName ?? '', feeRow(column)]));
    return {
      result: { currency: 'ZUSD', volume: '0.0000', fees: rows(1), fees_maker: rows(2) },
    };
  },

  TradeBalance({ service }) {
    const value = portfolioValue(service.exchange).toFixed(4);
    const zero = '0.0000';
    return {
      result: {
        eb: value,
        tb: value,
        m: zero,
        n: zero,
        c: zero,
        v: zero,
        e: value,
        mf: value,
        uv: zero,
      },
    };
  },

  OpenPositions: (_, params) => ({ result: params['consolidation'] === 'market' ? [] : {} }),

  GetWebSocketsToken: ({ tokens }) => ({ result: { token: tokens.issue(), expires: 900 } }),

  GetApiKeyInfo: ({ key }) => ({
    result: {
      api_key_name: 'simulator',
      api_key: key,
      nonce: '0',
      nonce_window: '0',
      permissions: [
        'query-funds',
        'query-open-trades',
        'query-closed-trades',
        'modify-trades',
        'close-trades',
        'query-ledger',
        'create-ws-token',
      ],
      iban: '',
      valid_until: '0',
      query_from: '0',
      query_to: '0',
      created_time: '0',
      modified_time: '0',
      ip_allowlist: [],
      last_used: '0',
    },
  }),
};

/** Calls whose answer says whether something exists: what is under way must have arrived before them. */
export const LOOK_UPS = new Set(['QueryOrders', 'OpenOrders', 'ClosedOrders', 'TradesHistory']);

function isLate({ service, honoursDeadlines }: PrivateContext, text: string | undefined): boolean {
  if (!honoursDeadlines || text === undefined) return false;
  return Date.parse(text) < service.exchange.state.nowMs;
}

export function amend(service: Service, order: Order, change: Amendment): Answer | null {
  const { exchange } = service;
  return service.command(
    { do: 'amend', at: exchange.state.nowMs, order: order.id, change },
    () => exchange.amend(order, change),
    (refusal) => refusal === null,
  );
}

export function cancel(service: Service, order: Order): Answer | null {
  const { exchange } = service;
  return service.command(
    { do: 'cancel', at: exchange.state.nowMs, order: order.id },
    () => exchange.cancel(order),
    (refusal) => refusal === null,
  );
}

/** The order named by `order_id`, `txid` or `cl_ord_id`. */
export function namedOrder(exchange: Exchange, params: Params): Order | null {
  const id = params['order_id'] ?? params['txid'];
  if (id !== undefined) return exchange.order(id);
  const clientId = params['cl_ord_id'];
  return clientId === undefined ? null : exchange.orderByClientId(clientId);
}

function amendmentOf(
  exchange: Exchange,
  order: Order,
  params: Params,
): Amendment | { error: string } {
  const instrument = instrumentFor(exchange, order.pair);
  const change: Amendment = {};
  const quantity = params['order_qty'];
  if (quantity !== undefined) {
    if (!isDecimalText(quantity)) return { error: 'EGeneral:Invalid arguments:order_qty' };
    change.quantity = quantity;
  }
  for (const [field, key] of [
    ['limit_price', 'limitPrice'],
    ['trigger_price', 'triggerPrice'],
  ] as const) {
    const text = params[field];
    if (text === undefined) continue;
    const price = priceOf(exchange, instrument, text, order.side);
    if (price === null) return { error: `EGeneral:Invalid arguments:${field}` };
    change[key] = price;
  }
  if (params['post_only'] !== undefined) change.postOnly = isTrue(params['post_only']);
  return change;
}

function matches(order: Order, params: Params): boolean {
  const clientId = params['cl_ord_id'];
  const userref = params['userref'];
  return (
    (clientId === undefined || order.clientId === clientId) &&
    (userref === undefined || order.userref === Number(userref))
  );
}

/** `start` excluded, `end` included; each a time in seconds, or the id of an order or trade. */
function within(atMs: number, params: Params, exchange: Exchange): boolean {
  const bound = (text: string | undefined): number | null => {
    if (text === undefined || text === '') return null;
    if (/^\d+(\.\d+)?$/.test(text)) return new Decimal(text).mul(1000).toNumber();
    return exchange.state.trades.get(text)?.atMs ?? exchange.order(text)?.openMs ?? null;
  };
  const start = bound(params['start']);
  const end = bound(params['end']);
  return (start === null || atMs > start) && (end === null || atMs <= end);
}

function pageOf<T>(rows: readonly T[], params: Params): T[] {
  const offset = Number(params['ofs'] ?? '0');
  return rows.slice(offset, offset + PAGE);
}

function orderRows(
  exchange: Exchange,
  orders: readonly Order[],
  withTrades: boolean,
): Record<string, unknown> {
  return Object.fromEntries(
    orders.map((o) => [o.id, orderRow(o, instrumentFor(exchange, o.pair), withTrades)]),
  );
}

function instrumentFor(exchange: Exchange, pair: string): Instrument {
  const instrument = exchange.instruments.get(pair);
  if (instrument === undefined) throw new Error(`no instrument for ${pair}`);
  return instrument;
}

function balances(exchange: Exchange): [string, Decimal][] {
  const known = assetsOf(exchange.instruments);
  const all = new Set([...known, ...exchange.state.balances.keys()]);
  return [...all].sort().map((a) => [a, exchange.state.balances.get(a) ?? new Decimal(0)]);
}

function feeRow(column: 1 | 2): unknown {
  const rates = FEE_TIERS.map((tier) => tier[column]);
  const next = FEE_TIERS[1];
  return {
    fee: (rates[0] ?? 0).toFixed(4),
    minfee: (rates.at(-1) ?? 0).toFixed(4),
    maxfee: (rates[0] ?? 0).toFixed(4),
    nextfee: (next?.[column] ?? 0).toFixed(4),
    nextvolume: (next?.[0] ?? 0).toFixed(4),
    tiervolume: '0.0000',
  };
}

/** All balances in dollars or USDT at the standing prices, as far as the pairs tell. */
function portfolioValue(exchange: Exchange): Decimal {
  let value = new Decimal(0);
  for (const [asset, balance] of exchange.state.balances) {
    value = value.plus(balance.mul(priceIn(exchange, asset)));
  }
  return value;
}

function priceIn(exchange: Exchange, asset: string): number {
  if (asset === 'USDT' || asset === 'USD') return 1;
  return exchange.price(`${asset}/USDT`) || exchange.price(`${asset}/USD`);
}

/** The body of a REST answer. */
export function envelope(answer: Answer): string {
  return 'error' in answer
    ? toJson({ error: [answer.error] })
    : toJson({ error: [], result: answer.result });
}
