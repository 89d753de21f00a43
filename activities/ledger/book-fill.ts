import type pg from 'pg';
import { Decimal } from '../../shared/money.ts';
import { baseOf, quoteOf } from '../../shared/pair.ts';
import type { VenueFill, VenueOrder } from '../../shared/venue.ts';
import type { Probe } from '../probe.ts';
import { inTransaction } from './database.ts';
import { postEntry, type Posting } from './post.ts';

export interface BookingDeps {
  pool: pg.Pool;
  desk: string;
  probe: Probe;
}

/** The postings of one execution, a sale mirroring a purchase; the fee is an expense of its own. */
export function postingsOfFill(fill: VenueFill): Posting[] {
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
    await client.query(
      `insert into fill (execution_id, entry, client_order_id, venue_order_id, pair, side, price,
                         quantity, cost, fee, fee_asset, liquidity, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        fill.executionId,
        entry,
        fill.clientOrderId,
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
    if (fill.clientOrderId === null) return true;
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
      [fill.clientOrderId, fill.quantity, fill.cost, fill.venueOrderId],
    );
    return true;
  });
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
