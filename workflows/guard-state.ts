import { Decimal, type DecimalText } from '../shared/money.ts';
import type { OrderState } from './messages.ts';

/** One order of a position as the guard knows it; cumulative, so a repeated or late message is harmless. */
export interface LegOrder {
  clientOrderId: string;
  quantity: DecimalText;
  filled: DecimalText;
  cost: DecimalText;
  over: boolean;
}

/** One rung of the take-profit ladder. */
export interface Rung {
  price: DecimalText;
  /** Base still to be sold at this rung. */
  left: DecimalText;
  state: 'waiting' | 'armed' | 'selling' | 'done';
}

export interface GuardState {
  entry: LegOrder;
  /** Which of the entry's orders that is: one that is priced anew is a further one. */
  entryN: number;
  stop: LegOrder | null;
  /** Price of the resting stop. */
  stopPrice: DecimalText;
  stopN: number;
  target: LegOrder | null;
  targetN: number;
  exit: LegOrder | null;
  exitN: number;
  /** Filled quantities of orders that are over and replaced. */
  soldBefore: DecimalText;
  rungs: Rung[];
  /** Why the position is being closed at market, or null. */
  closing: string | null;
  exitReason: string | null;
}

export const quantityOf = {
  bought: (s: GuardState): Decimal => new Decimal(s.entry.filled),
  sold: (s: GuardState): Decimal =>
    [s.stop, s.target, s.exit].reduce(
      (sum, leg) => sum.plus(leg?.filled ?? 0),
      new Decimal(s.soldBefore),
    ),
  held: (s: GuardState): Decimal => quantityOf.bought(s).minus(quantityOf.sold(s)),
};

/** Takes over an order's cumulative state; never backwards, and only for the order it names. */
export function applyUpdate(state: GuardState, update: OrderState): void {
  if (update.leg === 'entry' && update.n > state.entryN) {
    // The one before was refused, so nothing of it is filled.
    state.entryN = update.n;
    state.entry = { ...state.entry, clientOrderId: update.clientOrderId, over: false };
  }
  const order = [state.entry, state.stop, state.target, state.exit].find(
    (leg) => leg?.clientOrderId === update.clientOrderId,
  );
  if (order == null) return;
  if (new Decimal(update.filledQuantity).gt(order.filled)) {
    order.filled = update.filledQuantity;
    order.cost = update.filledCost;
  }
  if (update.status !== 'open') order.over = true;
}

/** Puts an order that is over aside, keeping what it sold. */
export function retire(state: GuardState, leg: 'stop' | 'target' | 'exit'): void {
  const order = state[leg];
  if (order === null) return;
  state.soldBefore = new Decimal(state.soldBefore).plus(order.filled).toFixed();
  state[leg] = null;
}
