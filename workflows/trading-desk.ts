import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { isoTime, timeframeMs } from '../shared/timeframe.ts';
import { advanceShadows, local } from './activities.ts';
import { newDesk, type Message, type SteeringKind } from './desk-carried.ts';
import { deskEvents } from './desk-events.ts';
import type { DeskInput } from './desk-input.ts';
import { deskPasses } from './desk-passes.ts';
import { deskSteering } from './desk-steering.ts';
import { deskTurns } from './desk-turns.ts';
import { deskUpdates } from './desk-updates.ts';
import { handleInOrder, on } from './handle-in-order.ts';
import {
  barClosed,
  barSeen,
  compared,
  flatten,
  halt,
  orderUpdate,
  pause,
  reconcileNow,
  resume,
  settled,
  status,
  tradeClosed,
  venueEvent,
  type BarClosed,
  type DeskStatus,
  type OrderUpdate,
  type Steering,
} from './messages.ts';
import { venueWakeUps } from './venue-wake-ups.ts';

const DAY_MS = 86_400_000;

/**
 * One desk, for ever. At each bar close it reads the account once, starts one cycle a pair, and lets
 * them take their turns in the profile's order; it acknowledges each event of a stepped venue when all
 * that were concerned have settled. People pause, resume, halt and flatten it by signal; losses and
 * drawdown do so by themselves. Limits are tightened and the champion is set by update. Continues as new at each venue day, carrying what is in flight.
 */
