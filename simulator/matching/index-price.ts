import type { Pair } from '../../shared/pair.ts';
import type { Order } from '../state/order.ts';
import type { Core } from '../state/state.ts';
import { bestOffer } from './liquidity.ts';

/**
 * The index price of a pair when its last price is `last`. Kraken takes it from many venues; here it is the
 * middle of a venue's book, or the last price where candles drive the market, times what a scenario has set.
 * While the index is out the last price stands for it, as on Kraken.
 */
function indexPrice(core: Core, pair: Pair, last: number): number {
  const ratio = core.state.indexRatios.get(pair) ?? 1;
  if (ratio === 'out') return last;
  const bid = bestOffer(core, pair, 'sell');
  const ask = bestOffer(core, pair, 'buy');
  if (bid === null || ask === null) return last * ratio;
  return bid.plus(ask).div(2).toNumber() * ratio;
}

/** The price that triggers an order when the last price is `last`. */
export function referencePrice(core: Core, order: Order, last: number): number {
  return order.reference === 'index' ? indexPrice(core, order.pair, last) : last;
}

/** The last price at which an order's trigger is reached, where candles drive the market. */
export function triggerLevel(core: Core, order: Order): number {
  const trigger = order.triggerPrice?.toNumber() ?? 0;
  const ratio = core.state.indexRatios.get(order.pair) ?? 1;
  return order.reference === 'index' && ratio !== 'out' ? trigger / ratio : trigger;
}
