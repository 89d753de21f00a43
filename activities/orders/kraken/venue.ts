import type { Candle } from '../../../shared/candle.ts';
import {
  addOrderFields,
  amendPriceField,
  instrumentOf,
  orderOfRow,
  priceField,
  whyNotSendable,
} from '../../../shared/kraken/orders.ts';
import { isOrderGone } from '../../../shared/kraken/errors.ts';
import * as messages from '../../../shared/kraken/rest-messages.ts';
import { assetOf, pairOf, restName } from '../../../shared/kraken/symbols.ts';
import { millisecondsOf } from '../../../shared/kraken/wire.ts';
import type { Asset, Pair } from '../../../shared/pair.ts';
import { quoteOf } from '../../../shared/pair.ts';
import { timeframeMinutes } from '../../../shared/timeframe.ts';
import type {
  ChangeAnswer,
  OrderKind,
  PlaceAnswer,
  Venue,
  VenueBalance,
  VenueFill,
  VenueOrder,
} from '../../../shared/venue.ts';
import { VenueError } from '../../../shared/venue.ts';
import { createHttpClient } from './http.ts';
import type { NonceSource } from './nonces.ts';
import { processNonces } from './nonces.ts';
import type { KrakenRest } from './rest.ts';
import { createKrakenRest, KrakenError } from './rest.ts';

export interface KrakenVenueOptions {
  /** Origin of the REST API, e.g. `https://api.kraken.com`. */
  rest: string;
  key: string;
  secret: string;
  /** Default: nonces of this process alone. Processes that share a key share `fileNonces`. */
  nonces?: NonceSource;
  /** Wall milliseconds until a call counts as unanswered. */
  fetchTimeoutMs?: number;
  log?: (message: string) => void;
  /** Wall clock, Unix milliseconds: nonces and retries, never the market. */
  wallMs?: () => number;
}

/** Kraken's account beyond what every venue offers. */
export interface KrakenVenue extends Venue {
  /** A token for the private socket; use it within 15 minutes. */
  webSocketToken(): Promise<string>;
  /** Orders by Kraken's own ids; unknown ids are left out. */
  ordersByVenueId(venueOrderIds: readonly string[]): Promise<VenueOrder[]>;
  close(): void;
}

const PAGE = 50;
/** Orders whose kind and ids are remembered, so that an amend or a fill needs no look-up. */
const REMEMBERED = 2000;

interface KnownOrder {
  clientOrderId: string | null;
  kind: OrderKind;
}

