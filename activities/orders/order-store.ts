import type pg from 'pg';
import { Decimal, type DecimalText } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import type { OrderKind, OrderRequest } from '../../shared/venue.ts';
import type { Queryable } from '../ledger/database.ts';

export type OrderStatus =
  'intended' | 'sending' | 'open' | 'unknown' | 'filled' | 'canceled' | 'expired' | 'rejected';

/** What an order is meant to be; amounts are decimal text. */
interface OrderTerms {
  clientOrderId: string;
  desk: string;
  position: string;
  verdict: string;
  guard: string;
  leg: string;
  n: number;
  pair: Pair;
  side: 'buy' | 'sell';
  kind: OrderKind;
  quantity: DecimalText;
  price: DecimalText | null;
  timeInForce: 'gtc' | 'ioc';
  /** On margin; null on spot. What is no entry only reduces a position then. */
  leverage: number | null;
}

/** An order of ours as stored, cumulative over its fills. */
export interface StoredOrder extends OrderTerms {
  postOnly: boolean;
  /** Venue time at which what is not filled ends, Unix ms; null for never. */
  expiresAtMs: number | null;
  status: OrderStatus;
  filledQuantity: DecimalText;
  filledCost: DecimalText;
  reason: string | null;
  intendedMs: number;
  deadlineMs: number | null;
}

interface Row {
  client_order_id: string;
  desk: string;
  position: string;
  verdict: string;
  guard: string;
  leg: string;
  n: number;
  pair: string;
  side: 'buy' | 'sell';
  kind: OrderKind;
  quantity: string;
  price: string | null;
  time_in_force: 'gtc' | 'ioc';
  leverage: number | null;
  post_only: boolean;
  expires_at: Date | null;
  status: OrderStatus;
  filled_quantity: string;
  filled_cost: string;
  reason: string | null;
  intended_at: Date;
  deadline_at: Date | null;
}

function fromRow(row: Row): StoredOrder {
  return {
    clientOrderId: row.client_order_id,
    desk: row.desk,
    position: row.position,
    verdict: row.verdict,
    guard: row.guard,
    leg: row.leg,
    n: row.n,
    pair: row.pair,
    side: row.side,
    kind: row.kind,
    quantity: new Decimal(row.quantity).toFixed(),
    price: row.price === null ? null : new Decimal(row.price).toFixed(),
    timeInForce: row.time_in_force,
    leverage: row.leverage,
    postOnly: row.post_only,
    expiresAtMs: row.expires_at?.getTime() ?? null,
    status: row.status,
    filledQuantity: new Decimal(row.filled_quantity).toFixed(),
    filledCost: new Decimal(row.filled_cost).toFixed(),
    reason: row.reason,
    intendedMs: row.intended_at.getTime(),
    deadlineMs: row.deadline_at?.getTime() ?? null,
  };
}

