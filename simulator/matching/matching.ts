import { fillInBar, type FillBar, type RestingKind } from '../../shared/fills.ts';
import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { settlePositions } from '../account/margin.ts';
import { takerTick } from '../market/instruments.ts';
import { compareOrders, isDormant, type Order } from '../state/order.ts';
import { instrumentOf, openOrders, standingPrice, type Core, type Wake } from '../state/state.ts';
import { crosses } from './crosses.ts';
import { endOrder, fillResting, noticeOrder, takeLiquidity } from './execute.ts';
import { referencePrice, triggerLevel } from './index-price.ts';
import { touchPrice } from './liquidity.ts';

/** Something that a candle does to an order or to a wake-up at a price level. */
export type Touch =
  | {
      kind: 'order';
      order: Order;
      at: 'open' | 'inside';
      price: number;
      liquidity: 'maker' | 'taker';
      rank: number;
      level: number;
    }
  | {
      kind: 'wake';
      wake: Extract<Wake, { kind: 'level' }>;
      at: 'open' | 'inside';
      rank: number;
      level: number;
    };

const RANK: Record<RestingKind, number> = { market: 0, stop: 1, limit: 2 };
/** Wake-ups rank after the limit orders that the same price reaches. */
const WAKE_RANK = 2.5;

/**
 * What the candle of `pair` does to its resting orders and level wake-ups, in the order in which it happens:
 * at the open, then inside; stops before limits, nearer to the open before farther.
 */
export function touches(core: Core, pair: Pair, bar: FillBar): Touch[] {
  const found: Touch[] = [];
  const instrument = instrumentOf(core, pair);
  for (const order of openOrders(core.state)) {
    if (order.pair !== pair || order.sees === 'next') continue;
    const kind = restingKind(order);
    const level = restingPrice(core, order);
    const fill = fillInBar(
      { kind, side: triggerSide(order), price: level },
      bar,
      instrument,
      order.sees === 'range' ? 'range-only' : 'whole-bar',
    );
    if (fill === null) continue;
    found.push({ kind: 'order', order, ...fill, rank: RANK[kind], level });
  }
  for (const wake of core.state.wakes.values()) {
    if (wake.kind !== 'level' || wake.pair !== pair || wake.sees === 'next') continue;
    const side = wake.side === 'above' ? 'sell' : 'buy';
    const free = { halfSpread: 0, stopSlippage: 0 };
    const fill = fillInBar({ kind: 'limit', side, price: wake.level }, bar, free);
    if (fill !== null) {
      found.push({ kind: 'wake', wake, at: fill.at, rank: WAKE_RANK, level: wake.level });
    }
  }
  return found.sort((a, b) => compareTouches(a, b, bar.open));
}

/**
 * A take-profit is reached like a limit order, from the other side than a stop; then it takes like a market
 * order. A limit order whose turn has come rests as one.
 */
function restingKind(order: Order): RestingKind {
  if (!isDormant(order)) return order.limitPrice === null ? 'market' : 'limit';
  return order.type.startsWith('take') ? 'limit' : 'stop';
}

/** The side whose limit or stop order at that price is touched by the same move. */
const triggerSide = (order: Order): 'buy' | 'sell' => order.side;

const restingPrice = (core: Core, order: Order): number =>
  isDormant(order) ? triggerLevel(core, order) : (order.limitPrice?.toNumber() ?? 0);

function compareTouches(a: Touch, b: Touch, open: number): number {
  if (a.at !== b.at) return a.at === 'open' ? -1 : 1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  const distance = Math.abs(a.level - open) - Math.abs(b.level - open);
  if (distance !== 0) return distance;
  if (a.kind === 'order' && b.kind === 'order') return compareOrders(a.order, b.order);
  const idOf = (t: Touch): string => (t.kind === 'order' ? t.order.id : t.wake.id);
  return idOf(a) < idOf(b) ? -1 : 1;
}

