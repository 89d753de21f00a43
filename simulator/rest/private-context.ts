import { Decimal, isDecimalText } from '../../shared/money.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Amendment } from '../exchange/order-entry.ts';
import type { Service } from '../service/service.ts';
import type { Order } from '../state/order.ts';
import { instrumentOf } from '../state/state.ts';
import type { Faults } from '../trouble/faults.ts';
import { textOf } from '../wire/json.ts';
import { isTrue, priceOf } from '../wire/order-params.ts';
import type { Tokens } from '../wire/tokens.ts';
import type { Answer, Params } from './public-calls.ts';

/** The answer to everything for a while, after too many refusals. */
export const LOCKOUT = 'EGeneral:Temporary lockout';

/** Rows on a page of a history. */
export const PAGE = 50;

export interface PrivateContext {
  service: Service;
  tokens: Tokens;
  faults: Faults;
  key: string;
  /** Whether deadlines of orders are held against the venue's clock: only where it is the wall clock. */
  honoursDeadlines: boolean;
}

export type Handler = (context: PrivateContext, params: Params) => Answer;

/** Why an order with that deadline may not come in now, or null. */
export function lateness(
  { service, honoursDeadlines, faults }: PrivateContext,
  deadline: unknown,
): { error: string } | null {
  if (deadline === undefined) return null;
  const atMs = Date.parse(textOf(deadline));
  if (Number.isNaN(atMs)) return { error: 'EGeneral:Invalid arguments:deadline' };
  if (!honoursDeadlines || atMs >= service.exchange.state.nowMs + faults.skewMs()) return null;
  return { error: 'EService:Deadline elapsed' };
}

/** The order named by `order_id`, `txid` or `cl_ord_id`. */
export function namedOrder(exchange: Exchange, params: Params): Order | null {
  const id = params['order_id'] ?? params['txid'];
  if (id !== undefined) return exchange.order(id);
  const clientId = params['cl_ord_id'];
  return clientId === undefined ? null : exchange.orderByClientId(clientId);
}

/** The change that an AmendOrder or EditOrder asks for, or the refusal of its first field that is malformed. */
export function amendmentOf(
  exchange: Exchange,
  order: Order,
  params: Params,
): Amendment | { error: string } {
  const instrument = instrumentOf(exchange, order.pair);
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

/** Whether a history asked for by `cl_ord_id` or `userref` has this order. */
export function matches(order: Order, params: Params): boolean {
  const clientId = params['cl_ord_id'];
  const userref = params['userref'];
  return (
    (clientId === undefined || order.clientId === clientId) &&
    (userref === undefined || order.userref === Number(userref))
  );
}

/** `start` excluded, `end` included; each a time in seconds, or the id of an order or trade. */
export function within(atMs: number, params: Params, exchange: Exchange): boolean {
  const bound = (text: string | undefined): number | null => {
    if (text === undefined || text === '') return null;
    if (/^\d+(\.\d+)?$/.test(text)) return new Decimal(text).mul(1000).toNumber();
    return exchange.state.trades.get(text)?.atMs ?? exchange.order(text)?.openMs ?? null;
  };
  const start = bound(params['start']);
  const end = bound(params['end']);
  return (start === null || atMs > start) && (end === null || atMs <= end);
}

/** The page of a history that `ofs` asks for. */
export function pageOf<T>(rows: readonly T[], params: Params): T[] {
  const offset = Number(params['ofs'] ?? '0');
  return rows.slice(offset, offset + PAGE);
}
