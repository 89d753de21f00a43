import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ParentClosePolicy,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { ModelAsk } from '../shared/llm/model-asks.ts';
import { workflowIds } from '../shared/names.ts';
import type { Pair } from '../shared/pair.ts';
import { isoTime, type Timeframe } from '../shared/timeframe.ts';
import { local } from './activities.ts';
import { handleInOrder, on } from './handle-in-order.ts';
import {
  barClosed,
  cancelEntry,
  closePosition,
  flatten,
  halt,
  orderUpdate,
  pause,
  reconcileNow,
  resume,
  settled,
  status,
  tradeClosed,
  turn,
  turnWanted,
  venueEvent,
  type BarClosed,
  type DeskStatus,
  type Settled,
  type Steering,
  type TradeClosed,
  type VenueEventSeen,
} from './messages.ts';
import { reconcile } from './reconcile.ts';
import { deskKey, pairKey } from './search-attributes.ts';
import { tradingCycle } from './trading-cycle.ts';

export interface DeskInput {
  desk: string;
  pairs: Pair[];
  timeframe: Timeframe;
  deciders: string[];
  /** Those of the deciders that are models. */
  models?: Record<string, ModelAsk>;
  ordersQueue: string;
  /** Venue time between reconciliations. */
  reconcileEveryMs: number;
  carried?: Carried;
}

/** What goes on into the next run of the desk's workflow. */
interface Carried {
  day: number | null;
  lastBarMs: number | null;
  lastEvent: number;
  lastReconcileMs: number | null;
  /** Reconciliations that people asked for. */
  askedReconciles: number;
  venueTimeMs: number | null;
  missedBars: number;
  isEnded: boolean;
  inbox: Message[];
  open: OpenEvent | null;
  /** Reports on events that the desk has not heard of yet. */
  early: Settled[];
}

interface OpenEvent {
  number: number;
  atMs: number;
  waiting: string[];
  done: string[];
}

interface CycleInFlight {
  pair: Pair;
  barMs: number;
  event: number | null;
  turn: 'thinking' | 'wants' | 'has';
}

type SteeringKind = 'pause' | 'resume' | 'halt' | 'flatten';

type Message =
  | ({ kind: 'bar' } & BarClosed)
  | { kind: 'event'; seen: VenueEventSeen }
  | ({ kind: 'settled' } & Settled)
  | { kind: 'turn-wanted'; cycle: string }
  | { kind: 'cycle-closed'; cycle: string; concerned: string[] }
  | ({ kind: 'trade-closed' } & TradeClosed)
  | { kind: 'steer'; command: SteeringKind; by: Steering; untilMs: number | null }
  | { kind: 'wake'; event: number | null; atMs: number }
  | { kind: 'reconcile'; by: Steering };

const DAY_MS = 86_400_000;

/**
 * One desk, for ever. At each bar close it reads the account once, starts one cycle a pair, and lets
 * them take their turns in the profile's order; it acknowledges each event of a stepped venue when all
 * that were concerned have settled. People pause, resume, halt and flatten it by signal; losses and
 * drawdown do so by themselves. Continues as new at each venue day, carrying what is in flight.
 */
