import type pg from 'pg';
import type { Venue, VenueStreamEvent } from '../../shared/venue.ts';
import { adoptOrderState, bookFill } from '../ledger/books/book-fill.ts';
import { bookMissedMovements, bookMovement } from '../ledger/books/book-movement.ts';
import { fillsSince } from '../ledger/books/fills-since.ts';
import type { Probe } from '../probe.ts';
import type { FeedMessages } from './feed-messages.ts';
import { outboxUpdates } from './outbox.ts';

export interface ExecutionDeps {
  pool: pg.Pool;
  desk: string;
  venue: Venue;
  probe: Probe;
  messages: Pick<FeedMessages, 'orderUpdate'>;
}

/** What the venue executes, into the books, and from there to the guards. */
export function executions(deps: ExecutionDeps) {
  const { pool, desk, venue, messages } = deps;
  const booking = { pool, desk, probe: deps.probe };
  return {
    /** Books a fill, or what a position on margin brought or cost, or takes over an order's state. */
    async take(
      event: Extract<VenueStreamEvent, { kind: 'fill' | 'order' | 'movement' }>,
    ): Promise<void> {
      if (event.kind === 'fill') await bookFill(booking, event.fill);
      else if (event.kind === 'movement') await bookMovement(booking, event.movement);
      else await adoptOrderState(booking, event.order);
    },

    /** Reads what was missed while nobody listened: executions, and ends of orders. */
    async catchUp(): Promise<void> {
      for (const fill of await venue.fillsSince(await fillsSince(pool, desk))) {
        await bookFill(booking, fill);
      }
      await bookMissedMovements({ ...booking, venue });
      const live = await pool.query<{ id: string }>(
        `select client_order_id as id from trade_order where desk = $1 and status = 'open'`,
        [desk],
      );
      for (const { id } of live.rows) {
        const order = await venue.orderByClientId(id);
        if (order !== null) await adoptOrderState(booking, order);
      }
    },

    /**
     * Tells each guard concerned, in one message, what its orders have become and which of its `wakes` were
     * reached. Returns the guards that took it. `isDue` says of outbox rows whether to tell them now.
     */
    async tellGuards(of: {
      event: number | null;
      atMs: number;
      wakes: readonly string[];
      isDue?: (outbox: number) => boolean;
    }): Promise<string[]> {
      const { event, atMs, isDue = () => true } = of;
      const concerned: string[] = [];
      const updates = (await outboxUpdates(pool, desk)).filter((u) => u.outbox.some(isDue));
      for (const id of of.wakes) {
        const guard = id.slice(0, id.indexOf('#'));
        if (!updates.some((u) => u.guard === guard)) {
          updates.push({ guard, orders: [], outbox: [] });
        }
      }
      for (const { guard, orders, outbox } of updates) {
        const wakes = of.wakes.filter((id) => id.startsWith(`${guard}#`));
        const update = { event, atMs, orders, wakes, outbox };
        if (await messages.orderUpdate(guard, update)) concerned.push(guard);
        // A guard that is over needs no word of what it has done itself.
        else await pool.query(`update outbox set acknowledged = true where id = any($1)`, [outbox]);
      }
      return concerned;
    },
  };
}
