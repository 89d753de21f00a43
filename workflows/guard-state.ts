import { ladderOf } from '../shared/guard/ladder.ts';
import { Decimal, type DecimalText } from '../shared/money.ts';
import type { GuardInput } from './guard-input.ts';
import type { OrderState } from './messages.ts';

/** Leg of an order that the venue itself sent to close a position on margin. */
const LIQUIDATION = 'liquidation';

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
  /** Base that was sold at this rung, of a short bought back. */
  sold: DecimalText;
  state: 'waiting' | 'armed' | 'selling' | 'done';
  /** How often the venue has cancelled its resting order; absent for never. */
  lost?: number;
}

/** A target that rests at the venue, of a position on margin. */
export interface RestingTarget extends LegOrder {
  rung: number;
  isCalledOff: boolean;
}

/** Plain data: it goes on into the next run of the guard. */
export interface GuardState {
  entry: LegOrder;
  /** Which of the entry's orders that is: one that is priced anew is a further one. */
  entryN: number;
  /** Venue time of the first fill, Unix ms. */
  openedMs: number | null;
  /** `price` is where it rests, `changedMs` the venue time at which it was placed or last changed. */
  stop: (LegOrder & { price: DecimalText; changedMs: number; isCalledOff?: true }) | null;
  /** Where the stop belongs. */
  stopPrice: DecimalText;
  stopN: number;
  /** Venue times at which the venue ended a stop that nobody had called off. */
  lostStops: number[];
  target: LegOrder | null;
  targetN: number;
  /** Targets at the venue, on margin. */
  resting: RestingTarget[];
  exit: LegOrder | null;
  exitN: number;
  /** Orders that were none of ours and made the position smaller: a liquidation. */
  taken: LegOrder[];
  /** How many of them a person was told of. */
  takenTold: number;
  /** The order that closes what is too little for any other, on margin, and how many there were. */
  dust: LegOrder | null;
  dustN: number;
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
    lostStops: [],
    target: null,
    targetN: 0,
    resting: [],
    exit: null,
    exitN: 0,
    taken: [],
    takenTold: 0,
    dust: null,
    dustN: 0,
    soldBefore: '0',
    rungs: input.targets.map((t) => ({ price: t.price, sold: '0', state: 'waiting' })),
    closing: null,
    exitReason: null,
    alarms: [],
    isStepped: false,
  };
}

/** A state as an older run of the guard may have left it, with what has been added since. */
export function completeState(state: GuardState): GuardState {
  const added = { lostStops: [], resting: [], taken: [], takenTold: 0, dust: null, dustN: 0 };
  return { ...added, ...state };
}

/** What the entry brought into the position, what has left it again, and what is open: of a short, sold and bought back. */
export const quantityOf = {
  entered: (s: GuardState): Decimal => new Decimal(s.entry.filled),
  left: (s: GuardState): Decimal =>
    [s.stop, s.target, s.exit, s.dust, ...s.resting, ...s.taken].reduce(
      (sum, leg) => sum.plus(leg?.filled ?? 0),
      new Decimal(s.soldBefore),
    ),
  held: (s: GuardState): Decimal => quantityOf.entered(s).minus(quantityOf.left(s)),
};

/** Base still to be closed at each rung: its share of what the entry fills, less what it has closed. */
export function leftAtRungs(
  state: GuardState,
  input: Pick<GuardInput, 'targets' | 'lot' | 'minQuantity' | 'minCost' | 'margin'>,
): Decimal[] {
  // What rests at the venue, on margin, is never more than what is there.
  const isFilled = state.entry.over || input.margin !== undefined;
  const whole = isFilled ? state.entry.filled : state.entry.quantity;
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
  const legs = [state.entry, state.stop, state.target, state.exit, state.dust];
  let order = [...legs, ...state.resting, ...state.taken].find(
    (leg) => leg?.clientOrderId === update.clientOrderId,
  );
  if (order == null && update.leg === LIQUIDATION) {
    const { clientOrderId, filledQuantity: quantity } = update;
    order = { clientOrderId, quantity, filled: '0', cost: '0', over: true };
    state.taken.push(order);
  }
  if (order == null) return;
  if (new Decimal(update.filledQuantity).gt(order.filled)) {
    order.filled = update.filledQuantity;
    order.cost = update.filledCost;
  }
  if (update.status !== 'open') order.over = true;
}

/** Puts an order that is over aside, keeping what it closed. */
export function retire(state: GuardState, leg: 'stop' | 'target' | 'exit' | 'dust'): void {
  const order = state[leg];
  if (order === null) return;
  state.soldBefore = new Decimal(state.soldBefore).plus(order.filled).toFixed();
  state[leg] = null;
}
