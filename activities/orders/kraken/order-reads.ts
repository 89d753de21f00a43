import { orderOfRow } from '../../../shared/kraken/orders.ts';
import * as messages from '../../../shared/kraken/rest-messages.ts';
import { assetOf, pairOf } from '../../../shared/kraken/symbols.ts';
import { millisecondsOf } from '../../../shared/kraken/wire.ts';
import { Decimal } from '../../../shared/money.ts';
import { quoteOf } from '../../../shared/pair.ts';
import type { Venue, VenueFill, VenueOrder } from '../../../shared/venue.ts';
import { VenueError } from '../../../shared/venue.ts';
import type { KnownOrders } from './known-orders.ts';
import type { KrakenRest } from './rest.ts';

const PAGE = 50;
const LEDGER_PAGE = 20;

export type OrderReads = Pick<
  Venue,
  'openOrders' | 'orderByClientId' | 'fillsSince' | 'movementsSince' | 'openPositions'
> & {
  /** Orders by Kraken's own ids; unknown ids are left out. */
  ordersByVenueId(venueOrderIds: readonly string[]): Promise<VenueOrder[]>;
};

/** What Kraken tells of our orders and executions. Every order seen is remembered in `known`. */
export function orderReads(
  rest: KrakenRest,
  known: KnownOrders,
  log: (message: string) => void,
): OrderReads {
  const toOrders = (rows: Record<string, messages.OrderRow>): VenueOrder[] =>
    Object.entries(rows).flatMap(([venueOrderId, row]) => {
      const order = orderOfRow(venueOrderId, row);
      if (order === null) {
        log(`kraken order ${venueOrderId} left out: ${row.descr.ordertype} on ${row.descr.pair}`);
        return [];
      }
      const { clientOrderId, pair, kind } = order;
      const openedMs = millisecondsOf(row.opentm);
      const feeInBase = row.oflags.split(',').includes('fcib');
      known.add({ venueOrderId, clientOrderId, pair, kind, openedMs, feeInBase });
      return [order];
    });

  const byId = (orders: VenueOrder[], clientOrderId: string): VenueOrder | undefined =>
    orders.find((order) => order.clientOrderId === clientOrderId);

  const openOrders = async (clientOrderId?: string): Promise<VenueOrder[]> => {
    const fields = { cl_ord_id: clientOrderId };
    const result = messages.OpenOrders;
    const answer = await rest.private({ name: 'OpenOrders', fields, result, call: 'read' });
    return toOrders(answer.open);
  };

  const openOrder = async (clientOrderId: string): Promise<VenueOrder | undefined> =>
    byId(await openOrders(clientOrderId), clientOrderId);

  const closedOrder = async (clientOrderId: string): Promise<VenueOrder | undefined> => {
    const fields = { cl_ord_id: clientOrderId };
    const result = messages.ClosedOrders;
    const answer = await rest.private({ name: 'ClosedOrders', fields, result, call: 'read' });
    return byId(toOrders(answer.closed), clientOrderId);
  };

  const ordersByVenueId = async (ids: readonly string[]): Promise<VenueOrder[]> => {
    const found: VenueOrder[] = [];
    for (const some of inParts(ids, PAGE)) {
      const fields = { txid: some.join(',') };
      const result = messages.OrderRows;
      const rows = await rest.private({ name: 'QueryOrders', fields, result, call: 'read' });
      found.push(...toOrders(rows));
    }
    return found;
  };

  const tradePage = (start: string | undefined, ofs: number) =>
    rest.private({
      name: 'TradesHistory',
      fields: { start, ofs: ofs === 0 ? undefined : String(ofs), ledgers: 'true' },
      result: messages.TradesHistory,
      call: 'read',
    });

  const tradesSince = async (sinceMs: number): Promise<[string, messages.TradeRow][]> => {
    const trades = new Map<string, messages.TradeRow>();
    // Kraken leaves `start` itself out. Newest come first: one that is added while we page repeats rows
    // of the page before, it never hides one.
    const start = ((sinceMs - 1) / 1000).toFixed(3);
    for (let ofs = 0; ; ofs += PAGE) {
      const page = await tradePage(start, ofs);
      const rows = Object.entries(page.trades);
      for (const [id, row] of rows) trades.set(id, row);
      if (rows.length === 0 || ofs + PAGE >= (page.count ?? Infinity)) break;
    }
    return [...trades].filter(([, row]) => millisecondsOf(row.time) >= sinceMs);
  };

  /** Fees that were taken from the base asset: TradesHistory writes them in quote, the ledger as taken. */
  const feesInBase = async (
    trades: [string, messages.TradeRow][],
  ): Promise<Map<string, messages.LedgerRow>> => {
    const ids = trades.flatMap(([, row]) =>
      known.byVenueId(row.ordertxid)?.feeInBase === true ? (row.ledgers ?? []) : [],
    );
    const byTrade = new Map<string, messages.LedgerRow>();
    for (const some of inParts(ids, LEDGER_PAGE)) {
      const fields = { id: some.join(',') };
      const result = messages.LedgerRows;
      const rows = await rest.private({ name: 'QueryLedgers', fields, result, call: 'read' });
      for (const row of Object.values(rows)) {
        if (/[1-9]/.test(row.fee)) byTrade.set(row.refid, row);
      }
    }
    return byTrade;
  };

  return {
    openOrders: () => openOrders(),
    ordersByVenueId,

    orderByClientId: async (clientOrderId) => {
      const listed = (await openOrder(clientOrderId)) ?? (await closedOrder(clientOrderId));
      if (listed !== undefined) return listed;
      // Both lists may lag behind the engine; a trade of an order that neither names settles it.
      const { trades } = await tradePage(undefined, 0);
      const orderIds = new Set(Object.values(trades).map((trade) => trade.ordertxid));
      const candidates = [...orderIds].filter((id) => {
        const order = known.byVenueId(id);
        return order === undefined || order.clientOrderId === clientOrderId;
      });
      return byId(await ordersByVenueId(candidates), clientOrderId) ?? null;
    },

    movementsSince: async (sinceMs) => {
      const start = ((sinceMs - 1) / 1000).toFixed(3);
      const entries = new Map<string, messages.LedgerRow>();
      for (let ofs = 0; ; ofs += PAGE) {
        const page = await rest.private({
          name: 'Ledgers',
          fields: { start, ofs: ofs === 0 ? undefined : String(ofs) },
          result: messages.Ledgers,
          call: 'read',
        });
        const rows = Object.entries(page.ledger);
        for (const [id, row] of rows) entries.set(id, row);
        if (rows.length === 0 || ofs + PAGE >= (page.count ?? Infinity)) break;
      }
      return [...entries]
        .filter(([, row]) => row.type !== 'trade' && millisecondsOf(row.time) >= sinceMs)
        .map(([id, { refid, type, asset, amount, fee, time }]) => ({
          ...{ id, refId: refid, type, asset: assetOf(asset), amount, fee },
          at: new Date(millisecondsOf(time)).toISOString(),
        }))
        .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
    },

    openPositions: async () => {
      const result = messages.PositionRows;
      const rows = await rest.private({ name: 'OpenPositions', result, call: 'read' });
      return Object.values(rows)
        .sort((a, b) => millisecondsOf(a.time) - millisecondsOf(b.time))
        .map((row) => {
          const pair = pairOf(row.pair);
          if (pair === null) {
            throw new VenueError('answer', `kraken position on unknown pair ${row.pair}`);
          }
          const quantity = new Decimal(row.vol).minus(row.vol_closed).toFixed();
          return { pair, side: row.type, quantity };
        });
    },

    fillsSince: async (sinceMs) => {
      const trades = await tradesSince(sinceMs);
      const unknown = new Set(
        trades
          .map(([, row]) => row.ordertxid)
          .filter((id) => known.byVenueId(id)?.feeInBase === undefined),
      );
      await ordersByVenueId([...unknown]);
      const fees = await feesInBase(trades);
      return trades
        .map(([id, row]) => {
          const clientOrderId = known.byVenueId(row.ordertxid)?.clientOrderId ?? null;
          const fee = fees.get(id);
          const inBase = fee && { fee: fee.fee, feeAsset: assetOf(fee.asset) };
          return { ...fillOfRow(id, row, clientOrderId), ...inBase };
        })
        .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    },
  };
}

function* inParts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

function fillOfRow(
  executionId: string,
  row: messages.TradeRow,
  clientOrderId: string | null,
): VenueFill {
  const pair = pairOf(row.pair);
  if (pair === null) {
    throw new VenueError('answer', `kraken trade ${executionId} is on unknown pair ${row.pair}`);
  }
  return {
    executionId,
    venueOrderId: row.ordertxid,
    clientOrderId: row.cl_ord_id ?? clientOrderId,
    pair,
    side: row.type,
    price: row.price,
    quantity: row.vol,
    cost: row.cost,
    fee: row.fee,
    feeAsset: quoteOf(pair),
    liquidity: row.maker === true ? 'maker' : 'taker',
    at: new Date(millisecondsOf(row.time)).toISOString(),
    ...(isOnMargin(row) ? { margin: true as const } : {}),
  };
}

/** An opening trade names the margin that it binds, a closing one says that it closes. */
function isOnMargin({ margin, misc, leverage }: messages.TradeRow): boolean {
  const isSome = (text: string | undefined): boolean => /[1-9]/.test(text ?? '');
  return isSome(margin) || isSome(leverage) || (misc ?? '').split(',').includes('closing');
}