/** Carries out what a touch means for its order, at the price the fill model gave. */
export function applyTouch(core: Core, touch: Extract<Touch, { kind: 'order' }>): void {
  const { order } = touch;
  const instrument = instrumentOf(core, order.pair);
  if (isDormant(order)) {
    trigger(core, order, touch.at === 'open' ? 'whole' : 'next');
    if (order.type.startsWith('take')) {
      // fillInBar gave the limit's own price; what follows takes, so it pays the spread.
      takeAt(core, order, touch.price, instrument.halfSpread);
    } else takePrice(core, order, touch.price);
    return;
  }
  if (order.type === 'settle-position') {
    settle(core, order);
    return;
  }
  if (order.limitPrice === null) {
    takeLiquidity(core, order, takerTick(touch.price, order.side, instrument));
    return;
  }
  if (order.fresh && touch.at === 'open' && crosses(core, order)) {
    takeLiquidity(core, order, touchPrice(core, order.pair, order.side));
    return;
  }
  const price = new Decimal(touch.price).toDecimalPlaces(instrument.priceDecimals);
  fillResting(core, order, price);
}

/** Gives back what is borrowed from what the account owns. */
export function settle(core: Core, order: Order): void {
  if (settlePositions(core, order)) endOrder(core, order, 'closed', null);
  else endOrder(core, order, 'canceled', 'Insufficient funds');
}

/** The order's trigger was reached: from now on it is a market or limit order. */
export function trigger(core: Core, order: Order, sees: Order['sees']): void {
  order.triggeredMs = core.state.nowMs;
  order.sees = sees;
  if (order.limitOffset !== null && order.triggerPrice !== null) {
    const { kind, value } = order.limitOffset;
    // The offset counts away from the market: above the trigger for a buy, below for a sell.
    const offset = kind === 'share' ? order.triggerPrice.mul(value) : value;
    order.limitPrice = order.triggerPrice
      .plus(order.side === 'buy' ? offset : offset.neg())
      .toDecimalPlaces(instrumentOf(core, order.pair).priceDecimals);
  }
  noticeOrder(core, order, 'status');
}

function takeAt(core: Core, order: Order, price: number, share: number): void {
  const sign = order.side === 'buy' ? 1 : -1;
  takePrice(core, order, price * (1 + sign * share));
}

/** A triggered order takes at `price`, or comes to rest when its limit does not allow that. */
function takePrice(core: Core, order: Order, price: number): void {
  const ticked = takerTick(price, order.side, instrumentOf(core, order.pair));
  const limit = order.limitPrice;
  const allowed = limit === null || (order.side === 'buy' ? ticked.lte(limit) : ticked.gte(limit));
  if (allowed) takeLiquidity(core, order, ticked);
  else if (order.timeInForce === 'ioc' || order.timeInForce === 'fok') {
    endOrder(core, order, 'canceled', 'Immediate order could not be filled');
  }
}

/**
 * The next fresh order that is settled at the standing price, outside the open: market orders, limits that
 * cross, stops beyond their trigger, and immediate orders that find nothing. Returns it after settling, or
 * null when no fresh order is left; those that rest stop being fresh.
 */
export function takeFresh(core: Core): Order | null {
  const fresh = openOrders(core.state).filter((o) => o.fresh);
  fresh.sort(compareOrders);
  for (const order of fresh) {
    order.fresh = false;
    if (settleAtStanding(core, order)) return order;
  }
  return null;
}

function settleAtStanding(core: Core, order: Order): boolean {
  const instrument = instrumentOf(core, order.pair);
  const price = standingPrice(core, order.pair);
  if (isDormant(order)) {
    if (!beyondTrigger(core, order, price)) return false;
    trigger(core, order, 'next');
    const extra = order.type.startsWith('take') ? 0 : instrument.stopSlippage;
    takeAt(core, order, price, instrument.halfSpread + extra);
    return true;
  }
  if (order.type === 'settle-position') {
    settle(core, order);
    return true;
  }
  if (order.limitPrice === null || crosses(core, order)) {
    takeLiquidity(core, order, touchPrice(core, order.pair, order.side));
    return true;
  }
  return cancelIfImmediate(core, order);
}

/** Cancels an IOC or FOK order that found nothing to take. */
export function cancelIfImmediate(core: Core, order: Order): boolean {
  if (isDormant(order) || (order.timeInForce !== 'ioc' && order.timeInForce !== 'fok'))
    return false;
  endOrder(core, order, 'canceled', 'Immediate order could not be filled');
  return true;
}

/** Whether the order's trigger is reached when the last price is `last`. */
export function beyondTrigger(core: Core, order: Order, last: number): boolean {
  const trigger = order.triggerPrice?.toNumber();
  if (trigger === undefined) return false;
  const price = referencePrice(core, order, last);
  const rises = (order.side === 'buy') !== order.type.startsWith('take');
  return rises ? price >= trigger : price <= trigger;
}
