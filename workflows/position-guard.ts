import {
  condition,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { Decimal, floorToStep, type DecimalText } from '../shared/money.ts';
import type { Pair } from '../shared/pair.ts';
import { clientOrderId } from '../shared/client-order-id.ts';
import { local, sendingOn, settlingOn } from './activities.ts';
import { applyUpdate, quantityOf, retire, type GuardState } from './guard-state.ts';
import {
  cancelEntry,
  closePosition,
  orderUpdate,
  position as positionQuery,
  settled,
  tradeClosed,
  type CloseRequest,
  type OrderState,
  type OrderUpdate,
  type PositionStatus,
} from './messages.ts';
import { outcomeKey } from './search-attributes.ts';
import { venueWakeUps, type VenueWakeUps } from './venue-wake-ups.ts';

export interface GuardInput {
  desk: string;
  deskWorkflow: string;
  position: string;
  pair: Pair;
  entryQuantity: DecimalText;
  entryClientOrderId: string;
  stopPrice: DecimalText;
  targets: { price: DecimalText; quantity: DecimalText }[];
  /** Steps and minimums of the pair: base, quote, base, quote. */
  lot: DecimalText;
  tick: DecimalText;
  minQuantity: DecimalText;
  minCost: DecimalText;
  /** How far below its price a rung may be sold, as a share of the price. */
  targetSlippage: number;
  ordersQueue: string;
}

/** Venue time after which a refused exit is tried again. */
const EXIT_AGAIN_MS = 60_000;

type Message =
  | ({ kind: 'order' } & OrderUpdate)
  | ({ kind: 'close' } & CloseRequest)
  | ({ kind: 'cancel-entry' } & CloseRequest);

/**
 * Watches one position from before its entry is sent until it is flat or the entry ended unfilled, and
 * sends every later order of it. From the first orderable fill a stop for all that is held rests on the
 * venue; at a target the stop makes room for the rung, which is sold, and takes the unsold part back;
 * on `close` the stop is cancelled and everything sold at market. Where no stop can be placed the
 * position is closed at once. Tells the desk `settled` for every event it was told of, and `tradeClosed`
 * at the end.
 */
export async function positionGuard(
  input: GuardInput,
): Promise<{ exitReason: string; pnl: DecimalText }> {
  const self = workflowInfo().workflowId;
  const desk = getExternalWorkflowHandle(input.deskWorkflow);
  const inbox: Message[] = [];
  setHandler(orderUpdate, (m) => void inbox.push({ kind: 'order', ...m }));
  setHandler(closePosition, (m) => void inbox.push({ kind: 'close', ...m }));
  setHandler(cancelEntry, (m) => void inbox.push({ kind: 'cancel-entry', ...m }));

  const state: GuardState = {
    entry: {
      clientOrderId: input.entryClientOrderId,
      quantity: input.entryQuantity,
      filled: '0',
      cost: '0',
      over: false,
    },
    entryN: 1,
    stop: null,
    stopPrice: input.stopPrice,
    stopN: 0,
    target: null,
    targetN: 0,
    exit: null,
    exitN: 0,
    soldBefore: '0',
    rungs: input.targets.map((t) => ({ price: t.price, left: t.quantity, state: 'waiting' })),
    closing: null,
    exitReason: null,
  };
  const wakeUps = venueWakeUps(self, (m) => void inbox.push({ kind: 'order', ...m }));
  const steps = guardSteps(input, self, state, wakeUps);
  setHandler(positionQuery, () => positionStatus(input, state));
  setCurrentDetails(describe(input, state));

  for (;;) {
    await condition(() => inbox.length > 0);
    const batch = inbox.splice(0);
    const atMs = Math.max(...batch.map((m) => m.atMs));
    for (const message of batch) await take(message, atMs);
    await steps.react(atMs);
    setCurrentDetails(describe(input, state));

    const outbox = batch.flatMap((m) => (m.kind === 'order' ? m.outbox : []));
    if (outbox.length > 0) await local.acknowledgeUpdates({ outbox });
    const isOver = steps.isOver();
    const result = isOver ? await finish(atMs) : null;
    await reportSettled(batch);
    if (result === null) continue;
    // What came while it ended needs nothing any more but the word that it is settled.
    while (inbox.length > 0) await reportSettled(inbox.splice(0));
    return result;
  }

  async function reportSettled(messages: readonly Message[]): Promise<void> {
    for (const event of new Set(messages.map((m) => m.event))) {
      if (event !== null) await desk.signal(settled, { event, by: self, concerned: [] });
    }
  }

  async function take(message: Message, atMs: number): Promise<void> {
    switch (message.kind) {
      case 'order':
        for (const order of message.orders) applyUpdate(state, order);
        for (const id of message.wakes) {
          if (!wakeUps.isDue(id, atMs)) await steps.takeTarget(id, atMs);
        }
        return;
      case 'close':
        state.closing ??= message.reason;
        return;
      case 'cancel-entry':
        await steps.cancelEntryOrder();
        return;
      default:
        message satisfies never;
    }
  }

  async function finish(atMs: number): Promise<{ exitReason: string; pnl: DecimalText }> {
    await steps.forgetLevels();
    const exitReason = quantityOf.bought(state).isZero()
      ? 'unfilled'
      : (state.exitReason ?? (quantityOf.held(state).gt(0) ? 'dust' : 'closed'));
    const { pnl } = await local.closeTrade({ position: input.position, exitReason, atMs });
    upsertSearchAttributes([{ key: outcomeKey, value: exitReason }]);
    // Of an unfilled entry too: a desk that flattens waits for every guard.
    await desk.signal(tradeClosed, {
      position: input.position,
      pair: input.pair,
      atMs,
      exitReason,
      pnl,
    });
    return { exitReason, pnl };
  }
}

/** What a guard does at the venue; every step leaves `state` true of what has been answered. */
function guardSteps(
  input: GuardInput,
  self: string,
  state: GuardState,
  wakeUps: Pick<VenueWakeUps, 'untilVenueTime'>,
) {
  const settling = settlingOn(input.ordersQueue);
  const isOrderable = (quantity: Decimal): boolean =>
    quantity.gte(input.minQuantity) && quantity.mul(state.stopPrice).gte(input.minCost);
  const levelId = (rung: number): string => `${self}#target-${rung}`;

  /** Places one reducing order; false when it was refused. */
  async function reduce(
    leg: 'stop' | 'target' | 'exit',
    order: { kind: 'market' | 'limit' | 'stop-loss'; quantity: Decimal; price: DecimalText | null },
    atMs: number,
  ): Promise<boolean> {
    const n = { stop: state.stopN, target: state.targetN, exit: state.exitN }[leg] + 1;
    const reduction = {
      guard: self,
      position: input.position,
      pair: input.pair,
      leg,
      n,
      kind: order.kind,
      quantity: order.quantity.toFixed(),
      lot: input.lot,
      price: order.price,
      timeInForce: order.kind === 'limit' ? ('ioc' as const) : ('gtc' as const),
      atMs,
    };
    // An answer that is not definite is looked up before anything is sent again.
    const at = order.price === null ? 'at market' : `at ${order.price}`;
    const placed = await sendingOn(input.ordersQueue, `${leg} ${reduction.quantity} ${at}`)
      .placeReduction(reduction)
      .catch(() => settling.settleReduction(reduction));
    if (leg === 'stop') state.stopN = n;
    if (leg === 'target') state.targetN = n;
    if (leg === 'exit') state.exitN = n;
    if (placed.kind === 'refused') {
      log.warn('a reducing order was refused', { position: input.position, leg, n, ...placed });
      return false;
    }
    state[leg] = {
      clientOrderId: clientOrderId(self, leg, n),
      quantity: placed.quantity,
      filled: '0',
      cost: '0',
      over: false,
    };
    return true;
  }

  /** Cancels a resting order of the position; afterwards its fills are known and it is over. */
  async function cancel(order: { clientOrderId: string }): Promise<void> {
    const after = await settling.cancelOrder({ clientOrderId: order.clientOrderId });
    applyUpdate(state, {
      clientOrderId: order.clientOrderId,
      leg: '',
      n: 0,
      status: endOf(after.status),
      filledQuantity: after.filledQuantity,
      filledCost: after.filledCost,
    });
  }

  /** Makes the resting stop cover exactly `quantity`. */
  async function coverWithStop(quantity: Decimal, atMs: number): Promise<void> {
    if (state.stop !== null && !state.stop.over) {
      const wanted = quantity.plus(state.stop.filled);
      if (wanted.eq(state.stop.quantity)) return;
      if (!isOrderable(quantity)) {
        await cancel(state.stop);
        tidy();
        return;
      }
      const after = await settling.amendOrder({
        clientOrderId: state.stop.clientOrderId,
        quantity: wanted.toFixed(),
      });
      state.stop.quantity = wanted.toFixed();
      if (after.status !== 'open') {
        const before = quantityOf.held(state);
        applyUpdate(state, {
          clientOrderId: state.stop.clientOrderId,
          leg: 'stop',
          n: state.stopN,
          status: after.status === 'unplaced' ? 'canceled' : after.status,
          filledQuantity: after.filledQuantity,
          filledCost: after.filledCost,
        });
        tidy();
        // It ended meanwhile: what it has not sold gets a stop of its own.
        await coverWithStop(quantity.minus(before.minus(quantityOf.held(state))), atMs);
      }
      return;
    }
    if (!isOrderable(quantity)) return;
    await local.passProbe('between-fill-and-stop');
    const placed = await reduce(
      'stop',
      { kind: 'stop-loss', quantity, price: state.stopPrice },
      atMs,
    );
    if (!placed) state.closing ??= 'unprotected';
  }

  async function armNextRung(): Promise<void> {
    const index = state.rungs.findIndex((r) => r.state !== 'done');
    const rung = state.rungs[index];
    if (rung === undefined || rung.state !== 'waiting') return;
    await local.watchLevel({ id: levelId(index), pair: input.pair, above: rung.price });
    rung.state = 'armed';
  }

  /** Puts aside what is over, and learns from it. */
  function tidy(): void {
    if (state.target?.over) {
      const rung = state.rungs.find((r) => r.state === 'selling');
      if (rung !== undefined) {
        const left = new Decimal(rung.left).minus(state.target.filled);
        rung.left = left.toFixed();
        rung.state = left.lte(0) ? 'done' : 'waiting';
        if (rung.state === 'done') state.exitReason = 'target';
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

  return {
    /** Brings the venue's orders in line with what is held. */
    async react(atMs: number): Promise<void> {
      tidy();
      const held = quantityOf.held(state);
      if (state.closing === null) {
        if (held.lte(0)) return;
        const inRung = state.target === null ? new Decimal(0) : new Decimal(state.target.quantity);
        await coverWithStop(held.minus(inRung), atMs);
        if (state.closing === null) {
          await armNextRung();
          return;
        }
      }
      await this.cancelEntryOrder();
      if (state.stop !== null && !state.stop.over) await cancel(state.stop);
      if (state.target !== null && !state.target.over) await cancel(state.target);
      tidy();
      const left = floorToStep(quantityOf.held(state), new Decimal(input.lot));
      if (state.exit === null && isOrderable(left)) {
        const placed = await reduce('exit', { kind: 'market', quantity: left, price: null }, atMs);
        // Nothing protects the position now: it is tried until it is sold.
        if (!placed) await wakeUps.untilVenueTime('exit', atMs + EXIT_AGAIN_MS);
      }
    },

    /** A target was touched: the stop makes room, the rung goes out at its price or better. */
    async takeTarget(wakeId: string, atMs: number): Promise<void> {
      tidy();
      const index = state.rungs.findIndex((_, i) => levelId(i) === wakeId);
      const rung = state.rungs[index];
      if (rung === undefined || rung.state !== 'armed' || state.closing !== null) return;
      const held = quantityOf.held(state);
      const quantity = Decimal.min(rung.left, held);
      if (!isOrderable(quantity)) {
        rung.state = 'done';
        return;
      }
      await coverWithStop(held.minus(quantity), atMs);
      tidy();
      if (quantityOf.held(state).lt(quantity)) return;
      const floor = new Decimal(rung.price).mul(1 - input.targetSlippage);
      const price = floorToStep(floor, new Decimal(input.tick)).toFixed();
      const placed = await reduce('target', { kind: 'limit', quantity, price }, atMs);
      rung.state = placed ? 'selling' : 'waiting';
    },

    async cancelEntryOrder(): Promise<void> {
      if (state.entry.over) return;
      const after = await settling.cancelEntry({ position: input.position });
      applyUpdate(state, { ...after, leg: 'entry', status: endOf(after.status) });
    },

    async forgetLevels(): Promise<void> {
      const index = state.rungs.findIndex((r) => r.state === 'armed');
      if (index >= 0) await local.forgetLevel({ id: levelId(index) });
    },

    isOver(): boolean {
      if (!state.entry.over) return false;
      const resting = [state.stop, state.target, state.exit].some((o) => o !== null && !o.over);
      return !resting && !isOrderable(quantityOf.held(state));
    },
  };
}

/** How an order ended that was told to: one that was never placed is cancelled too. */
function endOf(status: OrderState['status'] | 'unplaced'): OrderState['status'] {
  return status === 'unplaced' || status === 'open' ? 'canceled' : status;
}

function positionStatus(input: GuardInput, state: GuardState): PositionStatus {
  const { filled, cost, over } = state.entry;
  const bought = new Decimal(filled);
  const held = quantityOf.held(state);
  const isFlat = over && held.lte(0);
  return {
    position: input.position,
    pair: input.pair,
    state: isFlat ? 'over' : state.closing !== null ? 'closing' : held.gt(0) ? 'open' : 'opening',
    held: held.toFixed(),
    entryPrice: bought.isZero()
      ? null
      : new Decimal(cost).div(bought).toSignificantDigits(10).toFixed(),
    stopPrice: state.stop === null ? null : state.stopPrice,
    targets: state.rungs.map((r) => ({
      price: r.price,
      quantity: r.left,
      done: r.state === 'done',
    })),
  };
}

function describe(input: GuardInput, state: GuardState): string {
  const s = positionStatus(input, state);
  const lines = [
    `**${s.pair}** ${s.state}: holds ${s.held} of ${input.entryQuantity} ordered`,
    `- entry ${s.entryPrice ?? 'not filled yet'}`,
    `- stop ${s.stopPrice === null ? 'none resting' : `${s.stopPrice} resting on the venue`}`,
    ...s.targets.map((t) => `- target ${t.price}: ${t.done ? 'sold' : `${t.quantity} left`}`),
  ];
  if (state.closing !== null) lines.push(`- closing: ${state.closing}`);
  return lines.join('\n');
}
