import type { PlacedReduction } from '../activities/orders/activities.ts';
import type { OrderState as Changed } from '../activities/orders/sending/change-order.ts';
import type { Reduction } from '../activities/orders/sending/reduce.ts';
import { clientOrderId } from '../shared/client-order-id.ts';
import {
  breakEvenPrice,
  exitAfterBar,
  isNearerStop,
  stopFrom,
  stopOnTick,
  type ClosedBar,
} from '../shared/guard/exit-after-bar.ts';
import type { ExitTerms } from '../shared/guard/exit-terms.ts';
import { Decimal, floorToStep, type DecimalText } from '../shared/money.ts';
import type { Pair } from '../shared/pair.ts';
import type { GuardInput } from './guard-input.ts';
import {
  applyUpdate,
  leftAtRungs,
  quantityOf,
  retire,
  type GuardState,
  type LegOrder,
} from './guard-state.ts';
import { restingTargets } from './guard-targets.ts';
import type { OrderState } from './messages.ts';

/** Venue time after which a refused exit is tried again. */
const EXIT_AGAIN_MS = 60_000;
/**
 * A younger order costs more of the venue's counter to amend: what an entry fills within this is covered
 * together.
 */
const YOUNG_STOP_MS = 5_000;
/** A stop that the venue has ended so often within that venue time, and nobody knows why, protects nothing. */
const LOST_STOPS = 3;
const LOST_STOPS_WITHIN_MS = 6 * 3_600_000;
/** Venue time after which a position that the venue says is gone is looked at again. */
const GONE_AGAIN_MS = 5_000;
/** How often the rest of a position on margin that is too small for an order is tried to be closed. */
const DUST_TRIES = 3;

/** Where the state counts a leg's orders. */
const COUNTERS = { stop: 'stopN', target: 'targetN', exit: 'exitN', dust: 'dustN' } as const;

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
    change: { clientOrderId: string; quantity: DecimalText; price?: DecimalText },
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
  alarm(kind: AlarmKind, words: string, atMs: number): Promise<void>;
}

