import type { Queryable } from '../database.ts';

/** Executions may come out of order: they are read again from this long before the last booked one. */
const OVERLAP_MS = 60_000;

/**
 * Venue time from which executions may not be booked yet, Unix ms: never before the desk's opening, since
 * what the account did earlier is in the opening balances.
 */
export async function fillsSince(db: Queryable, desk: string): Promise<number> {
  const { rows } = await db.query<{ opened: Date | null; last: Date | null }>(
    `select (select min(at) from ledger_entry where desk = $1 and kind = 'opening') as opened,
            (select max(at) from fill) as last`,
    [desk],
  );
  const { opened, last } = rows[0] ?? { opened: null, last: null };
  return Math.max(opened?.getTime() ?? 0, last == null ? 0 : last.getTime() - OVERLAP_MS);
}
