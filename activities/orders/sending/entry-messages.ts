import type { Pair } from '../../../shared/pair.ts';
import type { GuardPlan } from '../activities.ts';

/** A guard that is to watch the position of an entry. */
export interface GuardStart {
  /** Its workflow id. */
  guard: string;
  deskWorkflow: string;
  position: string;
  pair: Pair;
  /** Open time of the bar, ISO. */
  bar: string;
  ordersQueue: string;
  plan: GuardPlan;
}

/** What an entry sets going beside itself, whoever carries it. */
export interface EntryMessages {
  /** Starts the position's guard. One that is there, or was there and is over, stays as it is. */
  startGuard(start: GuardStart): Promise<void>;
  /** Wakes a cycle that waits for its turn; false when it is not there. Once more does nothing. */
  wakeForTurn(cycle: string): Promise<boolean>;
}
