import type { OrderState as Changed } from '../activities/orders/change-order.ts';
import type { PlacedReduction } from '../activities/orders/activities.ts';
import type { Reduction } from '../activities/orders/reduce.ts';
import { clientOrderId } from '../shared/client-order-id.ts';
import {
  breakEvenPrice,
  exitAfterBar,
  stopOnTick,
  type ClosedBar,
} from '../shared/guard/exit-after-bar.ts';
import type { ExitTerms } from '../shared/guard/exit-terms.ts';
import { Decimal, floorToStep, type DecimalText } from '../shared/money.ts';
import type { Pair } from '../shared/pair.ts';
import type { GuardInput } from './guard-input.ts';
import { applyUpdate, leftAtRungs, quantityOf, retire, type GuardState } from './guard-state.ts';
import type { OrderState } from './messages.ts';

/** Venue time after which a refused exit is tried again. */
const EXIT_AGAIN_MS = 60_000;
/**
 * A younger order costs more of the venue's counter to amend: what an entry fills within this is covered
 * together.
 */
const YOUNG_STOP_MS = 5_000;

/** No definite answer within the time that a fill may be without a stop. */
export interface Unsettled {
  kind: 'unsettled';
}

/**
 * What a guard reaches the venue and the books by. Every call answers only what is definite, however often it
 * has to ask; with a limit it answers `unsettled` when that has passed.
 */
export interface GuardPorts {
  place(
    reduction: Reduction,
    summary: string,
    limitMs: number | null,
  ): Promise<PlacedReduction | Unsettled>;
  amend(
    change: { clientOrderId: string; quantity: DecimalText; price: DecimalText },
    limitMs: number | null,
  ): Promise<Changed | Unsettled>;
  /** Afterwards the order is over, and a request of it that is still on its way comes to nothing. */
  cancel(clientOrderId: string): Promise<Changed>;
  cancelEntry(): Promise<Changed & { clientOrderId: string; n: number }>;
  watchLevel(level: { id: string; pair: Pair; above: DecimalText }): Promise<void>;
  forgetLevel(id: string): Promise<void>;
  /** A wake-up at a venue time, by what for. */
  wakeAt(name: string, atMs: number): Promise<void>;
  readBar(of: {
    pair: Pair;
    terms: Pick<ExitTerms, 'timeframe' | 'invalidation'>;
    atMs: number;
    sinceMs: number;
  }): Promise<ClosedBar | null>;
  /** Before a stop is placed: a line at which a crash is interesting. */
  beforeStop(): Promise<void>;
  /** Tells a person. */
  alarm(kind: 'unprotected', words: string, atMs: number): Promise<void>;
}

export type GuardSteps = ReturnType<typeof guardSteps>;

/**
 * What a guard does at the venue, without a workflow around it; every step leaves `state` true of what has been
 * answered. `isTimed` says whether the venue's time runs on while it works, so that being unprotected has a
 * limit; a stepped venue's clock stands.
 */
