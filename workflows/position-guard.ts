import {
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { Decimal, type DecimalText } from '../shared/money.ts';
import { local, sendingOn, settlingOn } from './activities.ts';
import type { GuardInput } from './guard-input.ts';
import {
  applyUpdate,
  completeState,
  leftAtRungs,
  newGuardState,
  quantityOf,
  type GuardState,
} from './guard-state.ts';
import { guardSteps, type GuardPorts, type Unsettled } from './guard-steps.ts';
import { handleInOrder, on } from './handle-in-order.ts';
import {
  barSeen,
  cancelEntry,
  closePosition,
  orderUpdate,
  position as positionQuery,
  settled,
  settledAs,
  tighten,
  tradeClosed,
  type BarSeen,
  type CloseRequest,
  type OrderUpdate,
  type PositionStatus,
  type TightenRequest,
} from './messages.ts';
import { outcomeKey } from './search-attributes.ts';
import { venueWakeUps, type VenueWakeUps } from './venue-wake-ups.ts';

type Message =
  | ({ kind: 'order' } & OrderUpdate)
  | ({ kind: 'bar' } & BarSeen)
  | ({ kind: 'tighten' } & TightenRequest)
  | ({ kind: 'close' } & CloseRequest)
  | ({ kind: 'cancel-entry' } & CloseRequest);

/**
 * Watches one position from before its entry is sent until it is flat or the entry ended unfilled, and
 * sends every later order of it. From the first orderable fill a stop for all that is held rests on the
 * venue; at a target the stop makes room for the rung, which is sold, and takes the unsold part back. At
 * each bar the stop may rise, to break-even or behind the highest high, never fall. On `close`, an
 * invalidation or at its time stop the stop is cancelled and everything sold at market; so too where no stop
 * can be placed in time, which a person is told. Tells the desk `settled` for every event it was told of, and
 * `tradeClosed` at the end. Continues as new when the server suggests it.
 */
export async function positionGuard(
  input: GuardInput,
): Promise<{ exitReason: string; pnl: DecimalText }> {
  const self = workflowInfo().workflowId;
  const desk = getExternalWorkflowHandle(input.deskWorkflow);
  const inbox: Message[] = [];
  handleInOrder([
    on(orderUpdate, (m) => void inbox.push({ kind: 'order', ...m })),
    on(barSeen, (m) => void inbox.push({ kind: 'bar', ...m })),
    on(tighten, (m) => void inbox.push({ kind: 'tighten', ...m })),
    on(closePosition, (m) => void inbox.push({ kind: 'close', ...m })),
    on(cancelEntry, (m) => void inbox.push({ kind: 'cancel-entry', ...m })),
  ]);

  const state =
    input.carried === undefined ? newGuardState(input) : completeState(input.carried.state);
  const wakeUps = venueWakeUps(self, (m) => void inbox.push({ kind: 'order', ...m }));
  const steps = guardSteps(input, self, state, portsOf(input, wakeUps), () => !state.isStepped);
  setHandler(positionQuery, () => positionStatus(input, state));
  for (const [name, atMs] of Object.entries(input.carried?.wakeUps ?? {})) {
    await wakeUps.untilVenueTime(name, atMs);
  }
  setCurrentDetails(describe(input, state));

  for (;;) {
    await condition(() => inbox.length > 0);
    const batch = inbox.splice(0);
    const atMs = Math.max(...batch.map((m) => m.atMs));
    if (batch.some((m) => m.event !== null)) state.isStepped = true;
    for (const message of batch) await take(message, atMs);
    await steps.react(atMs);
    setCurrentDetails(describe(input, state));

    const outbox = batch.flatMap((m) => (m.kind === 'order' ? m.outbox : []));
    if (outbox.length > 0) await local.acknowledgeUpdates({ outbox });
    const isOver = steps.isOver();
    const result = isOver ? await finish(atMs) : null;
    await reportSettled(batch);
    if (result === null) {
      if (workflowInfo().continueAsNewSuggested) await goOn();
      continue;
    }
    // What came while it ended needs nothing any more but the word that it is settled.
    while (inbox.length > 0) await reportSettled(inbox.splice(0));
    return result;
  }

  async function goOn(): Promise<void> {
    // After a timer, as the desk: an end that follows a local step's answer might not see a late message.
    await sleep(1);
    if (inbox.length > 0) return;
    const carried = { state, wakeUps: wakeUps.pending() };
    await continueAsNew<typeof positionGuard>({ ...input, carried });
  }

  async function reportSettled(messages: readonly Message[]): Promise<void> {
    const reports = new Map<string, { event: number; by: string }>();
    for (const message of messages) {
      if (message.event === null) continue;
      const by = message.kind === 'order' ? self : settledAs(self, message.by);
      reports.set(`${message.event} ${by}`, { event: message.event, by });
    }
    for (const report of reports.values()) await desk.signal(settled, { ...report, concerned: [] });
  }

  async function take(message: Message, atMs: number): Promise<void> {
    switch (message.kind) {
      case 'order':
        for (const order of message.orders) applyUpdate(state, order);
        for (const id of message.wakes) {
          if (!wakeUps.isDue(id, atMs)) await steps.takeTarget(id, atMs);
          else if (id === `${self}#time-stop`) steps.close('time-stop');
        }
        return;
      case 'bar':
        return steps.hearBar(message.atMs);
      case 'tighten':
        return steps.tighten(message.stopPct, message.price);
      case 'close':
        return steps.close(message.reason);
      case 'cancel-entry':
        return steps.cancelEntryOrder();
      default:
        message satisfies never;
    }
  }

  async function finish(atMs: number): Promise<{ exitReason: string; pnl: DecimalText }> {
    await steps.forgetLevels();
    wakeUps.forget('time-stop');
    const exitReason = quantityOf.entered(state).isZero()
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

/** The venue and the books as activities. */
function portsOf(input: GuardInput, wakeUps: VenueWakeUps): GuardPorts {
  const { position } = input;
  const settling = settlingOn(input.ordersQueue);
  return {
    async place(reduction, summary, limitMs) {
      const placed = await within(limitMs, () =>
        sendingOn(input.ordersQueue, summary)
          .placeReduction(reduction)
          // An answer that is not definite is looked up before anything is sent again.
          .catch((error: unknown) => {
            if (isCancellation(error)) throw error;
            return settling.settleReduction(reduction);
          }),
      );
      if (placed.kind === 'refused') {
        const { leg, n } = reduction;
        log.warn('a reducing order was refused', { position, leg, n, ...placed });
      }
      return placed;
    },
    amend: (change, limitMs) => within(limitMs, () => settling.amendOrder(change)),
    cancel: (clientOrderId) => settling.cancelOrder({ clientOrderId }),
    cancelEntry: () => settling.cancelEntry({ position }),
    watchLevel: (level) => local.watchLevel(level),
    forgetLevel: (id) => local.forgetLevel({ id }),
    wakeAt: (name, atMs) => wakeUps.untilVenueTime(name, atMs),
    readBar: (of) => local.readExitBar(of),
    beforeStop: () => local.passProbe('between-fill-and-stop'),
    alarm: async (kind, words, atMs) => {
      log.error(words, { position });
      await local.noteAlarm({ kind, position, words, atMs });
    },
  };
}

/** The answer, or `unsettled` when it has not come by the limit. */
async function within<T>(limitMs: number | null, call: () => Promise<T>): Promise<T | Unsettled> {
  if (limitMs === null) return call();
  let hasPassed = false;
  const work = new CancellationScope();
  const timer = new CancellationScope();
  timer
    .run(() => sleep(limitMs, { summary: 'longest time without a stop' }))
    .then(() => {
      hasPassed = true;
      work.cancel();
    })
    .catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  try {
    return await work.run(call);
  } catch (error) {
    if (hasPassed && isCancellation(error)) return { kind: 'unsettled' };
    throw error;
  } finally {
    timer.cancel();
  }
}

function positionStatus(input: GuardInput, state: GuardState): PositionStatus {
  const { filled, cost, over } = state.entry;
  const bought = new Decimal(filled);
  const held = quantityOf.held(state);
  const isFlat = over && held.lte(0);
  const left = leftAtRungs(state, input);
  return {
    position: input.position,
    pair: input.pair,
    state: isFlat ? 'over' : state.closing !== null ? 'closing' : held.gt(0) ? 'open' : 'opening',
    held: held.toFixed(),
    entryPrice: bought.isZero()
      ? null
      : new Decimal(cost).div(bought).toSignificantDigits(10).toFixed(),
    stopPrice: state.stop?.price ?? null,
    targets: state.rungs.map((r, i) => ({
      price: r.price,
      quantity: left[i]!.toFixed(),
      done: r.state === 'done',
    })),
    alarms: state.alarms,
  };
}

function describe(input: GuardInput, state: GuardState): string {
  const s = positionStatus(input, state);
  const lines = [
    ...s.alarms.map((words) => `**ALARM** ${words}\n`),
    `**${s.pair}** ${s.state}: holds ${s.held} of ${input.entryQuantity} ordered`,
    `- entry ${s.entryPrice ?? 'not filled yet'}`,
    `- stop ${s.stopPrice === null ? 'none resting' : `${s.stopPrice} resting on the venue`}`,
    ...s.targets.map((t) => `- target ${t.price}: ${t.done ? 'sold' : `${t.quantity} left`}`),
  ];
  if (state.closing !== null) lines.push(`- closing: ${state.closing}`);
  return lines.join('\n');
}