/** A Kraken spot and margin account over REST. */
export function createKrakenVenue(options: KrakenVenueOptions): KrakenVenue {
  const wallMs = options.wallMs ?? Date.now;
  const log = options.log ?? (() => {});
  const rest = createKrakenRest({
    http: createHttpClient(options.rest),
    key: options.key,
    secret: options.secret,
    nonces: options.nonces ?? processNonces('0', wallMs),
    timeoutMs: options.fetchTimeoutMs ?? 10_000,
    wallMs,
  });
  const known = createKnownOrders();

  const toOrders = (rows: Record<string, messages.OrderRow>): VenueOrder[] =>
    Object.entries(rows).flatMap(([id, row]) => {
      const order = orderOfRow(id, row);
      if (order === null) {
        log(`kraken order ${id} is left out: ${row.descr.ordertype} on ${row.descr.pair}`);
        return [];
      }
      known.remember(order);
      return [order];
    });

  const queryOrders = async (ids: readonly string[]): Promise<VenueOrder[]> => {
    const found: VenueOrder[] = [];
    for (let start = 0; start < ids.length; start += PAGE) {
      const txid = ids.slice(start, start + PAGE).join(',');
      const rows = await rest.private({
        name: 'QueryOrders',
        fields: { txid },
        result: messages.OrderRows,
        call: 'read',
      });
      found.push(...toOrders(rows));
    }
    return found;
  };

  const openOrders = async (clientOrderId?: string): Promise<VenueOrder[]> => {
    const answer = await rest.private({
      name: 'OpenOrders',
      fields: { cl_ord_id: clientOrderId },
      result: messages.OpenOrders,
      call: 'read',
    });
    return toOrders(answer.open);
  };

  const orderByClientId = async (clientOrderId: string): Promise<VenueOrder | null> => {
    const pick = (orders: VenueOrder[]): VenueOrder | undefined =>
      orders.find((order) => order.clientOrderId === clientOrderId);
    const open = pick(await openOrders(clientOrderId));
    if (open !== undefined) return open;
    const answer = await rest.private({
      name: 'ClosedOrders',
      fields: { cl_ord_id: clientOrderId },
      result: messages.ClosedOrders,
      call: 'read',
    });
    const closed = pick(toOrders(answer.closed));
    if (closed !== undefined) return closed;
    // Both lists may lag behind the engine; a trade of an order that neither names settles it.
    const history = await rest.private({
      name: 'TradesHistory',
      result: messages.TradesHistory,
      call: 'read',
    });
    const orderIds = new Set(Object.values(history.trades).map((trade) => trade.ordertxid));
    const unknown = [...orderIds].filter((id) => known.byVenueId(id) === undefined);
    return pick(await queryOrders(unknown)) ?? null;
  };

  const kindOf = async (clientOrderId: string): Promise<OrderKind | null> => {
    const remembered = known.byClientId(clientOrderId);
    if (remembered !== undefined) return remembered.kind;
    return (
      (await openOrders(clientOrderId)).find((order) => order.clientOrderId === clientOrderId)
        ?.kind ?? null
    );
  };

  const readTrades = async (sinceMs: number): Promise<Map<string, messages.TradeRow>> => {
    const trades = new Map<string, messages.TradeRow>();
    // Kraken leaves `start` itself out.
    const start = ((sinceMs - 1) / 1000).toFixed(3);
    for (let ofs = 0; ; ofs += PAGE) {
      const page = await rest.private({
        name: 'TradesHistory',
        fields: { start, ofs: ofs === 0 ? undefined : String(ofs) },
        result: messages.TradesHistory,
        call: 'read',
      });
      const rows = Object.entries(page.trades);
      for (const [id, row] of rows) trades.set(id, row);
      if (rows.length === 0 || ofs + PAGE >= (page.count ?? Infinity)) return trades;
    }
  };

  return {
    name: 'kraken',

    time: async () => {
      const answer = await rest.public('Time', {}, messages.ServerTime);
      return millisecondsOf(answer.unixtime);
    },

    instruments: async (pairs) => {
      const pair = pairs.map(restName).join(',');
      const rows = await rest.public('AssetPairs', { pair }, messages.AssetPairs);
      const byPair = new Map(
        Object.entries(rows).map(([key, row]) => [pairOf(row.wsname ?? key), row]),
      );
      return pairs.map((each) => {
        const row = byPair.get(each);
        if (row === undefined) throw new VenueError('answer', `kraken lists no pair ${each}`);
        return instrumentOf(each, row);
      });
    },

    closedCandles: async (pair, timeframe) => {
      const interval = String(timeframeMinutes(timeframe));
      const answer = await rest.public('OHLC', { pair: restName(pair), interval }, messages.Ohlc);
      const { last, ...byName } = answer;
      // The name of the key may differ from the one asked for: there is only one.
      const rows = Object.values(byName)[0] ?? [];
      return rows
        .filter((row) => row[0] <= last)
        .slice(-720)
        .map(candleOfRow);
    },

    quote: async (pair) => {
      const answer = await rest.public('Ticker', { pair: restName(pair) }, messages.Tickers);
      const row = Object.values(answer)[0];
      if (row === undefined) throw new VenueError('answer', `kraken quotes nothing for ${pair}`);
      return { bid: row.b[0], ask: row.a[0], last: row.c[0] };
    },

    balances: async () => {
      const rows = await rest.private({
        name: 'BalanceEx',
        result: messages.ExtendedBalances,
        call: 'read',
      });
      const balances: Record<Asset, VenueBalance> = {};
      for (const [name, row] of Object.entries(rows)) {
        balances[assetOf(name)] = { total: row.balance, held: row.hold_trade ?? '0' };
      }
      return balances;
    },

    openOrders: () => openOrders(),
    orderByClientId,

    place: async (order): Promise<PlaceAnswer> => {
      const refusal = whyNotSendable(order);
      if (refusal !== null) return { kind: 'rejected', reason: refusal };
      const about = `${order.pair}, clientOrderId ${order.clientOrderId}`;
      try {
        const answer = await rest.private({
          name: 'AddOrder',
          fields: addOrderFields(order),
          result: messages.AddedOrder,
          call: 'write',
          about,
          urgent: true,
        });
        const venueOrderId = answer.txid?.[0];
        if (venueOrderId === undefined) {
          throw new VenueError('ambiguous', `kraken AddOrder (${about}): answered without a txid`);
        }
        known.add(venueOrderId, { clientOrderId: order.clientOrderId, kind: order.kind });
        return { kind: 'accepted', venueOrderId };
      } catch (error) {
        if (isAnswer(error)) return { kind: 'rejected', reason: reasonOf(error) };
        throw error;
      }
    },

    amend: async (change): Promise<ChangeAnswer> => {
      const { clientOrderId, quantity, price, deadline } = change;
      const kind = price === undefined ? 'limit' : await kindOf(clientOrderId);
      if (kind === null) return { kind: 'gone', reason: 'no open order has this client order id' };
      return changeAnswer(
        rest.private({
          name: 'AmendOrder',
          fields: {
            cl_ord_id: clientOrderId,
            order_qty: quantity,
            [amendPriceField(kind)]: priceField(kind, price),
            deadline,
          },
          result: messages.AmendedOrder,
          call: 'write',
          about: `clientOrderId ${clientOrderId}`,
          urgent: true,
        }),
      );
    },

    cancel: (clientOrderId) => changeAnswer(cancelOne(rest, clientOrderId)),

    fillsSince: async (sinceMs) => {
      const trades = [...(await readTrades(sinceMs))].filter(
        ([, row]) => millisecondsOf(row.time) >= sinceMs,
      );
      const unknown = new Set(
        trades.map(([, row]) => row.ordertxid).filter((id) => known.byVenueId(id) === undefined),
      );
      await queryOrders([...unknown]);
      return trades
        .map(([id, row]) => fillOfRow(id, row, known.byVenueId(row.ordertxid)?.clientOrderId))
        .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    },

    webSocketToken: async () => {
      const answer = await rest.private({
        name: 'GetWebSocketsToken',
        result: messages.WebSocketToken,
        call: 'read',
      });
      return answer.token;
    },

    ordersByVenueId: queryOrders,
    close: () => rest.close(),
  };
}