/** What a person is told of: no stop, a position that the venue closed, one that cannot be left as was meant. */
export type AlarmKind = 'unprotected' | 'liquidated' | 'stuck';

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
  const side = input.margin?.side ?? 'buy';
  const isOnMargin = input.margin !== undefined;
  const isOrderable = (quantity: Decimal): boolean =>
    quantity.gte(input.minQuantity) && quantity.mul(state.stopPrice).gte(input.minCost);
  const levelId = (rung: number): string => `${self}#target-${rung}`;
  const limitMs = (): number | null => (isTimed() ? input.exits.unprotectedMs : null);

  /** Venue time of what is being dealt with. */
  let nowMs = 0;
  const targets = restingTargets(input, state, {
    async place(rung, quantity, price) {
      const placed = await reduce('target', { kind: 'limit', quantity, price }, nowMs);
      if (placed.kind === 'refused') return false;
      state.resting.push({ ...placed.order, rung, isCalledOff: false });
      return true;
    },
    async amend(order, quantity) {
      const change = { clientOrderId: order.clientOrderId, quantity: quantity.toFixed() };
      const after = await ports.amend(change, null);
      if ('kind' in after) return;
      order.quantity = change.quantity;
      learn(order.clientOrderId, after, 'as-it-is');
    },
    async cancel(order) {
      order.isCalledOff = true;
      await cancel(order);
    },
    later: () => ports.wakeAt('targets', nowMs + EXIT_AGAIN_MS),
    alarm: (words) => tellPerson('stuck', words, nowMs),
  });

  type Reduced =
    { kind: 'placed' | 'unsettled'; order: LegOrder } | { kind: 'refused'; reason: string };

  /** Places one reducing order; one that is not settled in time is to be kept, and cancelled. */
  async function reduce(
    leg: Reduction['leg'],
    order: { kind: Reduction['kind']; quantity: Decimal; price: DecimalText | null },
    atMs: number,
  ): Promise<Reduced> {
    const counter = COUNTERS[leg];
    const n = state[counter] + 1;
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
      timeInForce: order.kind === 'limit' && !isOnMargin ? 'ioc' : 'gtc',
      atMs,
    };
    const at = order.price === null ? 'at market' : `at ${order.price}`;
    const summary = `${leg} ${reduction.quantity} ${at}`;
    const placed = await ports.place(reduction, summary, leg === 'stop' ? limitMs() : null);
    state[counter] = n;
    if (placed.kind === 'refused') return placed;
    const made = {
      clientOrderId: clientOrderId(self, leg, n),
      quantity: placed.kind === 'open' ? placed.quantity : reduction.quantity,
      ...{ filled: '0', cost: '0', over: false },
    };
    return { kind: placed.kind === 'unsettled' ? 'unsettled' : 'placed', order: made };
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

  async function tellPerson(kind: AlarmKind, words: string, atMs: number): Promise<void> {
    state.alarms.push(words);
    await ports.alarm(kind, words, atMs);
  }

  /** Nothing protects what is held: it is closed at the market, and a person hears of it. */
  async function giveUpStop(why: string, atMs: number): Promise<void> {
    state.closing ??= 'unprotected';
    const held = quantityOf.held(state).toFixed();
    const how = side === 'buy' ? 'sold' : 'bought back';
    const words = `${input.position}: ${held} without a stop, ${why}; it is ${how} at the market`;
    await tellPerson('unprotected', words, atMs);
  }

  /** A stop that ended and that nobody called off; true when it was one too many. */
  function countLostStop(atMs: number): boolean {
    const recent = state.lostStops.filter((at) => at > atMs - LOST_STOPS_WITHIN_MS);
    state.lostStops = [...recent, atMs];
    return state.lostStops.length >= LOST_STOPS;
  }

  /** Makes the resting stop cover exactly `quantity`, at its price. */
  async function coverWithStop(quantity: Decimal, atMs: number): Promise<void> {
    const { stop } = state;
    if (stop !== null && !stop.over) {
      const wanted = quantity.plus(stop.filled);
      if (wanted.eq(stop.quantity) && stop.price === state.stopPrice) return;
      if (!isOrderable(quantity)) {
        stop.isCalledOff = true;
        await cancel(stop);
        await tidy(atMs);
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
      await tidy(atMs);
      if (state.closing !== null) return;
      // It ended meanwhile: what it has not sold gets a stop of its own.
      await coverWithStop(quantity.minus(before.minus(quantityOf.held(state))), atMs);
      return;
    }
    if (!isOrderable(quantity)) return;
    await ports.beforeStop();
    const price = state.stopPrice;
    const placed = await reduce('stop', { kind: 'stop-loss', quantity, price }, atMs);
    if (placed.kind === 'refused') {
      if (isGone(placed.reason) && !countLostStop(atMs)) {
        // What closed it is on its way to us.
        await ports.wakeAt('cover', atMs + GONE_AGAIN_MS);
      } else await giveUpStop('its stop was refused', atMs);
      return;
    }
    state.stop = { ...placed.order, price, changedMs: atMs };
    if (placed.kind === 'unsettled') await giveUpStop('its stop had no answer in time', atMs);
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
  async function tidy(atMs: number): Promise<void> {
    if ((await targets.tidy()) && quantityOf.held(state).gt(0)) moveStop(evenPrice());
    if (state.target?.over) {
      const rung = state.rungs.find((r) => r.state === 'selling');
      if (rung !== undefined) {
        rung.sold = new Decimal(rung.sold).plus(state.target.filled).toFixed();
        const left = leftAtRungs(state, input)[state.rungs.indexOf(rung)]!;
        rung.state = left.lte(0) ? 'done' : 'waiting';
        if (rung.state === 'done') state.exitReason = 'target';
        moveStop(evenPrice());
      }
      retire(state, 'target');
    }
    if (state.stop?.over) {
      const { filled, quantity, isCalledOff = false } = state.stop;
      if (new Decimal(filled).gt(0)) state.exitReason = 'stop';
      retire(state, 'stop');
      const isLost = !isCalledOff && new Decimal(filled).lt(quantity);
      const isOpen = state.closing === null && isOrderable(quantityOf.held(state));
      if (isLost && isOpen && countLostStop(atMs)) {
        await giveUpStop(`the venue has ended its stop ${LOST_STOPS} times`, atMs);
      }
    }
    if (state.dust?.over) retire(state, 'dust');
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

  /** Moves the stop to `price` where that is nearer than it is; it follows at the next `react`. */
  function moveStop(price: number | null): void {
    if (price === null) return;
    const onTick = stopOnTick(price, input.tick, side);
    if (isNearerStop(side, Number(onTick), Number(state.stopPrice))) state.stopPrice = onTick;
  }

  const evenPrice = (): number | null => breakEvenPrice(input.exits.breakEven, atClose(), null);

  /** What the venue itself has closed of the position ends it, and a person hears of it. */
  async function noteTaken(atMs: number): Promise<void> {
    if (state.taken.length === state.takenTold) return;
    state.takenTold = state.taken.length;
    state.closing ??= 'liquidated';
    state.exitReason = 'liquidated';
    const taken = Decimal.sum(0, ...state.taken.map((order) => order.filled)).toFixed();
    const words = `${input.position}: ${taken} was closed by no order of the desk: the venue has liquidated it`;
    await tellPerson('liquidated', words, atMs);
  }

  /** On margin nothing may stay open: what is too small for an order is closed with the whole position. */
  async function closeDust(atMs: number): Promise<void> {
    const held = quantityOf.held(state);
    if (!isOnMargin || !state.entry.over || held.lte(0) || isOrderable(held)) return;
    if (hasLiveOrder() || state.dustN >= DUST_TRIES) return;
    const placed = await reduce('dust', { kind: 'market', quantity: held, price: null }, atMs);
    if (placed.kind !== 'refused') {
      state.dust = placed.order;
      return;
    }
    if (state.dustN < DUST_TRIES) return closeDust(atMs);
    const words = `${input.position}: ${held.toFixed()} stays open at the venue, which takes no order so small`;
    await tellPerson('stuck', words, atMs);
  }

  function hasLiveOrder(): boolean {
    const orders = [state.stop, state.target, state.exit, state.dust, ...state.resting];
    return orders.some((order) => order !== null && !order.over);
  }

  /** The first fill starts the clock of the time stop. */
  async function noteOpening(atMs: number): Promise<void> {
    if (state.openedMs !== null || quantityOf.entered(state).lte(0)) return;
    state.openedMs = atMs;
    const { timeStopMs } = input.exits;
    if (timeStopMs !== null) await ports.wakeAt('time-stop', atMs + timeStopMs);
  }

  return {
    /** Brings the venue's orders in line with what is held. */
    async react(atMs: number): Promise<void> {
      nowMs = atMs;
      await tidy(atMs);
      await noteOpening(atMs);
      await noteTaken(atMs);
      // A stop above what is left of the entry would sell to it: the venue cancels the stop then, not the trade.
      if (state.stopPrice !== input.stopPrice) await cancelEntryOrder();
      if (state.closing === null) await (isOnMargin ? guardOnMargin(atMs) : guardOnSpot(atMs));
      if (state.closing !== null) await leave(atMs);
      await closeDust(atMs);
    },

    /** A target was touched: the stop makes room, the rung goes out at its price or better. */
    async takeTarget(wakeId: string, atMs: number): Promise<void> {
      await tidy(atMs);
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
      await tidy(atMs);
      if (state.closing !== null || quantityOf.held(state).lt(quantity)) return;
      const floor = new Decimal(rung.price).mul(1 - input.targetSlippage);
      const price = floorToStep(floor, new Decimal(input.tick)).toFixed();
      const placed = await reduce('target', { kind: 'limit', quantity, price }, atMs);
      rung.state = placed.kind === 'placed' ? 'selling' : 'waiting';
      if (placed.kind !== 'refused') state.target = placed.order;
    },

    /** A bar of the desk's timeframe has closed. */
    async hearBar(atMs: number): Promise<void> {
      await tidy(atMs);
      if (state.closing !== null || state.openedMs === null) return;
      if (quantityOf.held(state).lte(0)) return;
      const { exits, pair } = input;
      const bar = await ports.readBar({ pair, terms: exits, atMs, sinceMs: state.openedMs });
      if (bar === null) return;
      const move = exitAfterBar(exits, atClose(), bar);
      if (move.kind === 'close') state.closing = move.reason;
      if (move.kind === 'stop') moveStop(move.price);
    },

    /** Deciders want the stop nearer: so many percent from the price as they saw it. */
    tighten(stopPct: number, price: number): void {
      if (state.closing === null && stopPct > 0 && stopPct < 100) {
        moveStop(stopFrom(side, price, stopPct));
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
      if (!state.entry.over || hasLiveOrder()) return false;
      const held = quantityOf.held(state);
      const isDustLeft = isOnMargin && held.gt(0) && state.dustN < DUST_TRIES;
      return !isOrderable(held) && !isDustLeft;
    },
  };

  /** On spot a resting stop holds what could be sold elsewhere: the next target is waited for. */
  async function guardOnSpot(atMs: number): Promise<void> {
    const held = quantityOf.held(state);
    if (held.lte(0)) return;
    const inRung = new Decimal(state.target?.quantity ?? 0).minus(state.target?.filled ?? 0);
    await coverWithStop(held.minus(inRung), atMs);
    if (state.closing === null) await armNextRung();
  }

  /** On margin stop and targets rest side by side, for no more than is open. */
  async function guardOnMargin(atMs: number): Promise<void> {
    await coverWithStop(quantityOf.held(state), atMs);
    if (state.closing !== null) return;
    // While the entry fills they are made larger together with the stop.
    const sinceMs = atMs - (state.stop?.changedMs ?? -Infinity);
    const isBetween = !state.entry.over && isTimed() && sinceMs > 0 && sinceMs < YOUNG_STOP_MS;
    await targets.arrange(quantityOf.held(state), !isBetween);
  }

  /** Everything that rests is cancelled, and what is open then goes at the market. */
  async function leave(atMs: number): Promise<void> {
    await cancelEntryOrder();
    if (state.stop !== null && !state.stop.over) {
      state.stop.isCalledOff = true;
      await cancel(state.stop);
    }
    if (state.target !== null && !state.target.over) await cancel(state.target);
    await targets.cancelAll();
    await tidy(atMs);
    const left = floorToStep(quantityOf.held(state), new Decimal(input.lot));
    if (state.exit !== null || !isOrderable(left)) return;
    const placed = await reduce('exit', { kind: 'market', quantity: left, price: null }, atMs);
    // Nothing protects the position now: it is tried until it is closed.
    if (placed.kind === 'refused') await ports.wakeAt('exit', atMs + EXIT_AGAIN_MS);
    else state.exit = placed.order;
  }

  function atClose() {
    return {
      side,
      entryPrice: new Decimal(state.entry.cost).div(state.entry.filled).toNumber(),
      firstStop: Number(input.stopPrice),
      stop: Number(state.stopPrice),
      rungsSold: state.rungs.filter((r) => new Decimal(r.sold).gt(0)).length,
    };
  }
}

/** Whether the venue refuses because nothing is open any more. */
function isGone(reason: string): boolean {
  return reason.includes('Reduce only:');
}

/** How an order ended that was told to: one that was never placed is cancelled too. */
function endOf(status: OrderState['status'] | 'unplaced'): OrderState['status'] {
  return status === 'unplaced' || status === 'open' ? 'canceled' : status;
}
