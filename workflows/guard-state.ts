import { ladderOf } from '../shared/ladder.ts';
import { Decimal, type DecimalText } from '../shared/money.ts';
import type { GuardInput } from './guard-input.ts';
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
  /** Base that was sold at this rung. */
  sold: DecimalText;
  state: 'waiting' | 'armed' | 'selling' | 'done';
}

/** Plain data: it goes on into the next run of the guard. */
export interface GuardState {
  entry: LegOrder;
  /** Which of the entry's orders that is: one that is priced anew is a further one. */
  entryN: number;
  /** Venue time of the first fill, Unix ms. */
  openedMs: number | null;
  /** `price` is where it rests, `changedMs` the venue time at which it was placed or last changed. */
  stop: (LegOrder & { price: DecimalText; changedMs: number }) | null;
  /** Where the stop belongs. */
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
  /** What a person was told, newest last. */
  alarms: string[];
  /** Whether the venue's clock stands at its events: once it has told of one, it does. */
  isStepped: boolean;
}

export function newGuardState(
  input: Pick<GuardInput, 'entryClientOrderId' | 'entryQuantity' | 'stopPrice' | 'targets'>,
): GuardState {
  return {
    entry: {
      clientOrderId: input.entryClientOrderId,
      quantity: input.entryQuantity,
      filled: '0',
      cost: '0',
      over: false,
    },
    entryN: 1,
    openedMs: null,
    stop: null,
    stopPrice: input.stopPrice,
    stopN: 0,
    target: null,
    targetN: 0,
    exit: null,
    exitN: 0,
    soldBefore: '0',
    rungs: input.targets.map((t) => ({ price: t.price, sold: '0', state: 'waiting' })),
    closing: null,
    exitReason: null,
    alarms: [],
    isStepped: false,
  };
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

/** Base still to be sold at each rung: its share of what the entry fills, less what it has sold. */
export function leftAtRungs(
  state: GuardState,
  input: Pick<GuardInput, 'targets' | 'lot' | 'minQuantity' | 'minCost'>,
): Decimal[] {
  const whole = state.entry.over ? state.entry.filled : state.entry.quantity;
  const ladder = ladderOf(whole, input.targets, input);
  return state.rungs.map(({ price, sold }) => {
    const planned = ladder.find((rung) => rung.price === price)?.quantity ?? '0';
    return Decimal.max(0, new Decimal(planned).minus(sold));
  });
}

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
