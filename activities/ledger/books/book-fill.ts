import type pg from 'pg';
import { clientOrderId } from '../../../shared/client-order-id.ts';
import { Decimal } from '../../../shared/money.ts';
import { baseOf, quoteOf } from '../../../shared/pair.ts';
import type { VenueFill, VenueOrder } from '../../../shared/venue.ts';
import type { Probe } from '../../probe.ts';
import { inTransaction } from '../database.ts';
import { postEntry, type Posting } from './post.ts';

export interface BookingDeps {
  pool: pg.Pool;
  desk: string;
  probe: Probe;
}

/**
 * The postings of one execution, a sale mirroring a purchase; the fee is an expense of its own. On margin none:
 * nothing changes hands until it is closed, and then the venue's ledger says what was won (`bookMovement`).
 */
export function postingsOfFill(fill: VenueFill): Posting[] {
  if (fill.margin === true) return [];
  const base = baseOf(fill.pair);
  const quote = quoteOf(fill.pair);
  const sign = fill.side === 'buy' ? 1 : -1;
  const quantity = new Decimal(fill.quantity).mul(sign);
  const cost = new Decimal(fill.cost).mul(-sign);
  const fee = new Decimal(fill.fee);
  return [
    { account: 'venue', asset: base, amount: quantity.toFixed() },
    { account: 'exchange', asset: base, amount: quantity.neg().toFixed() },
    { account: 'venue', asset: quote, amount: cost.toFixed() },
    { account: 'exchange', asset: quote, amount: cost.neg().toFixed() },
    { account: 'venue', asset: fill.feeAsset, amount: fee.neg().toFixed() },
    { account: 'fees', asset: fill.feeAsset, amount: fee.toFixed() },
  ];
}

/**
 * Books one execution once: ledger entry, fill, the order's cumulative state, and an outbox row that
 * stays until the order's guard has acknowledged it. Idempotency key: the venue's execution id.
 * Returns false when it was booked before.
 */
export async function bookFill(deps: BookingDeps, fill: VenueFill): Promise<boolean> {
  return inTransaction(deps.pool, async (client) => {
    const entry = await postEntry(client, {
      desk: deps.desk,
      kind: 'trade',
      reference: `fill ${fill.executionId}`,
      at: fill.at,
      postings: postingsOfFill(fill),
    });
    if (entry === null) return false;
    deps.probe('inside-booking');
    const clientOrderId = fill.clientOrderId ?? (await noteTaken(client, deps.desk, fill));
    await client.query(
      `insert into fill (execution_id, entry, client_order_id, venue_order_id, pair, side, price,
                         quantity, cost, fee, fee_asset, liquidity, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        fill.executionId,
        entry,
        clientOrderId,
        fill.venueOrderId,
        fill.pair,
        fill.side,
        fill.price,
        fill.quantity,
        fill.cost,
        fill.fee,
        fill.feeAsset,
        fill.liquidity,
        fill.at,
      ],
    );
    if (clientOrderId === null) return true;
    // An execution that arrives before the answer to its order adopts the order by its client id.
    await client.query(
      `with o as (
         update trade_order
            set filled_quantity = filled_quantity + $2, filled_cost = filled_cost + $3,
                venue_order_id = coalesce(venue_order_id, $4),
                status = case
                  when filled_quantity + $2 >= quantity then 'filled'
                  when status in ('intended', 'sending', 'unknown') then 'open'
                  else status end
          where client_order_id = $1
          returning guard, client_order_id, position),
       opened as (
         update position set state = 'open'
          where id = (select position from o) and state = 'opening')
       insert into outbox (guard, client_order_id) select guard, client_order_id from o`,
      [clientOrderId, fill.quantity, fill.cost, fill.venueOrderId],
    );
    return true;
  });
}

/** Leg of an order that is none of ours and made a position on margin smaller: the venue's liquidation. */
export const LIQUIDATION = 'liquidation';

/**
 * Writes down the order of an execution that nobody here sent, where it makes an open position on margin smaller:
 * from then on the position's books and its guard know of it. Returns its client order id, null for any other.
 */
async function noteTaken(
  client: pg.PoolClient,
  desk: string,
  fill: VenueFill,
): Promise<string | null> {
  if (fill.margin !== true) return null;
  const { rows } = await client.query<{ id: string; guard: string; leverage: number }>(
    `select p.id, p.guard, max(o.leverage) as leverage
       from position p join trade_order o on o.position = p.id and o.desk = p.desk
      where p.desk = $1 and p.pair = $2 and o.leverage is not null
      group by p.id, p.guard, p.opened_at
     having sum(case when o.side <> $3 then o.filled_quantity else -o.filled_quantity end) > 0
      order by p.opened_at limit 1`,
    [desk, fill.pair, fill.side],
  );
  const position = rows[0];
  if (position === undefined) return null;
  const { id, guard, leverage } = position;
  const taken = clientOrderId(guard, `${LIQUIDATION} ${fill.venueOrderId}`, 1);
  await client.query(
    `insert into trade_order (client_order_id, desk, position, verdict, guard, leg, n, pair, side, kind,
                              quantity, status, venue_order_id, reason, intended_at, leverage)
     values ($1, $2, $3, 'none', $4, $5,
             (select count(*) + 1 from trade_order where position = $3 and leg = $5),
             $6, $7, 'market', $8, 'open', $9, 'closed by the venue', $10, $11)
     on conflict (client_order_id) do update set quantity = trade_order.quantity + excluded.quantity`,
    [
      ...[taken, desk, id, guard, LIQUIDATION, fill.pair, fill.side, fill.quantity],
      ...[fill.venueOrderId, fill.at, leverage],
    ],
  );
  return taken;
}

/**
 * Takes over what the venue says of an order: adopted when it was still unanswered, ended when it is
 * over. An end puts an outbox row for the guard, once. Fills are never counted here.
 */
export async function adoptOrderState(deps: BookingDeps, order: VenueOrder): Promise<void> {
  if (order.clientOrderId === null) return;
  const status = order.status === 'pending' ? 'open' : order.status;
  await deps.pool.query(
    `with changed as (
       update trade_order
          set status = $2, venue_order_id = $3, reason = coalesce($4, reason)
        where client_order_id = $1 and status in ('intended', 'sending', 'unknown', 'open')
          and (status <> $2 or venue_order_id is null)
          -- a "filled" that overtakes its own fills waits for them
          and ($2 <> 'filled' or filled_quantity >= quantity)
        returning guard, client_order_id, status)
     insert into outbox (guard, client_order_id)
     select guard, client_order_id from changed where status in ('filled', 'canceled', 'expired')`,
    [order.clientOrderId, status, order.venueOrderId, order.reason],
  );
}
