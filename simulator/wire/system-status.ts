import type { Pair } from '../../shared/pair.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { SYSTEM_MODES, type SystemMode } from '../state/state.ts';

/**
 * What the venue tells of itself: its own mode, or what holds for all of its pairs because the venue that it
 * follows is away or lets only some orders through.
 */
export function systemOf(exchange: Exchange): SystemMode {
  const { state, market } = exchange;
  if (state.system !== 'online' || market.books === undefined) return state.system;
  const [first, ...others] = new Set(market.pairs.map((pair) => pairStatusOf(exchange, pair)));
  const common = SYSTEM_MODES.find((mode) => mode === first);
  return others.length === 0 && common !== undefined ? common : 'online';
}

/** The status of a pair in Kraken's words, e.g. `online`, `cancel_only`. */
export function pairStatusOf({ market }: Exchange, pair: Pair): string {
  const { books } = market;
  if (books === undefined) return 'online';
  return books.away(pair) === null ? books.mode(pair) : 'cancel_only';
}
