import { Decimal } from '../../../shared/money.ts';
import {
  isMarginMovement,
  type MarginMovement,
  type VenueMovement,
} from '../../../shared/venue.ts';
import { inTransaction, type Queryable } from '../database.ts';
import type { BookingDeps } from './book-fill.ts';
import { postEntry, type Account, type Posting } from './post.ts';

/** Where the amount of a movement comes from, and where its fee goes. */
const COUNTERS: Record<MarginMovement, { amount: Account; fee: Account }> = {
  margin: { amount: 'margin-result', fee: 'fees' },
  rollover: { amount: 'margin-result', fee: 'interest' },
  // What is delivered to end a position: the other side of a trade.
  settled: { amount: 'exchange', fee: 'fees' },
};

/** The postings of what a position on margin brought or cost. */
export function postingsOfMovement(movement: VenueMovement, type: MarginMovement): Posting[] {
  const { asset } = movement;
  const amount = new Decimal(movement.amount);
  const fee = new Decimal(movement.fee);
  const counter = COUNTERS[type];
  return [
    { account: 'venue', asset, amount: amount.minus(fee).toFixed() },
    { account: counter.amount, asset, amount: amount.neg().toFixed() },
    { account: counter.fee, asset, amount: fee.toFixed() },
  ];
}

/**
 * Books an entry of the venue's ledger that a position on margin made, once; others are no business of the desk
 * and are left to the reconciliation. Idempotency key: the venue's own id. Returns whether it was booked now.
 */
export async function bookMovement(deps: BookingDeps, movement: VenueMovement): Promise<boolean> {
  const { id, type, refId, asset, amount, fee, at } = movement;
  if (!isMarginMovement(type)) return false;
  return inTransaction(deps.pool, async (client) => {
    const entry = await postEntry(client, {
      ...{ desk: deps.desk, kind: type, reference: `movement ${id}`, at },
      postings: postingsOfMovement(movement, type),
    });
    if (entry === null) return false;
    deps.probe('inside-booking');
    await client.query(
      `insert into margin_move (id, entry, type, ref_id, asset, amount, fee, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, entry, type, refId, asset, amount, fee, at],
    );
    return true;
  });
}

/** Entries may come out of order: they are read again from this long before the last booked one. */
const OVERLAP_MS = 60_000;

/**
 * Venue time from which entries of positions on margin may not be booked yet, Unix ms; null where the desk has
 * never traded on margin, so that there are none to ask for.
 */
export async function movementsSince(db: Queryable, desk: string): Promise<number | null> {
  const { rows } = await db.query<{ first: Date | null; last: Date | null }>(
    `select (select min(intended_at) from trade_order where desk = $1 and leverage is not null) as first,
            (select max(at) from margin_move) as last`,
    [desk],
  );
  const { first, last } = rows[0] ?? { first: null, last: null };
  if (first === null) return null;
  return Math.max(first.getTime(), last === null ? 0 : last.getTime() - OVERLAP_MS);
}

/** Books what the venue's ledger has of positions on margin and nobody has booked yet. */
export async function bookMissedMovements(
  deps: BookingDeps & {
    venue: { movementsSince(sinceMs: number): Promise<VenueMovement[]> };
  },
): Promise<void> {
  const sinceMs = await movementsSince(deps.pool, deps.desk);
  if (sinceMs === null) return;
  for (const movement of await deps.venue.movementsSince(sinceMs)) {
    await bookMovement(deps, movement);
  }
}
