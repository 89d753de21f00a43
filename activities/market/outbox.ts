import type pg from 'pg';
import { ordersWhere } from '../orders/order-store.ts';
import type { FeedMessages } from './feed-messages.ts';

type Update = Omit<Parameters<FeedMessages['orderUpdate']>[1], 'event' | 'atMs'>;

export interface GuardUpdates {
  guard: string;
  updates: Update[];
  outbox: number[];
}

/** The cumulative states that guards have not acknowledged, by guard, in the order of booking. */
export async function outboxUpdates(pool: pg.Pool, desk: string): Promise<GuardUpdates[]> {
  const { rows } = await pool.query<{ guard: string; client_order_id: string; ids: string[] }>(
    `select guard, client_order_id, array_agg(id order by id) as ids from outbox
      where not acknowledged group by guard, client_order_id order by min(id)`,
  );
  if (rows.length === 0) return [];
  const orders = await ordersWhere(pool, `desk = $1 and client_order_id = any($2::uuid[])`, [
    desk,
    rows.map((r) => r.client_order_id),
  ]);
  const byGuard = new Map<string, GuardUpdates>();
  for (const row of rows) {
    const order = orders.find((o) => o.clientOrderId === row.client_order_id);
    if (order === undefined) continue;
    const ids = row.ids.map(Number);
    const entry = byGuard.get(row.guard) ?? { guard: row.guard, updates: [], outbox: [] };
    const isOver =
      order.status !== 'intended' && order.status !== 'sending' && order.status !== 'unknown';
    entry.updates.push({
      clientOrderId: order.clientOrderId,
      leg: order.leg,
      n: order.n,
      status: isOver ? (order.status as Update['status']) : 'open',
      filledQuantity: order.filledQuantity,
      filledCost: order.filledCost,
      outbox: ids,
    });
    entry.outbox.push(...ids);
    byGuard.set(row.guard, entry);
  }
  return [...byGuard.values()];
}
