import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import type { FeedPrint } from '../market/book-feed.ts';
import { compareOrders, isDormant, remaining, type Order } from '../state/order.ts';
import { openOrders, standingPrice, type Core, type Wake } from '../state/state.ts';
import { crosses } from './crosses.ts';
import { endOrder, fillAsMaker, takeLiquidity } from './execute.ts';
import { forgetTaken, noteTaken, offers } from './liquidity.ts';
import { touchPrice } from './liquidity.ts';
import { beyondTrigger, cancelIfImmediate, settle, trigger } from './matching.ts';
import { followTrails } from './trailing.ts';

/**
 * Matching in a venue's book by price and time. The book is the venue's, our orders are not in it: each
 * keeps count of what was at its price before it, which falls as the venue's trades and book say, and it is
 * filled by what trades behind that, by what trades through its price, and by what the venue shows beyond it.
 * Where the venue does not tell whose order went from a level, it was one behind ours.
 */

const NONE = new Decimal(0);

/** The next order that came or changed and can be settled now, after settling it; null when none is left. */
export function takeFreshInBook(core: Core): Order | null {
  const fresh = openOrders(core.state).filter((o) => o.fresh && isHere(core, o.pair));
  // Where the clock stands for a desk, their arrival must not show.
  if (core.state.attached !== null) fresh.sort(compareOrders);
  for (const order of fresh) {
    order.fresh = false;
    if (settleInBook(core, order)) return order;
  }
  return null;
}

const isHere = (core: Core, pair: Pair): boolean => core.market.books?.away(pair) === null;

/** Lets an order do what it can at once; false when it rests or waits. */
function settleInBook(core: Core, order: Order): boolean {
  if (isDormant(order)) {
    if (!beyondTrigger(core, order, standingPrice(core, order.pair))) return false;
    triggerInBook(core, order);
    return true;
  }
  if (order.type === 'settle-position') {
    settle(core, order);
    return true;
  }
  if (order.limitPrice !== null && !crosses(core, order)) {
    join(core, order);
    return cancelIfImmediate(core, order);
  }
  if (order.postOnly) endOrder(core, order, 'canceled', 'Post only order');
  else takeLiquidity(core, order, touchPrice(core, order.pair, order.side));
  if (order.status === 'open') join(core, order);
  return true;
}

function triggerInBook(core: Core, order: Order): void {
  trigger(core, order, 'next');
  if (!isHere(core, order.pair)) {
    order.fresh = true;
    return;
  }
  settleInBook(core, order);
}

/** Puts an order behind all that is at its price now. */
function join(core: Core, order: Order): void {
  const shown = order.limitPrice === null ? null : ownLevel(core, order);
  order.queue = {
    ahead: shown === null ? null : new Decimal(shown),
    told: NONE,
    toldNs: '0',
  };
}

function ownLevel(core: Core, order: Order): string | null {
  const side = order.side === 'buy' ? 'bids' : 'asks';
  return (
    core.market.books?.quantityAt(order.pair, side, order.limitPrice?.toFixed() ?? '0') ?? null
  );
}

/** Orders that rest in the book of `pair`, in the order in which they are served. */
function resting(core: Core, pair: Pair): (Order & { limitPrice: Decimal })[] {
  const orders = openOrders(core.state).filter(
    (o): o is Order & { limitPrice: Decimal } =>
      o.pair === pair && !o.fresh && !isDormant(o) && o.limitPrice !== null,
  );
  const best = (a: { limitPrice: Decimal; side: string }, b: typeof a): number =>
    a.side === 'buy' ? b.limitPrice.cmp(a.limitPrice) : a.limitPrice.cmp(b.limitPrice);
  // Sorting keeps the order of arrival within a price.
  return orders.sort((a, b) => a.side.localeCompare(b.side) || best(a, b));
}

/** The venue's book of `pair` has changed. Returns the orders that were filled by it. */
export function matchBook(core: Core, pair: Pair, ns: bigint): Order[] {
  if (core.state.taken.size > 0) forgetTaken(core, pair);
  const filled: Order[] = [];
  for (const order of resting(core, pair)) {
    moveUp(core, order, ns);
    if (fillBeyond(core, order)) filled.push(order);
  }
  filled.push(...triggered(core, pair, standingPrice(core, pair), 'index'));
  return filled;
}

