import { MARGIN_STOP, marginAccount, nextRollover, rollOver } from '../account/margin.ts';
import { endOrder } from '../matching/execute.ts';
import type { Order } from '../state/order.ts';
import { openOrders, standingPrice, type Core, type Wake } from '../state/state.ts';
import { fireWakes, openEvent } from './events.ts';
import { liquidate } from './liquidate.ts';

/** Tells of a level wake-up that was reached when it was booked; false when there is none. */
export function freshWakes(core: Core): boolean {
  for (const wake of core.state.wakes.values()) {
    if (wake.kind !== 'level' || !wake.fresh) continue;
    wake.fresh = false;
    const price = standingPrice(core, wake.pair);
    if (wake.side === 'above' ? price >= wake.level : price <= wake.level) {
      fireWakes(core, [wake]);
      return true;
    }
  }
  return false;
}

/** Closes all positions when the margin level has fallen to the venue's stop; false when it has not. */
export function liquidationStep(core: Core): boolean {
  if (core.state.positions.size === 0) return false;
  const { level } = marginAccount(core);
  if (level === null || level.gte(MARGIN_STOP)) return false;
  const orders = liquidate(core);
  if (orders.length === 0) return false;
  openEvent(core, { kind: 'orders', orders });
  return true;
}

interface Due {
  atMs: number;
  happen(): void;
}

/**
 * Lets the next thing happen that is due by `untilMs`: an order expires, a wake-up comes, a position on margin
 * pays its interest, or the client's switch cancels all orders; at one moment in that order. False when there
 * is none.
 */
export function timedStep(core: Core, untilMs: number): boolean {
  const { state } = core;
  let next: Due | null = null;
  for (const due of [dueExpiry(core), dueWake(core), dueRollover(core), dueCancelAll(core)]) {
    if (due !== null && due.atMs < (next?.atMs ?? Infinity)) next = due;
  }
  if (next === null || next.atMs > untilMs) return false;
  state.nowMs = Math.max(state.nowMs, next.atMs);
  next.happen();
  return true;
}

function dueExpiry(core: Core): Due | null {
  let [atMs, first]: [number, Order | null] = [Infinity, null];
  for (const order of openOrders(core.state)) {
    if (order.expireMs !== null && order.expireMs < atMs) [atMs, first] = [order.expireMs, order];
  }
  if (first === null) return null;
  const order = first;
  return {
    atMs,
    happen() {
      endOrder(core, order, 'expired', 'Order expired');
      openEvent(core, { kind: 'orders', orders: [order] });
    },
  };
}

function dueWake(core: Core): Due | null {
  const { state } = core;
  let atMs = Infinity;
  for (const wake of state.wakes.values())
    if (wake.kind === 'time') atMs = Math.min(atMs, wake.atMs);
  if (atMs === Infinity) return null;
  const isDue = (wake: Wake): boolean => wake.kind === 'time' && wake.atMs <= state.nowMs;
  return { atMs, happen: () => fireWakes(core, [...state.wakes.values()].filter(isDue)) };
}

function dueRollover(core: Core): Due | null {
  const position = nextRollover(core);
  if (position === null) return null;
  return { atMs: position.rolloverMs, happen: () => rollOver(core, position) };
}

/** The client did not ask for more time: all its orders go. */
function dueCancelAll(core: Core): Due | null {
  const { state } = core;
  if (state.cancelAllMs === null) return null;
  return {
    atMs: state.cancelAllMs,
    happen() {
      state.cancelAllMs = null;
      const orders = openOrders(state);
      for (const order of orders) {
        endOrder(core, order, 'canceled', 'Cancel all orders after timeout');
      }
      if (orders.length > 0) openEvent(core, { kind: 'orders', orders });
    },
  };
}
