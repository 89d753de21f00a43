import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { isDormant, type Order } from '../state/order.ts';
import { instrumentOf, openOrders, standingPrice, type Core } from '../state/state.ts';
import { referencePrice } from './index-price.ts';

/** Where a trailing stop would trigger when `best` is the best price seen. */
export function trailPrice(core: Core, order: Order, best: number): Decimal {
  const price = new Decimal(best);
  const { kind, value } = order.trail ?? { kind: 'absolute', value: new Decimal(0) };
  const distance = (kind === 'share' ? price.mul(value) : value).abs();
  const { priceDecimals, tick } = instrumentOf(core, order.pair);
  const trigger = order.side === 'sell' ? price.minus(distance) : price.plus(distance);
  return Decimal.max(tick, trigger.toDecimalPlaces(priceDecimals));
}

/**
 * Draws the trailing stops of `pair` after the market. Within a candle the stop is looked at before its
 * extremes move it, so it never profits from an order of prices that a candle does not tell; one that came
 * inside the candle follows the standing price alone.
 */
export function followTrails(core: Core, pair: Pair, high: number, low: number): void {
  for (const order of openOrders(core.state)) {
    if (order.pair !== pair || order.trail === null || !isDormant(order)) continue;
    const extreme = order.side === 'sell' ? high : low;
    const last = order.sees === 'whole' ? extreme : standingPrice(core, pair);
    const best = referencePrice(core, order, last);
    const next = trailPrice(core, order, best);
    const before = order.triggerPrice;
    const isCloser = before === null || (order.side === 'sell' ? next.gt(before) : next.lt(before));
    if (isCloser) order.triggerPrice = next;
  }
}