/** Triggers what the last price, or the index that goes with it, has reached. */
function triggered(core: Core, pair: Pair, last: number, only?: Order['reference']): Order[] {
  const found: Order[] = [];
  for (const order of openOrders(core.state)) {
    if (order.pair !== pair || order.fresh || !isDormant(order)) continue;
    if (only !== undefined && order.reference !== only) continue;
    if (!beyondTrigger(core, order, last)) continue;
    triggerInBook(core, order);
    found.push(order);
  }
  return found;
}

/** Less at the price than was ahead: so much of it must be gone. */
function moveUp(core: Core, order: Order, ns: bigint): void {
  const shown = ownLevel(core, order);
  if (order.queue === null) return join(core, order);
  if (shown === null) return;
  const { ahead, told } = order.queue;
  if (ahead === null) order.queue.ahead = new Decimal(shown);
  else if (ahead.gt(shown)) {
    order.queue = {
      ahead: new Decimal(shown),
      told: told.plus(ahead.minus(shown)),
      toldNs: ns.toString(),
    };
  }
}

/** Fills an order by what the venue shows at its price or beyond on the other side: there it would have met us. */
function fillBeyond(core: Core, order: Order & { limitPrice: Decimal }): boolean {
  const { limitPrice, pair, side } = order;
  let isFilled = false;
  for (const { price, quantity } of offers(core, pair, side, limitPrice)) {
    const reaches = side === 'buy' ? price.lte(limitPrice) : price.gte(limitPrice);
    if (!reaches || order.status !== 'open') break;
    const part = Decimal.min(quantity, remaining(order));
    noteTaken(core, pair, side, price, part);
    fillAsMaker(core, order, limitPrice, part);
    isFilled = true;
  }
  return isFilled;
}

/**
 * Trades of the venue, oldest first. Returns the orders that they filled or triggered and the wake-ups whose
 * level they reached. Of late ones only those count that went through an order's price.
 */
export function matchPrints(
  core: Core,
  pair: Pair,
  prints: readonly FeedPrint[],
  late: boolean,
): { orders: Order[]; wakes: Wake[] } {
  const orders: Order[] = [];
  const wakes: Wake[] = [];
  for (const print of prints) {
    const price = Number(print.price);
    core.state.prices.set(pair, price);
    orders.push(...fillByPrint(core, pair, print, late));
    followTrails(core, pair, price, price);
    orders.push(...triggered(core, pair, price));
    for (const wake of core.state.wakes.values()) {
      if (wake.kind !== 'level' || wake.pair !== pair || wakes.includes(wake)) continue;
      if (wake.side === 'above' ? price >= wake.level : price <= wake.level) wakes.push(wake);
    }
  }
  return { orders: [...new Set(orders)], wakes };
}

function fillByPrint(core: Core, pair: Pair, print: FeedPrint, late: boolean): Order[] {
  const filled: Order[] = [];
  const price = new Decimal(print.price);
  const quantity = new Decimal(print.quantity);
  let ours = NONE;
  for (const order of resting(core, pair)) {
    // A seller takes what bids, a buyer what asks.
    if ((print.side === 'sell') !== (order.side === 'buy')) continue;
    const past = order.side === 'buy' ? price.cmp(order.limitPrice) : order.limitPrice.cmp(price);
    if (past > 0 || (late && past === 0)) continue;
    const left = quantity.minus(ours);
    const reaching = past < 0 ? left : behind(order, print, quantity, ours);
    const part = Decimal.min(reaching, remaining(order));
    if (part.lte(0)) continue;
    ours = ours.plus(part);
    fillAsMaker(core, order, order.limitPrice, part);
    filled.push(order);
  }
  return filled;
}

/** What of a trade at the order's own price is left when all before it was served. */
function behind(order: Order, print: FeedPrint, quantity: Decimal, ours: Decimal): Decimal {
  const { queue } = order;
  if (queue === null || queue.ahead === null) return NONE;
  // The book may have told of this very trade before.
  const known = BigInt(queue.toldNs) >= print.ns ? Decimal.min(queue.told, quantity) : NONE;
  const rest = quantity.minus(known);
  const served = Decimal.min(queue.ahead, rest);
  order.queue = {
    ahead: queue.ahead.minus(served),
    told: queue.told.minus(known),
    toldNs: queue.toldNs,
  };
  return Decimal.max(NONE, rest.minus(served).minus(ours));
}