export async function tradingDesk(input: DeskInput): Promise<never> {
  const self = workflowInfo().workflowId;
  const s = input.carried ?? newDesk();
  const { inbox } = s;
  const barsToDecide: BarClosed[] = [];
  const woken = ({ event, atMs, wakes }: OrderUpdate): void =>
    void inbox.push({ kind: 'wake', event, atMs, wakes });
  const wakeUps = venueWakeUps(self, woken);

  const steer = (command: SteeringKind) => (by: Steering & { untilMs?: number }) =>
    void inbox.push({ kind: 'steer', command, by, untilMs: by.untilMs ?? null });
  handleInOrder([
    on(barClosed, (m) => void inbox.push({ kind: 'bar', ...m })),
    on(venueEvent, (seen) => void inbox.push({ kind: 'event', seen })),
    on(settled, (m) => void inbox.push({ kind: 'settled', ...m })),
    on(compared, (m) => void inbox.push({ kind: 'compared', ...m })),
    on(tradeClosed, (m) => void inbox.push({ kind: 'trade-closed', ...m })),
    on(orderUpdate, woken),
    on(pause, steer('pause')),
    on(resume, steer('resume')),
    on(halt, steer('halt')),
    on(flatten, steer('flatten')),
    on(reconcileNow, (by) => void inbox.push({ kind: 'reconcile', by })),
  ]);
  const events = deskEvents(s);
  const turns = deskTurns(self, input, events, (message) => void inbox.push(message));
  const updates = deskUpdates(s);
  const opened = await local.openDesk();
  updates.open(opened);
  s.venueTimeMs ??= opened.atMs;
  s.day ??= dayOf(s.venueTimeMs);
  const steering = deskSteering(self, s, events, wakeUps, opened);
  const passes = deskPasses(self, input, s, events);
  for (const [name, atMs] of Object.entries(s.wakeUps ?? {}))
    await wakeUps.untilVenueTime(name, atMs);
  setHandler(status, () => deskStatus());
  showDetails();

  for (;;) {
    for (let message = inbox.shift(); message !== undefined; message = inbox.shift()) {
      await take(message);
    }
    const bar = events.isDone() ? barsToDecide.shift() : undefined;
    if (bar !== undefined) {
      await decideOn(bar);
      continue;
    }
    await turns.grant();
    const isBetweenBars = turns.inFlight().length === 0 && barsToDecide.length === 0;
    if (isBetweenBars) await passes.startDue();
    if (isSettled() && (await carryShadows())) continue;
    if (isSettled() && (isNewDay() || workflowInfo().continueAsNewSuggested)) {
      // Before the acknowledgement, while a stepped venue's clock still stands: nothing new comes from it.
      // After a timer, for an end that followed a local step's answer and is repeated by the server,
      // because a message came meanwhile, would not see that message.
      await sleep(1);
      if (!isSettled() || !allHandlersFinished()) continue;
      s.day = dayOf(s.venueTimeMs);
      await continueAsNew<typeof tradingDesk>({
        ...input,
        carried: { ...s, wakeUps: wakeUps.pending() },
      });
    }
    if (isSettled()) await events.acknowledge();
    showDetails();
    await condition(() => inbox.length > 0);
  }

  async function take(message: Message): Promise<void> {
    switch (message.kind) {
      case 'bar':
        return onBar(message);
      case 'event': {
        const { seen } = message;
        const isNew = await events.begin(seen.event, seen.atMs, [...seen.concerned]);
        if (isNew && seen.kind === 'end') s.isEnded = true;
        return;
      }
      case 'settled':
        return events.settle(message);
      case 'compared':
        return steering.afterComparison(message);
      case 'cycle-closed': {
        // However it ended, its turn and its part of the event are over.
        const { cycle, concerned, turnGoesTo } = message;
        const event = turns.end(cycle, turnGoesTo);
        if (event !== null) events.settle({ event, by: cycle, concerned });
        return;
      }
      case 'trade-closed':
        log.info('trade closed', { ...message });
        return steering.afterTrade(message.atMs);
      case 'wake':
        return steering.wake(message);
      case 'steer':
        return steering.steer(message);
      case 'ask':
        return updates.take(message);
      case 'reconcile':
        s.askedReconciles += 1;
        return passes.reconcile(s.venueTimeMs ?? 0, s.askedReconciles);
      default:
        message satisfies never;
    }
  }

  /**
   * Brings the shadow accounts up to the last bar, once all that the bar set going has settled: no order waits
   * for it. False when they were there.
   */
  async function carryShadows(): Promise<boolean> {
    const barMs = s.lastBarMs;
    if (barMs === null || s.shadowBarMs === barMs) return false;
    s.shadowBarMs = barMs;
    await advanceShadows({ barMs }).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
      log.error('the shadow accounts stay behind until the next bar', { barMs, error });
    });
    return true;
  }

  async function onBar(bar: BarClosed): Promise<void> {
    const isNew = await events.begin(bar.event, bar.atMs, [...bar.concerned]);
    if (!isNew) return;
    if (s.lastBarMs !== null && bar.barMs <= s.lastBarMs) {
      s.missedBars += 1;
      log.warn('a stale bar is not decided on', { bar: isoTime(bar.barMs) });
      return;
    }
    const before = s.lastBarMs;
    s.lastBarMs = bar.barMs;
    const pairs = bar.pairs.filter((p) => p.state !== 'missing').map((p) => p.pair);
    for (const guard of await local.guardsHearingBars({ pairs })) {
      await events.ask(guard, barSeen, 'the bar', { atMs: bar.atMs });
    }
    // A clock that goes on by itself passes bars that nobody told, and may have passed this one.
    if (bar.event === null) {
      const length = timeframeMs(bar.timeframe);
      if (before !== null) s.missedBars += (bar.barMs - before) / length - 1;
      if (await local.isLate({ timeframe: bar.timeframe, barMs: bar.barMs })) {
        s.missedBars += 1;
        log.warn('a bar that came too late is not decided on', { bar: isoTime(bar.barMs) });
        return;
      }
    }
    barsToDecide.push(bar);
  }

  /** Once the guards have done with a bar: what they change of their stops, its cycles see. */
  async function decideOn(bar: BarClosed): Promise<void> {
    const opened = await local.openBar({ atMs: bar.atMs });
    await steering.takeState(opened.state);
    if (opened.flatten) await steering.closeAll('drawdown', bar.atMs);
    if (steering.decides()) {
      const pairs = input.pairs.filter((pair) =>
        bar.pairs.some((p) => p.pair === pair && p.state !== 'missing'),
      );
      await turns.start(pairs, bar, opened.account);
    }
    await passes.reconcileAfter(bar.atMs);
    passes.noteBar(bar.atMs, steering.standing().kind === 'running');
  }

  /** Whether everybody whom the open event concerns has done with it, and nothing waits to be handled. */
  function isSettled(): boolean {
    const isIdle = turns.inFlight().length === 0 && !passes.isDue() && inbox.length === 0;
    return isIdle && barsToDecide.length === 0 && events.isDone();
  }

  function isNewDay(): boolean {
    return s.day !== dayOf(s.venueTimeMs);
  }

  function deskStatus(): DeskStatus {
    return {
      desk: input.desk,
      ...steering.status(),
      lastBarMs: s.lastBarMs,
      venueTimeMs: s.venueTimeMs,
      cyclesInFlight: turns.inFlight(),
      champion: updates.champion(),
      missedBars: s.missedBars,
      isEnded: s.isEnded && s.open === null,
    };
  }

  function showDetails(): void {
    const lastBar = s.lastBarMs === null ? 'none yet' : isoTime(s.lastBarMs);
    const { kind, who, why } = steering.standing();
    setCurrentDetails(
      `**${input.desk}** is **${kind}**${why === '' ? '' : ` (${who}: ${why})`}\n` +
        `- last bar ${lastBar}, missed ${s.missedBars}\n- cycles in flight: ${turns.inFlight().length}`,
    );
  }
}

function dayOf(timeMs: number | null): number | null {
  return timeMs === null ? null : Math.floor(timeMs / DAY_MS);
}
