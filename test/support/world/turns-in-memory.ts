import type { EntryMessages } from '../../../activities/orders/sending/entry-messages.ts';
import type { TurnActivities } from '../../../activities/orders/sending/turns.ts';
import type { Pair } from '../../../shared/pair.ts';
import type { DeskScript } from './desk-script.ts';

type CycleOf = { cycle: string };

export type TurnsInMemory = ReturnType<typeof turnsInMemory>;

/** The bars' locks and the turns of their cycles. */
export function turnsInMemory(
  { woken, decidedBefore }: Pick<DeskScript, 'woken' | 'decidedBefore'>,
  { wakeForTurn }: Pick<EntryMessages, 'wakeForTurn'>,
) {
  const turns = new Map<string, { wants: boolean; has: boolean }>();
  return {
    lockBar({ cycle, pair }: CycleOf & { pair: Pair }): boolean {
      if (decidedBefore.has(pair)) return false;
      turns.set(cycle, { wants: false, has: false });
      return true;
    },
    async giveTurn({ cycle }: CycleOf): Promise<boolean> {
      const known = turns.get(cycle);
      if (known === undefined) return false;
      known.has = true;
      if (!known.wants) return true;
      woken.push(cycle);
      return wakeForTurn(cycle);
    },
    wantTurn({ cycle }: CycleOf): Promise<boolean> {
      const known = turns.get(cycle)!;
      known.wants = true;
      return Promise.resolve(known.has);
    },
  } satisfies TurnActivities & { lockBar: unknown };
}
