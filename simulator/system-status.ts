import type { Pair } from '../shared/pair.ts';
import type { Exchange } from './exchange.ts';
import type { SystemMode } from './state.ts';

/** What the venue tells of itself: its own mode, or that no orders can come in while its feed is away. */
export function systemOf({ state, market }: Exchange): SystemMode {
  const { books } = market;
  if (state.system !== 'online' || books === undefined) return state.system;
  return market.pairs.every((pair) => books.away(pair) !== null) ? 'cancel_only' : 'online';
}

export function pairStatusOf({ market }: Exchange, pair: Pair): string {
  return (market.books?.away(pair) ?? null) === null ? 'online' : 'cancel_only';
}
