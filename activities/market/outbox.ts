import type pg from 'pg';
import { ordersWhere } from '../orders/order-store.ts';
import type { OrderState } from './feed-messages.ts';

export interface GuardUpdates {
  guard: string;
  orders: OrderState[];
  outbox: number[];
}

/** The cumulative states that guards have not acknowledged, by guard, in the order of booking. */
export async function outboxUpdates(pool: pg.Pool, desk: string): Promise<GuardUpdates[]> {
  const { rows } = await pool.query<{ guard: string; client_order_id: string; ids: string[] }>(
    `select guard, client_order_id, array_agg(id order by id) as ids from outbox
      where not acknowledged group by guard, client_order_id order by min(id)`,
  );
  if (rows.length === 0) return [];
  const stored = await ordersWhere(pool, `desk = $1 and client_order_id = any($2::uuid[])`, [
    desk,
    rows.map((r) => r.client_order_id),
  ]);
  const byGuard = new Map<string, GuardUpdates>();
  for (const row of rows) {
    const order = stored.find((o) => o.clientOrderId === row.client_order_id);
    if (order === undefined) continue;
    const ids = row.ids.map(Number);
    const entry = byGuard.get(row.guard) ?? { guard: row.guard, orders: [], outbox: [] };
    const isOver =
      order.status !== 'intended' && order.status !== 'sending' && order.status !== 'unknown';
    entry.orders.push({
      clientOrderId: order.clientOrderId,
      leg: order.leg,
      n: order.n,
      status: isOver ? (order.status as OrderState['status']) : 'open',
      filledQuantity: order.filledQuantity,
      filledCost: order.filledCost,
    });
    entry.outbox.push(...ids);
    byGuard.set(row.guard, entry);
  }
  return [...byGuard.values()];
}
