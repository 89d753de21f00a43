import type { Order } from '../state/order.ts';
import type { Core } from '../state/state.ts';
import { touchPrice } from './liquidity.ts';
import { ownOpposite } from './self-trade.ts';

/** Whether a limit order would take at the standing price, be it from an order of its own account. */
export function crosses(core: Core, order: Order): boolean {
  if (order.limitPrice === null) return false;
  if (ownOpposite(core, order).length > 0) return true;
  const touch = touchPrice(core, order.pair, order.side);
  return order.side === 'buy' ? order.limitPrice.gte(touch) : order.limitPrice.lte(touch);
}
