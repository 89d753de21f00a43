import { floorToStep, Decimal, type DecimalText } from '../shared/money.ts';
import { leftAtRungs, quantityOf, type GuardState, type RestingTarget } from './guard-state.ts';
import type { GuardInput } from './guard-input.ts';

/** How often the venue may cancel the order of a rung before the rung is given up. */
const LOST_TARGETS = 3;

/** By what the targets of a position on margin reach the venue. */
export interface TargetPorts {
  /** Places a limit order of the rung that rests, and keeps it in the state; false when it was refused. */
  place(rung: number, quantity: Decimal, price: DecimalText): Promise<boolean>;
  /** Gives a resting order another quantity, and takes over what the venue says of it. */
  amend(order: RestingTarget, quantity: Decimal): Promise<void>;
  /** Cancels an order; afterwards it is over. */
  cancel(order: RestingTarget): Promise<void>;
  /** Asks to be reminded of targets that were refused. */
  later(): Promise<void>;
  alarm(words: string): Promise<void>;
}

/**
 * The targets of a position on margin, which rest at the venue beside the stop: each may only reduce what is open,
 * so none of them can do harm, whichever is filled first.
 */
export function restingTargets(
  input: Pick<GuardInput, 'position' | 'targets' | 'lot' | 'minQuantity' | 'minCost' | 'margin'>,
  state: GuardState,
  ports: TargetPorts,
) {
  const isOrderable = (quantity: Decimal, price: DecimalText): boolean =>
    quantity.gte(input.minQuantity) && quantity.mul(price).gte(input.minCost);

  return {
    /** Makes the orders of all rungs what is left for them, nearest first, together never more than `held`. */
    async arrange(held: Decimal, mayGrow: boolean): Promise<void> {
      let room = held;
      for (const [i, rung] of state.rungs.entries()) {
        const order = state.resting.find((each) => each.rung === i && !each.over);
        const done = new Decimal(order?.filled ?? 0);
        const left = Decimal.min(leftAtRungs(state, input)[i]!.minus(done), room);
        const wanted = floorToStep(Decimal.max(0, left), new Decimal(input.lot));
        if (order === undefined) {
          if (rung.state === 'done' || !isOrderable(wanted, rung.price)) continue;
          if ((rung.lost ?? 0) >= LOST_TARGETS) continue;
          const isPlaced = await ports.place(i, wanted, rung.price);
          if (isPlaced) rung.state = 'selling';
          else await ports.later();
        } else if (!isOrderable(wanted, rung.price)) {
          await ports.cancel(order);
        } else if (!wanted.plus(done).eq(order.quantity)) {
          const grows = wanted.plus(done).gt(order.quantity);
          if (!grows || mayGrow) await ports.amend(order, wanted.plus(done));
        }
        room = room.minus(wanted);
      }
    },

    async cancelAll(): Promise<void> {
      for (const order of state.resting) if (!order.over) await ports.cancel(order);
    },

    /** Puts aside the orders that are over. Returns whether a rung has brought anything. */
    async tidy(): Promise<boolean> {
      const over = state.resting.filter((order) => order.over);
      state.resting = state.resting.filter((order) => !order.over);
      for (const order of over) {
        state.soldBefore = new Decimal(state.soldBefore).plus(order.filled).toFixed();
        const rung = state.rungs[order.rung]!;
        rung.sold = new Decimal(rung.sold).plus(order.filled).toFixed();
        const isDone = state.entry.over && leftAtRungs(state, input)[order.rung]!.lte(0);
        rung.state = isDone ? 'done' : 'waiting';
        if (isDone) state.exitReason = 'target';
        const isWhole = new Decimal(order.filled).gte(order.quantity);
        if (isWhole || order.isCalledOff || quantityOf.held(state).lte(0)) continue;
        rung.lost = (rung.lost ?? 0) + 1;
        if (rung.lost === LOST_TARGETS) {
          const what = `the venue has cancelled the target at ${rung.price} ${LOST_TARGETS} times`;
          await ports.alarm(`${input.position}: ${what}; it is left to the stop`);
        }
      }
      return over.some((order) => new Decimal(order.filled).gt(0));
    },
  };
}
