import type { ExitTerms } from '../../../shared/guard/exit-terms.ts';
import type { Pair } from '../../../shared/pair.ts';

/** What a guard is told of the position that it is to watch. */
export interface GuardPlan {
  entryClientOrderId: string;
  entryQuantity: string;
  stopPrice: string;
  targets: { price: string; share: string }[];
  lot: string;
  tick: string;
  minQuantity: string;
  minCost: string;
  targetSlippage: number;
  exits: ExitTerms;
  /** Absent on spot. */
  margin?: { side: 'buy' | 'sell'; leverage: number };
}

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