function cancelOne(rest: KrakenRest, clientOrderId: string): Promise<{ count: number }> {
  return rest.private({
    name: 'CancelOrder',
    fields: { cl_ord_id: clientOrderId },
    result: messages.CancelCount,
    call: 'write',
    about: `clientOrderId ${clientOrderId}`,
    urgent: true,
  });
}

/** An amend or cancel as an answer; what is not definite is thrown on. */
async function changeAnswer(call: Promise<Record<string, unknown>>): Promise<ChangeAnswer> {
  try {
    const answer = await call;
    if (answer['count'] === 0) return { kind: 'gone', reason: 'kraken found nothing to change' };
    return { kind: 'done' };
  } catch (error) {
    if (!isAnswer(error)) throw error;
    const reason = reasonOf(error);
    const gone = error instanceof KrakenError && error.errors.some(isOrderGone);
    return gone ? { kind: 'gone', reason } : { kind: 'rejected', reason };
  }
}

function isAnswer(error: unknown): error is VenueError {
  return error instanceof VenueError && error.kind === 'answer';
}

function reasonOf(error: VenueError): string {
  return error instanceof KrakenError ? error.errors.join(', ') : error.message;
}

function candleOfRow(row: (typeof messages.OhlcRow)['_zod']['output']): Candle {
  const [time, open, high, low, close, , volume] = row;
  return {
    timeMs: time * 1000,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
  };
}

function fillOfRow(
  executionId: string,
  row: messages.TradeRow,
  clientOrderId: string | null | undefined,
): VenueFill {
  const pair: Pair | null = pairOf(row.pair);
  if (pair === null) {
    throw new VenueError('answer', `kraken trade ${executionId} is on unknown pair ${row.pair}`);
  }
  return {
    executionId,
    venueOrderId: row.ordertxid,
    clientOrderId: row.cl_ord_id ?? clientOrderId ?? null,
    pair,
    side: row.type,
    price: row.price,
    quantity: row.vol,
    cost: row.cost,
    fee: row.fee,
    feeAsset: quoteOf(pair),
    liquidity: row.maker === true ? 'maker' : 'taker',
    at: new Date(millisecondsOf(row.time)).toISOString(),
  };
}

interface KnownOrders {
  add(venueOrderId: string, order: KnownOrder): void;
  remember(order: VenueOrder): void;
  byVenueId(venueOrderId: string): KnownOrder | undefined;
  byClientId(clientOrderId: string): KnownOrder | undefined;
}

/** The latest orders seen, oldest forgotten first. */
function createKnownOrders(): KnownOrders {
  const byVenueId = new Map<string, KnownOrder>();
  const byClientId = new Map<string, KnownOrder>();
  const put = (map: Map<string, KnownOrder>, id: string, order: KnownOrder): void => {
    map.set(id, order);
    if (map.size > REMEMBERED) map.delete(map.keys().next().value ?? '');
  };
  const add = (venueOrderId: string, order: KnownOrder): void => {
    put(byVenueId, venueOrderId, order);
    if (order.clientOrderId !== null) put(byClientId, order.clientOrderId, order);
  };
  return {
    add,
    remember: (order) =>
      add(order.venueOrderId, { clientOrderId: order.clientOrderId, kind: order.kind }),
    byVenueId: (id) => byVenueId.get(id),
    byClientId: (id) => byClientId.get(id),
  };
}
