import type { EntryMessages, GuardStart } from './entry-messages.ts';
import { sendEntry, type EntryDeps, type PlacedEntry } from './send-entry.ts';
import type { Placed, SendingDeps } from './send-order.ts';
import type { TurnActivities } from './turns.ts';

/** An entry to be sent, who is to watch it, and the cycle that has the turn after it. */
export interface EntryRequest {
  guard: GuardStart;
  next: string | null;
}

/** What became of an entry, and the cycle that has got the turn: null where none took it. */
export type GuardedEntry = PlacedEntry & { turnGoesTo: string | null };

export type GuardedEntryDeps = EntryDeps &
  Pick<EntryMessages, 'startGuard'> &
  Pick<TurnActivities, 'giveTurn'>;

/**
 * Starts a position's guard, sends its entry by `send`, and gives the next cycle its turn once the venue has
 * answered. Throws what `send` throws, and where no guard can be started: then nothing was sent.
 */
export async function guardedEntry(
  deps: GuardedEntryDeps,
  { guard, next }: EntryRequest,
  send: (deps: SendingDeps, clientOrderId: string) => Promise<Placed>,
): Promise<GuardedEntry> {
  const isGuarded = deps.startGuard(guard);
  isGuarded.catch(() => undefined);
  const placed = await sendEntry(deps, guard.plan.entryClientOrderId, async (of, id) => {
    // It lives before the entry is sent: no fill can come before somebody watches.
    await isGuarded;
    return send(of, id);
  });
  // A turn that cannot be given is no matter of the order: the desk gives it on at the cycle's end.
  const isTaken = next !== null && (await deps.giveTurn({ cycle: next }).catch(() => false));
  return { ...placed, turnGoesTo: isTaken ? next : null };
}