/** The order under this client id; `lock` holds its row until the transaction ends. */
export async function findOrder(
  db: Queryable,
  clientOrderId: string,
  lock: 'lock' | 'read' = 'read',
): Promise<StoredOrder | null> {
  const { rows } = await db.query<Row>(
    `select * from trade_order where client_order_id = $1 ${lock === 'lock' ? 'for update' : ''}`,
    [clientOrderId],
  );
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

export async function ordersWhere(
  db: Queryable,
  condition: string,
  values: unknown[],
): Promise<StoredOrder[]> {
  const { rows } = await db.query<Row>(
    `select * from trade_order where ${condition} order by intended_at, position, leg, n`,
    values,
  );
  return rows.map(fromRow);
}

export interface IntendedOrder extends Omit<OrderTerms, 'leverage'> {
  /** Absent on spot. */
  leverage?: number | null;
  /** Of an entry that rests: never takes, and ends at a venue time. */
  postOnly?: boolean;
  expiresAtMs?: number | null;
  /** Venue time, Unix ms. */
  atMs: number;
}

/** Writes the order down before anything is sent; the same client id twice changes nothing. */
export async function intendOrder(client: pg.PoolClient, order: IntendedOrder): Promise<void> {
  await client.query(
    `insert into trade_order (client_order_id, desk, position, verdict, guard, leg, n, pair, side, kind,
                              quantity, price, time_in_force, status, intended_at, post_only, expires_at,
                              leverage)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'intended', $14, $15, $16, $17)
     on conflict (client_order_id) do nothing`,
    [
      order.clientOrderId,
      order.desk,
      order.position,
      order.verdict,
      order.guard,
      order.leg,
      order.n,
      order.pair,
      order.side,
      order.kind,
      order.quantity,
      order.price,
      order.timeInForce,
      new Date(order.atMs),
      order.postOnly ?? false,
      order.expiresAtMs == null ? null : new Date(order.expiresAtMs),
      order.leverage ?? null,
    ],
  );
}

export async function setOrderStatus(
  db: Queryable,
  clientOrderId: string,
  change: {
    status: OrderStatus;
    venueOrderId?: string;
    reason?: string;
    deadlineMs?: number | null;
  },
): Promise<void> {
  await db.query(
    `update trade_order
        set status = $2, venue_order_id = coalesce($3, venue_order_id),
            reason = coalesce($4, reason), deadline_at = coalesce($5, deadline_at)
      where client_order_id = $1
        -- a fill may have overtaken the answer: what is over stays over
        and status not in ('filled', 'canceled', 'expired', 'rejected')`,
    [
      clientOrderId,
      change.status,
      change.venueOrderId ?? null,
      change.reason ?? null,
      change.deadlineMs == null ? null : new Date(change.deadlineMs),
    ],
  );
}

/**
 * What a position is by the booked fills: quantity of its base that was entered and not left again, the side by
 * which it is left, and its leverage.
 */
export async function heldBy(
  db: Queryable,
  position: string,
): Promise<{ held: Decimal; exitSide: 'buy' | 'sell'; leverage: number | null }> {
  const { rows } = await db.query<{
    held: string | null;
    is_short: boolean | null;
    leverage: number | null;
  }>(
    `select sum(case leg when 'entry' then filled_quantity else -filled_quantity end) as held,
            bool_or(leg = 'entry' and side = 'sell') as is_short, max(leverage) as leverage
       from trade_order where position = $1`,
    [position],
  );
  const { held = null, is_short = false, leverage = null } = rows[0] ?? {};
  return { held: new Decimal(held ?? 0), exitSide: is_short === true ? 'buy' : 'sell', leverage };
}

/**
 * Quantity that resting or unanswered exit orders of the position may still close. On margin a stop and targets
 * rest for the same quantity, since none of them can do more than close what is open: `beside` leaves out the
 * orders that a new one of that leg may stand beside.
 */
export async function quantityInExits(
  db: Queryable,
  position: string,
  beside?: 'stop' | 'target',
): Promise<Decimal> {
  const { rows } = await db.query<{ quantity: string | null }>(
    `select sum(quantity - filled_quantity) as quantity from trade_order
      where position = $1 and leg <> 'entry'
        and not (leg = 'target' and $2 = 'stop') and not (leg = 'stop' and $2 = 'target')
        and status in ('intended', 'sending', 'open', 'unknown')`,
    [position, beside ?? ''],
  );
  return new Decimal(rows[0]?.quantity ?? 0);
}

export function requestOf(order: StoredOrder, deadlineMs: number | null): OrderRequest {
  return {
    clientOrderId: order.clientOrderId,
    pair: order.pair,
    side: order.side,
    kind: order.kind,
    // Kraken takes a volume of 0 as the whole position, and then has no minimum.
    quantity: order.leg === 'dust' ? '0' : order.quantity,
    ...(order.price === null ? {} : { price: order.price }),
    ...(order.kind === 'limit' ? lifeOf(order) : {}),
    ...(order.postOnly ? { postOnly: true } : {}),
    ...(deadlineMs === null ? {} : { deadline: new Date(deadlineMs).toISOString() }),
    // What is held must equal what is filled, so the fee never comes out of the base.
    feeIn: 'quote',
    ...(order.leverage === null
      ? {}
      : { leverage: order.leverage, ...(order.leg === 'entry' ? {} : { reduceOnly: true }) }),
  };
}

/** How long a limit order may rest. */
function lifeOf(order: StoredOrder): Pick<OrderRequest, 'timeInForce' | 'expireAt'> {
  return order.expiresAtMs === null
    ? { timeInForce: order.timeInForce }
    : { timeInForce: 'gtd', expireAt: new Date(order.expiresAtMs).toISOString() };
}
