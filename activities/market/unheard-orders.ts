import type pg from 'pg';

/** Wall time in which the socket tells of an order that the venue took. */
const PATIENCE_MS = 10_000;

/** Orders that the venue took and the stream never told of: a subscription can be silent on a healthy socket. */
export interface UnheardOrders {
  heard(of: { clientOrderId: string | null }): void;
  /** Client ids that are overdue, each told once. */
  overdue(): Promise<string[]>;
}

export function unheardOrders(of: {
  pool: pg.Pool;
  desk: string;
  /** Wall milliseconds of a clock that never goes back. */
  nowMs: () => number;
}): UnheardOrders {
  const { pool, desk, nowMs } = of;
  const heard = new Set<string>();
  const seenAtMs = new Map<string, number>();
  return {
    heard({ clientOrderId }) {
      if (clientOrderId !== null) heard.add(clientOrderId);
    },
    async overdue() {
      const { rows } = await pool.query<{ id: string }>(
        `select client_order_id as id from trade_order
          where desk = $1 and status = 'open' and venue_order_id is not null`,
        [desk],
      );
      const open = new Set(rows.map((row) => row.id));
      for (const id of seenAtMs.keys()) if (!open.has(id)) seenAtMs.delete(id);
      const now = nowMs();
      const overdue: string[] = [];
      for (const id of open) {
        if (heard.has(id)) continue;
        const since = seenAtMs.get(id) ?? now;
        seenAtMs.set(id, since);
        if (now - since < PATIENCE_MS) continue;
        overdue.push(id);
        // The next snapshot tells of it, or it has ended and the history does.
        heard.add(id);
      }
      return overdue;
    },
  };
}