export async function tradingDesk(input: DeskInput): Promise<never> {
  const self = workflowInfo().workflowId;
  const s: Carried = input.carried ?? {
    day: null,
    lastBarMs: null,
    lastEvent: 0,
    lastReconcileMs: null,
    askedReconciles: 0,
    venueTimeMs: null,
    missedBars: 0,
    isEnded: false,
    inbox: [],
    open: null,
    early: [],
  };
  const cycles = new Map<string, CycleInFlight>();
  const { inbox } = s;

  const steer = (command: SteeringKind) => (by: Steering & { untilMs?: number }) =>
    void inbox.push({ kind: 'steer', command, by, untilMs: by.untilMs ?? null });
  handleInOrder([
    on(barClosed, (m) => void inbox.push({ kind: 'bar', ...m })),
    on(venueEvent, (seen) => void inbox.push({ kind: 'event', seen })),
    on(settled, (m) => void inbox.push({ kind: 'settled', ...m })),
    on(turnWanted, (m) => void inbox.push({ kind: 'turn-wanted', cycle: m.cycle })),
    on(tradeClosed, (m) => void inbox.push({ kind: 'trade-closed', ...m })),
    on(orderUpdate, (m) => void inbox.push({ kind: 'wake', event: m.event, atMs: m.atMs })),
    on(pause, steer('pause')),
    on(resume, steer('resume')),
    on(halt, steer('halt')),
    on(flatten, steer('flatten')),
    on(reconcileNow, (by) => void inbox.push({ kind: 'reconcile', by })),
  ]);
  let state = await local.openDesk();
  setHandler(status, () => deskStatus());
  showDetails();

  for (;;) {
    for (let message = inbox.shift(); message !== undefined; message = inbox.shift()) {
      await take(message);
    }
    await grantTurn();
    if (isSettled() && (isNewDay() || workflowInfo().continueAsNewSuggested)) {
      // Before the acknowledgement, while a stepped venue's clock still stands: nothing new comes from it.
      // After a timer, for an end that followed a local step's answer and is repeated by the server,
      // because a message came meanwhile, would not see that message.
      await sleep(1);
      if (!isSettled()) continue;
      s.day = dayOf(s.venueTimeMs);
      await continueAsNew<typeof tradingDesk>({ ...input, carried: s });
    }
    if (isSettled()) await acknowledge();
    showDetails();
    await condition(() => inbox.length > 0);
  }

  async function take(message: Message): Promise<void> {
    switch (message.kind) {
      case 'bar':
        return onBar(message);
      case 'event':
        return onEvent(message.seen);
      case 'settled':
        return onSettled(message);
      case 'turn-wanted': {
        const cycle = cycles.get(message.cycle);
        if (cycle?.turn === 'thinking') cycle.turn = 'wants';
        return;
      }
      case 'cycle-closed': {
        // However it ended, its turn and its part of the event are over.
        const event = cycles.get(message.cycle)?.event;
        cycles.delete(message.cycle);
        if (event == null) return;
        return onSettled({ event, by: message.cycle, concerned: message.concerned });
      }
      case 'trade-closed':
        return onTradeClosed(message);
      case 'wake':
        return onWake(message);
      case 'steer':
        return onSteering(message);
      case 'reconcile':
        s.askedReconciles += 1;
        return startReconcile(s.venueTimeMs ?? 0, s.askedReconciles);
      default:
        message satisfies never;
    }
  }

  /** Whether the event is new; one that was acknowledged before is acknowledged again. */
  async function openEvent(
    number: number | null,
    atMs: number,
    waiting: string[],
  ): Promise<boolean> {
    s.venueTimeMs = Math.max(s.venueTimeMs ?? atMs, atMs);
    s.day ??= dayOf(s.venueTimeMs);
    if (number === null) return true;
    if (number <= s.lastEvent) {
      await local.acknowledgeEvent({ event: number });
      return false;
    }
    if (s.open?.number === number) {
      for (const id of waiting) if (!s.open.waiting.includes(id)) s.open.waiting.push(id);
      return false;
    }
    s.open = { number, atMs, waiting, done: [] };
    for (const report of s.early.splice(0)) {
      if (report.event === number) markSettled(report);
      else if (report.event > number) s.early.push(report);
    }
    return true;
  }

  async function onBar(bar: BarClosed): Promise<void> {
    const isNew = await openEvent(bar.event, bar.atMs, [...bar.concerned]);
    if (!isNew) return;
    if (s.lastBarMs !== null && bar.barMs <= s.lastBarMs) {
      s.missedBars += 1;
      log.warn('a stale bar is not decided on', { bar: isoTime(bar.barMs) });
      return;
    }
    s.lastBarMs = bar.barMs;
    const opened = await local.openBar({ atMs: bar.atMs });
    await takeState(opened.state);
    if (opened.flatten) await closeAll('drawdown', bar.atMs);
    if (state.kind === 'running' || state.kind === 'reduced') {
      const pairs = input.pairs.filter((pair) =>
        bar.pairs.some((p) => p.pair === pair && p.state !== 'missing'),
      );
      await Promise.all(pairs.map((pair) => startCycle(pair, bar, opened.account)));
    }
    if (s.lastReconcileMs === null || bar.atMs - s.lastReconcileMs >= input.reconcileEveryMs) {
      await startReconcile(bar.atMs, 0);
    }
  }

  async function startCycle(pair: Pair, bar: BarClosed, account: string): Promise<void> {
    const id = workflowIds.cycle(input.desk, pair, bar.barMs);
    cycles.set(id, { pair, barMs: bar.barMs, event: bar.event, turn: 'thinking' });
    s.open?.waiting.push(id);
    try {
      const child = await startChild(tradingCycle, {
        workflowId: id,
        args: [
          {
            desk: input.desk,
            deskWorkflow: self,
            pair,
            barMs: bar.barMs,
            atMs: bar.atMs,
            event: bar.event,
            account,
            deciders: input.deciders,
            ...(input.models === undefined ? {} : { models: input.models }),
            ordersQueue: input.ordersQueue,
          },
        ],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `${pair} ${isoTime(bar.barMs)} ${input.timeframe}`,
        typedSearchAttributes: [
          { key: deskKey, value: input.desk },
          { key: pairKey, value: pair },
        ],
      });
      const closed = (concerned: string[]): void =>
        void inbox.push({ kind: 'cycle-closed', cycle: id, concerned });
      child.result().then(
        (result) => closed(result.concerned),
        () => closed([]),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      inbox.push({ kind: 'cycle-closed', cycle: id, concerned: [] });
    }
  }

  async function onEvent(seen: VenueEventSeen): Promise<void> {
    const isNew = await openEvent(seen.event, seen.atMs, [...seen.concerned]);
    if (isNew && seen.kind === 'end') s.isEnded = true;
  }

  function onSettled(report: Settled): void {
    if (s.open?.number === report.event) markSettled(report);
    else if (report.event > s.lastEvent) s.early.push(report);
  }

  function markSettled(report: Settled): void {
    if (s.open === null) return;
    for (const id of report.concerned) if (!s.open.waiting.includes(id)) s.open.waiting.push(id);
    markDone(s.open, report.by);
  }

  async function onTradeClosed(trade: TradeClosed): Promise<void> {
    log.info('trade closed', { ...trade });
    if (state.kind !== 'flattening') return;
    const guards = await local.openGuards();
    if (guards.length === 0) await flattened(trade.atMs);
  }

  async function onSteering(m: Extract<Message, { kind: 'steer' }>): Promise<void> {
    const atMs = s.venueTimeMs ?? 0;
    await takeState(
      await local.changeDeskState({
        command: m.command,
        who: m.by.who,
        why: m.by.why,
        untilMs: m.untilMs,
        atMs,
      }),
    );
    if (m.command === 'flatten') await closeAll('flatten', atMs);
    if (m.command === 'halt') await cancelEntries(atMs);
  }

  /** Takes over what the desk may do now; a lock that ends by itself is a wake-up booked with the venue. */
  async function takeState(next: typeof state): Promise<void> {
    if (next.untilMs !== null && next.untilMs !== state.untilMs) {
      await local.wakeAt({ id: `${self}#unlock`, atMs: next.untilMs });
    }
    state = next;
  }

  async function onWake(m: { event: number | null; atMs: number }): Promise<void> {
    await takeState(
      await local.changeDeskState({
        command: 'clock',
        who: 'desk',
        why: 'its time has come',
        untilMs: null,
        atMs: m.atMs,
      }),
    );
    if (m.event !== null) onSettled({ event: m.event, by: self, concerned: [] });
  }

  async function closeAll(reason: string, atMs: number): Promise<void> {
    const guards = await local.openGuards();
    for (const guard of guards) await tellGuard(guard, closePosition, reason, atMs);
    if (guards.length === 0) await flattened(atMs);
  }

  async function cancelEntries(atMs: number): Promise<void> {
    for (const guard of await local.openGuards()) {
      await tellGuard(guard, cancelEntry, 'halted', atMs);
    }
  }

  /** Sets a guard to work; while an event is open the venue's clock waits for it. */
  async function tellGuard(
    guard: string,
    message: typeof closePosition,
    reason: string,
    atMs: number,
  ): Promise<void> {
    const event = s.open?.number ?? null;
    const isThere = await getExternalWorkflowHandle(guard)
      .signal(message, { event, atMs, reason })
      .then(() => true)
      .catch(() => false);
    if (isThere && s.open !== null && !s.open.waiting.includes(guard)) s.open.waiting.push(guard);
  }

  async function flattened(atMs: number): Promise<void> {
    state = await local.changeDeskState({
      command: 'flattened',
      who: 'desk',
      why: 'every position is closed',
      untilMs: null,
      atMs,
    });
  }

  async function startReconcile(atMs: number, asked: number): Promise<void> {
    s.lastReconcileMs = atMs;
    const id = workflowIds.reconcile(input.desk, atMs, asked);
    const event = s.open?.number ?? null;
    try {
      await startChild(reconcile, {
        workflowId: id,
        args: [{ deskWorkflow: self, atMs, event, ordersQueue: input.ordersQueue }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `ledger against venue, ${asked === 0 ? 'scheduled' : 'asked for'}`,
        typedSearchAttributes: [{ key: deskKey, value: input.desk }],
      });
      s.open?.waiting.push(id);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  /** Gives the turn to the first cycle in order that wants it, once all before it have ended. */
  async function grantTurn(): Promise<void> {
    const order = [...cycles.entries()].sort(
      ([, a], [, b]) =>
        a.barMs - b.barMs || input.pairs.indexOf(a.pair) - input.pairs.indexOf(b.pair),
    );
    for (const [id, cycle] of order) {
      if (cycle.turn !== 'wants') return;
      cycle.turn = 'has';
      await getExternalWorkflowHandle(id)
        .signal(turn)
        .catch(() => void inbox.push({ kind: 'cycle-closed', cycle: id, concerned: [] }));
      return;
    }
  }

  async function acknowledge(): Promise<void> {
    if (s.open === null) return;
    const { number } = s.open;
    await local.acknowledgeEvent({ event: number });
    s.lastEvent = number;
    s.open = null;
  }

  /** Whether everybody whom the open event concerns has done with it, and nothing waits to be handled. */
  function isSettled(): boolean {
    const isDone = s.open === null || s.open.waiting.every((id) => s.open?.done.includes(id));
    return cycles.size === 0 && inbox.length === 0 && isDone;
  }

  function isNewDay(): boolean {
    return s.day !== dayOf(s.venueTimeMs);
  }

  function deskStatus(): DeskStatus {
    return {
      desk: input.desk,
      state: state.kind,
      untilMs: state.untilMs,
      who: state.who,
      why: state.why,
      lastBarMs: s.lastBarMs,
      venueTimeMs: s.venueTimeMs,
      cyclesInFlight: [...cycles.keys()],
      missedBars: s.missedBars,
      isEnded: s.isEnded && s.open === null,
    };
  }

  function showDetails(): void {
    const lastBar = s.lastBarMs === null ? 'none yet' : isoTime(s.lastBarMs);
    setCurrentDetails(
      `**${input.desk}** is **${state.kind}**${state.why === '' ? '' : ` (${state.who}: ${state.why})`}\n` +
        `- last bar ${lastBar}, missed ${s.missedBars}\n- cycles in flight: ${cycles.size}`,
    );
  }
}

function markDone(open: OpenEvent, id: string): void {
  if (!open.done.includes(id)) open.done.push(id);
}

function dayOf(timeMs: number | null): number | null {
  return timeMs === null ? null : Math.floor(timeMs / DAY_MS);
}
