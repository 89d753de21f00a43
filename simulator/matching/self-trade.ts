import type { Decimal } from '../../shared/money.ts';
import { compareOrders, isDormant, opposite, type Order } from '../state/order.ts';
import { openOrders, type Core } from '../state/state.ts';
import { touchPrice } from './liquidity.ts';

/** Orders of the account on the other side that rest where `order` may take, best first. */
export function ownOpposite(core: Core, order: Order): (Order & { limitPrice: Decimal })[] {
  const buys = order.side === 'buy';
  return openOrders(core.state)
    .filter(
      (o): o is Order & { limitPrice: Decimal } =>
        o.pair === order.pair &&
        o.side === opposite(order.side) &&
        o.limitPrice !== null &&
        // Of two that came at once the one that is settled first is the one that rests.
        (!o.fresh || compareOrders(o, order) < 0) &&
        !isDormant(o) &&
        reaches(order, o.limitPrice) &&
        !isReached(core, o, o.limitPrice),
    )
    .sort((a, b) => a.limitPrice.cmp(b.limitPrice) * (buys ? 1 : -1));
}

/** Whether the market stands at an order's price or beyond: then it is the market's to fill. */
function isReached(core: Core, order: Order, price: Decimal): boolean {
  const touch = touchPrice(core, order.pair, order.side);
  return order.side === 'buy' ? price.gte(touch) : price.lte(touch);
}

/** Whether `order` may trade at `price`. */
export function reaches(order: Order, price: Decimal): boolean {
  if (order.limitPrice === null) return true;
  return order.side === 'buy' ? price.lte(order.limitPrice) : price.gte(order.limitPrice);
}
