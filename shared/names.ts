import type { Pair } from './pair.ts';
import { isoTime } from './timeframe.ts';

/**
 * Every workflow id, queue name and search attribute key, in one place. `desk` is the desk's id: the
 * profile's name, the home's id and, in a replay, the replay's: ids of two homes never meet on a server.
 */
export const workflowIds = {
  desk: (desk: string) => `desk/${desk}`,
  cycle: (desk: string, pair: Pair, barMs: number) => `cycle/${desk}/${pair}/${isoTime(barMs)}`,
  guard: (desk: string, position: string) => `guard/${desk}/${position}`,
  feed: (desk: string, venue: string) => `feed/${desk}/${venue}`,
  /** `n` tells apart those asked for within one moment of the venue's clock; 0 is the scheduled one. */
  reconcile: (desk: string, atMs: number, n: number) =>
    `reconcile/${desk}/${isoTime(atMs)}${n === 0 ? '' : `/${n}`}`,
  rebalance: (desk: string, atMs: number) => `rebalance/${desk}/${isoTime(atMs)}`,
};

/** The "position" that the orders of a rebalancing belong to; it has no row among the positions. */
export function rebalanceId(atMs: number): string {
  return `rebalance/${isoTime(atMs)}`;
}

/** The position that a cycle may open: one per pair and bar. */
export function positionId(pair: Pair, barMs: number): string {
  return `${pair}/${isoTime(barMs)}`;
}

export interface Queues {
  cycle: string;
  market: string;
  orders: string;
}

/** The task queues of a desk. */
export function queuesOf(desk: string, venue: string): Queues {
  return { cycle: `cycle-${desk}`, market: `market-${desk}`, orders: `orders-${venue}-${desk}` };
}

/** Where calls to one provider wait for their turn; `provider` as `resolveModel` names it. */
export function decideQueue(desk: string, provider: string): string {
  return `decide-${provider}-${desk}`;
}

export const SEARCH_ATTRIBUTES = {
  desk: 'Desk',
  pair: 'Pair',
  action: 'Action',
  outcome: 'Outcome',
  confidence: 'Confidence',
} as const;
