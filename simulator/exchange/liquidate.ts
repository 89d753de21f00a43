import type { Pair } from '../../shared/pair.ts';
import { leftOf } from '../account/margin.ts';
import { endOrder, noticeOrder, takeLiquidity } from '../matching/execute.ts';
import { touchPrice } from '../matching/liquidity.ts';
import { venueId } from '../state/ids.ts';
import { opposite, untouched, type Order } from '../state/order.ts';
import type { Position } from '../state/position.ts';
import { openOrders, type Core } from '../state/state.ts';

/**
 * Closes every position at the standing price by the venue's own orders, after cancelling the account's
 * orders on margin. Returns the orders concerned.
 */
export function liquidate(core: Core): Order[] {
  const concerned: Order[] = [];
  for (const order of openOrders(core.state)) {
    if (order.leverage === null) continue;
    endOrder(core, order, 'canceled', 'Margin level too low');
    concerned.push(order);
  }
  for (const position of [...core.state.positions.values()]) {
    const order = closingOrder(core, position);
    core.state.orders.set(order.id, order);
    core.state.openIds.set(order.id, true);
    core.fact({
      fact: 'order',
      at: order.openMs,
      order: order.id,
      client: null,
      pair: order.pair,
      side: order.side,
      type: order.type,
      quantity: order.quantity.toFixed(),
      limit: null,
      trigger: null,
      liquidates: true,
    });
    noticeOrder(core, order, 'new');
    takeLiquidity(core, order, touchPrice(core, order.pair, order.side));
    concerned.push(order);
  }
  return concerned;
}

function closingOrder(core: Core, position: Position): Order {
  const pair: Pair = position.pair;
  return {
    id: venueId('O', `liquidation ${position.id} ${core.state.nowMs}`),
    clientId: null,
    userref: null,
    pair,
    side: opposite(position.side),
    type: 'market',
    quantity: leftOf(position),
    limitPrice: null,
    triggerPrice: null,
    trail: null,
    limitOffset: null,
    timeInForce: 'gtc',
    postOnly: false,
    reduceOnly: true,
    feeIn: 'quote',
    reference: 'last',
    selfTrade: 'cancel-oldest',
    leverage: position.leverage,
    expireMs: null,
    ...untouched(core.state.nowMs),
    sees: 'next',
    fresh: false,
    liquidates: true,
  };
}