export function guardSteps(
  input: Omit<GuardInput, 'desk' | 'deskWorkflow' | 'ordersQueue' | 'carried'>,
  self: string,
  state: GuardState,
  ports: GuardPorts,
  isTimed: () => boolean,
) {
  const isOrderable = (quantity: Decimal): boolean =>
    quantity.gte(input.minQuantity) && quantity.mul(state.stopPrice).gte(input.minCost);
  const levelId = (rung: number): string => `${self}#target-${rung}`;
  const limitMs = (): number | null => (isTimed() ? input.exits.unprotectedMs : null);

  /** Places one reducing order; one that is not settled in time is kept, to be cancelled. */
  async function reduce(
    leg: 'stop' | 'target' | 'exit',
    order: { kind: Reduction['kind']; quantity: Decimal; price: DecimalText | null },
    atMs: number,
  ): Promise<'placed' | 'refused' | 'unsettled'> {
    const n = { stop: state.stopN, target: state.targetN, exit: state.exitN }[leg] + 1;
    const reduction: Reduction = {
      guard: self,
      position: input.position,
      pair: input.pair,
      leg,
      n,
      kind: order.kind,
      quantity: order.quantity.toFixed(),
      lot: input.lot,
      price: order.price,
      timeInForce: order.kind === 'limit' ? 'ioc' : 'gtc',
      atMs,
    };
    const at = order.price === null ? 'at market' : `at ${order.price}`;
    const summary = `${leg} ${reduction.quantity} ${at}`;
    const placed = await ports.place(reduction, summary, leg === 'stop' ? limitMs() : null);
    if (leg === 'stop') state.stopN = n;
    if (leg === 'target') state.targetN = n;
    if (leg === 'exit') state.exitN = n;
    if (placed.kind === 'refused') return 'refused';
    const made = {
      clientOrderId: clientOrderId(self, leg, n),
      quantity: placed.kind === 'open' ? placed.quantity : reduction.quantity,
      ...{ filled: '0', cost: '0', over: false },
    };
    const price = order.price ?? state.stopPrice;
    if (leg === 'stop') state.stop = { ...made, price, changedMs: atMs };
    else state[leg] = made;
    return placed.kind === 'unsettled' ? 'unsettled' : 'placed';
  }

  /** Cancels a resting order of the position; afterwards its fills are known and it is over. */
  async function cancel(order: { clientOrderId: string }): Promise<void> {
    learn(order.clientOrderId, await ports.cancel(order.clientOrderId), 'over');
  }

  /** Takes over what the venue answered of an order; `over` for one that was told to end. */
  function learn(id: string, after: Changed, as: 'over' | 'as-it-is'): void {
    const { filledQuantity, filledCost } = after;
    const status = as === 'over' ? endOf(after.status) : after.status;
    applyUpdate(state, {
      ...{ clientOrderId: id, leg: '', n: 0, filledQuantity, filledCost },
      status: status === 'unplaced' ? 'canceled' : status,
    });
  }

  /** Nothing protects what is held: it is sold at the market, and a person hears of it. */
  async function giveUpStop(why: string, atMs: number): Promise<void> {
    state.closing ??= 'unprotected';
    const held = quantityOf.held(state).toFixed();
    const words = `${input.position}: ${held} without a stop, ${why}; it is sold at the market`;
    state.alarms.push(words);
    await ports.alarm('unprotected', words, atMs);
  }

  /** Makes the resting stop cover exactly `quantity`, at its price. */
  async function coverWithStop(quantity: Decimal, atMs: number): Promise<void> {
    const { stop } = state;
    if (stop !== null && !stop.over) {
      const wanted = quantity.plus(stop.filled);
      if (wanted.eq(stop.quantity) && stop.price === state.stopPrice) return;
      if (!isOrderable(quantity)) {
        await cancel(stop);
        tidy();
        return;
      }
      const change = {
        clientOrderId: stop.clientOrderId,
        quantity: wanted.toFixed(),
        price: state.stopPrice,
      };
      const grows = wanted.gt(stop.quantity);
      const isFilling = !state.entry.over;
      if (grows && isFilling && isTimed() && atMs - stop.changedMs < YOUNG_STOP_MS) {
        await ports.wakeAt('cover', stop.changedMs + YOUNG_STOP_MS);
        return;
      }
      // Only a stop that is to grow leaves something unprotected.
      const after = await ports.amend(change, grows ? limitMs() : null);
      if ('kind' in after) return giveUpStop('its stop could not be made larger in time', atMs);
      stop.quantity = change.quantity;
      stop.price = change.price;
      stop.changedMs = atMs;
      const before = quantityOf.held(state);
      learn(stop.clientOrderId, after, 'as-it-is');
      if (!state.stop?.over) return;
      tidy();
      // It ended meanwhile: what it has not sold gets a stop of its own.
      await coverWithStop(quantity.minus(before.minus(quantityOf.held(state))), atMs);
      return;
    }
    if (!isOrderable(quantity)) return;
    await ports.beforeStop();
    const order = { kind: 'stop-loss' as const, quantity, price: state.stopPrice };
    const placed = await reduce('stop', order, atMs);
    if (placed === 'refused') await giveUpStop('its stop was refused', atMs);
    if (placed === 'unsettled') await giveUpStop('its stop had no answer in time', atMs);
  }

  async function armNextRung(): Promise<void> {
    const left = leftAtRungs(state, input);
    const index = state.rungs.findIndex((r, i) => r.state !== 'done' && left[i]!.gt(0));
    const rung = state.rungs[index];
    if (rung === undefined || rung.state !== 'waiting') return;
    await ports.watchLevel({ id: levelId(index), pair: input.pair, above: rung.price });
    rung.state = 'armed';
  }

  /** Puts aside what is over, and learns from it. */
  function tidy(): void {
    if (state.target?.over) {
      const rung = state.rungs.find((r) => r.state === 'selling');
      if (rung !== undefined) {
        rung.sold = new Decimal(rung.sold).plus(state.target.filled).toFixed();
        const left = leftAtRungs(state, input)[state.rungs.indexOf(rung)]!;
        rung.state = left.lte(0) ? 'done' : 'waiting';
        if (rung.state === 'done') state.exitReason = 'target';
        const even = breakEvenPrice(input.exits.breakEven, atClose(), null);
        if (even !== null) raiseStop(even);
      }
      retire(state, 'target');
    }
    if (state.stop?.over) {
      if (new Decimal(state.stop.filled).gt(0)) state.exitReason = 'stop';
      retire(state, 'stop');
    }
    if (state.exit?.over) {
      if (new Decimal(state.exit.filled).gt(0)) state.exitReason = state.closing ?? 'close';
      retire(state, 'exit');
    }
  }

  async function cancelEntryOrder(): Promise<void> {
    if (state.entry.over) return;
    const after = await ports.cancelEntry();
    const { clientOrderId: id, n, filledQuantity, filledCost } = after;
    const status = endOf(after.status);
    applyUpdate(state, { clientOrderId: id, leg: 'entry', n, status, filledQuantity, filledCost });
  }

  /** Moves the stop up to `price` where that is higher; it follows at the next `react`. */
  function raiseStop(price: number): void {
    const onTick = stopOnTick(price, input.tick);
    if (new Decimal(onTick).gt(state.stopPrice)) state.stopPrice = onTick;
  }

  /** The first fill starts the clock of the time stop. */
  async function noteOpening(atMs: number): Promise<void> {
    if (state.openedMs !== null || quantityOf.bought(state).lte(0)) return;
    state.openedMs = atMs;
    const { timeStopMs } = input.exits;
    if (timeStopMs !== null) await ports.wakeAt('time-stop', atMs + timeStopMs);
  }

  return {
    /** Brings the venue's orders in line with what is held. */
    async react(atMs: number): Promise<void> {
      tidy();
      await noteOpening(atMs);
      // A stop above what is left of the entry would sell to it: the venue cancels the stop then, not the trade.
      if (state.stopPrice !== input.stopPrice) await cancelEntryOrder();
      const held = quantityOf.held(state);
      if (state.closing === null) {
        if (held.lte(0)) return;
        const inRung = new Decimal(state.target?.quantity ?? 0).minus(state.target?.filled ?? 0);
        await coverWithStop(held.minus(inRung), atMs);
        if (state.closing === null) {
          await armNextRung();
          return;
        }
      }
      await cancelEntryOrder();
      if (state.stop !== null && !state.stop.over) await cancel(state.stop);
      if (state.target !== null && !state.target.over) await cancel(state.target);
      tidy();
      const left = floorToStep(quantityOf.held(state), new Decimal(input.lot));
      if (state.exit === null && isOrderable(left)) {
        const placed = await reduce('exit', { kind: 'market', quantity: left, price: null }, atMs);
        // Nothing protects the position now: it is tried until it is sold.
        if (placed === 'refused') await ports.wakeAt('exit', atMs + EXIT_AGAIN_MS);
      }
    },

    /** A target was touched: the stop makes room, the rung goes out at its price or better. */
    async takeTarget(wakeId: string, atMs: number): Promise<void> {
      tidy();
      const index = state.rungs.findIndex((_, i) => levelId(i) === wakeId);
      const rung = state.rungs[index];
      if (rung === undefined || rung.state !== 'armed' || state.closing !== null) return;
      const held = quantityOf.held(state);
      const quantity = Decimal.min(leftAtRungs(state, input)[index]!, held);
      if (!isOrderable(quantity)) {
        rung.state = 'done';
        return;
      }
      await coverWithStop(held.minus(quantity), atMs);
      tidy();
      if (state.closing !== null || quantityOf.held(state).lt(quantity)) return;
      const floor = new Decimal(rung.price).mul(1 - input.targetSlippage);
      const price = floorToStep(floor, new Decimal(input.tick)).toFixed();
      const placed = await reduce('target', { kind: 'limit', quantity, price }, atMs);
      rung.state = placed === 'placed' ? 'selling' : 'waiting';
    },

    /** A bar of the desk's timeframe has closed. */
    async hearBar(atMs: number): Promise<void> {
      tidy();
      if (state.closing !== null || state.openedMs === null) return;
      if (quantityOf.held(state).lte(0)) return;
      const { exits, pair } = input;
      const bar = await ports.readBar({ pair, terms: exits, atMs, sinceMs: state.openedMs });
      if (bar === null) return;
      const move = exitAfterBar(exits, atClose(), bar);
      if (move.kind === 'close') state.closing = move.reason;
      if (move.kind === 'stop') raiseStop(move.price);
    },

    /** Deciders want the stop nearer: so many percent below the price as they saw it. */
    tighten(stopPct: number, price: number): void {
      if (state.closing === null && stopPct > 0 && stopPct < 100) {
        raiseStop(price * (1 - stopPct / 100));
      }
    },

    close(reason: string): void {
      state.closing ??= reason;
    },

    cancelEntryOrder,

    async forgetLevels(): Promise<void> {
      const index = state.rungs.findIndex((r) => r.state === 'armed');
      if (index >= 0) await ports.forgetLevel(levelId(index));
    },

    isOver(): boolean {
      if (!state.entry.over) return false;
      const resting = [state.stop, state.target, state.exit].some((o) => o !== null && !o.over);
      return !resting && !isOrderable(quantityOf.held(state));
    },
  };

  function atClose() {
    return {
      entryPrice: new Decimal(state.entry.cost).div(state.entry.filled).toNumber(),
      firstStop: Number(input.stopPrice),
      stop: Number(state.stopPrice),
      rungsSold: state.rungs.filter((r) => new Decimal(r.sold).gt(0)).length,
    };
  }
}

/** How an order ended that was told to: one that was never placed is cancelled too. */
function endOf(status: OrderState['status'] | 'unplaced'): OrderState['status'] {
  return status === 'unplaced' || status === 'open' ? 'canceled' : status;
}
