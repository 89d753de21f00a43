import { clientOrderId } from '../../../shared/client-order-id.ts';
import { repricedEntry, wouldHaveTaken } from '../../../shared/entry.ts';
import type { DecimalText } from '../../../shared/money.ts';
import type { Pair } from '../../../shared/pair.ts';
import { readStoredPlan } from '../../../shared/risk/approved.ts';
import type { Instrument } from '../../../shared/venue.ts';
import { inTransaction } from '../../ledger/database.ts';
import { findOrder, intendOrder, ordersWhere, type StoredOrder } from '../order-store.ts';
import { cancelOrder, type OrderState } from './change-order.ts';
import type { Placed, SendingDeps } from './send-order.ts';

export interface EntryDeps extends SendingDeps {
  /** How often an entry that would have taken is priced anew. */
  reprices: number;
  depth: (pair: Pair) => Promise<{ bid: DecimalText; ask: DecimalText }>;
  instrument: (pair: Pair) => Promise<Instrument>;
}

/** What became of an entry, and the order that it now is. */
export type PlacedEntry = Placed & { clientOrderId: string; n: number; price: DecimalText | null };

/**
 * Sends a position's entry by `send`. One that is refused because it would have taken is priced anew, as a
 * further order of the same verdict, as often as the profile says; never above the approved price, a short's never
 * below. Which order
 * it has come to stands in the store, so a repeat goes on where the attempt before it ended.
 */
export async function sendEntry(
  deps: EntryDeps,
  firstId: string,
  send: (deps: SendingDeps, clientOrderId: string) => Promise<Placed>,
): Promise<PlacedEntry> {
  const first = await findOrder(deps.pool, firstId);
  if (first === null) throw new Error(`no order is stored under client id ${firstId}`);
  let order = await latestEntry(deps, first.position);
  for (;;) {
    const placed = await send(deps, order.clientOrderId);
    const next =
      placed.kind === 'refused' && wouldHaveTaken(placed.reason) && order.n <= deps.reprices
        ? await priceAnew(deps, order)
        : null;
    if (next === null) {
      const { clientOrderId: id, n, price } = order;
      return { ...placed, clientOrderId: id, n, price };
    }
    order = next;
  }
}

/**
 * Cancels the entry of a position, whichever order it has come to: afterwards no further one is sent. Throws
 * while the request of one may still arrive, to be tried again.
 */
export async function cancelEntry(
  deps: SendingDeps,
  position: string,
): Promise<OrderState & { clientOrderId: string; n: number }> {
  // Before the cancel: what was refused a moment ago must not be priced anew after it.
  await deps.pool.query(
    `update trade_order set reason = 'cancelled' where position = $1 and leg = 'entry' and status = 'rejected'`,
    [position],
  );
  const { clientOrderId: id, n } = await latestEntry(deps, position);
  return { ...(await cancelOrder(deps, id)), clientOrderId: id, n };
}

async function latestEntry(deps: SendingDeps, position: string): Promise<StoredOrder> {
  const entries = await ordersWhere(
    deps.pool,
    `desk = $1 and position = $2 and leg = 'entry' and n = (
       select max(n) from trade_order where position = $2 and leg = 'entry')`,
    [deps.desk, position],
  );
  const latest = entries[0];
  if (latest === undefined) throw new Error(`position ${position} has no entry`);
  return latest;
}

/** Writes the entry down anew at the price that the book now allows; null when it is given up. */
async function priceAnew(deps: EntryDeps, refused: StoredOrder): Promise<StoredOrder | null> {
  const book = await deps.depth(refused.pair);
  const { tick } = await deps.instrument(refused.pair);
  return inTransaction(deps.pool, async (client) => {
    const locked = await findOrder(client, refused.clientOrderId, 'lock');
    // A cancel may have come meanwhile.
    if (locked === null || !wouldHaveTaken(locked.reason)) return null;
    const { rows } = await client.query<{ plan: unknown }>(
      `select plan from verdict where id = $1`,
      [locked.verdict],
    );
    const plan = readStoredPlan(rows[0]?.plan);
    if (plan.kind !== 'enter' || plan.entry.price === null) return null;
    const { stopPrice, side } = plan;
    const price = repricedEntry({ price: plan.entry.price, stopPrice, side }, book, tick);
    if (price === null) return null;
    const n = locked.n + 1;
    const id = clientOrderId(locked.verdict, 'entry', n);
    await intendOrder(client, { ...locked, clientOrderId: id, n, price, atMs: locked.intendedMs });
    return findOrder(client, id);
  });
}
