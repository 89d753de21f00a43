import type { ModelAsk } from '../shared/llm/model-asks.ts';
import type { Pair } from '../shared/pair.ts';
import type { Timeframe } from '../shared/timeframe.ts';
import type { Carried } from './desk-carried.ts';

export interface DeskInput {
  desk: string;
  pairs: Pair[];
  timeframe: Timeframe;
  deciders: string[];
  /** Those of the deciders that are models. */
  models?: Record<string, ModelAsk>;
  ordersQueue: string;
  /** Venue time between reconciliations. */
  reconcileEveryMs: number;
  /** Venue time of the day from which on a bar close starts a rebalancing, ms; absent for none. */
  rebalanceAtMs?: number;
  carried?: Carried;
}
