import type pg from 'pg';

export interface TurnDeps {
  pool: pg.Pool;
  /** Wakes a cycle that waits for its turn; false when it is not there. */
  wakeForTurn: (cycle: string) => Promise<boolean>;
}

export type TurnActivities = ReturnType<typeof createTurnActivities>;

/**
 * The turns of a bar's cycles. Whoever has done with the account gives the turn on, and only a cycle that waits
 * for it is woken: a signal to one that is about to hold would make it hold twice.
 */
export function createTurnActivities({ pool, wakeForTurn }: TurnDeps) {
  return {
    /**
     * Gives a cycle its turn; whether that cycle has it now, or will find it when it wants it. Once more does
     * nothing.
     */
    async giveTurn({ cycle }: { cycle: string }): Promise<boolean> {
      const { rows } = await pool.query<{ wants_turn: boolean }>(
        `update bar_lock set has_turn = true where cycle = $1 returning wants_turn`,
        [cycle],
      );
      const known = rows[0];
      if (known === undefined) return false;
      return known.wants_turn ? wakeForTurn(cycle) : true;
    },

    /** Whether it is the cycle's turn; from now on it is woken when that comes. Once more does nothing. */
    async wantTurn({ cycle }: { cycle: string }): Promise<boolean> {
      const { rows } = await pool.query<{ has_turn: boolean }>(
        `update bar_lock set wants_turn = true where cycle = $1 returning has_turn`,
        [cycle],
      );
      return rows[0]?.has_turn === true;
    },
  };
}
