import type { Standing } from '../activities/ledger/desk/desk-store.ts';
import { local } from './activities.ts';
import type { Carried, Message } from './desk-carried.ts';
import type { DeskEvents } from './desk-events.ts';
import { cancelEntry, closePosition, type Compared, type DeskStatus } from './messages.ts';
import type { VenueWakeUps } from './venue-wake-ups.ts';

/**
 * What the desk may do: changed by people, by losses and drawdown, and by time. A halt cancels what is not
 * filled of entries, a flatten closes every position, through the guards.
 */
export function deskSteering(
  self: string,
  s: Carried,
  events: DeskEvents,
  wakeUps: VenueWakeUps,
  begin: Standing,
) {
  let state = begin;
  return {
    standing: (): Standing => state,

    /** Whether new cycles start. */
    decides: (): boolean => state.kind === 'running' || state.kind === 'reduced',

    takeState,
    closeAll,

    async steer(m: Extract<Message, { kind: 'steer' }>): Promise<void> {
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
    },

    /** A difference between ledger and venue halts the desk, whatever else holds it; agreement takes note. */
    async afterComparison(m: Compared): Promise<void> {
      const differs = m.differences.length > 0;
      await takeState(
        await local.changeDeskState({
          command: differs ? 'differs' : 'agrees',
          who: 'reconciliation',
          why: m.differences.join('; '),
          untilMs: null,
          atMs: m.atMs,
        }),
      );
      if (differs) await cancelEntries(m.atMs);
      if (m.event !== null) events.settle({ event: m.event, by: m.by, concerned: [] });
    },

    /** A time that the desk has booked with the venue has come. */
    async wake(m: Extract<Message, { kind: 'wake' }>): Promise<void> {
      for (const id of m.wakes) wakeUps.isDue(id, m.atMs);
      await takeState(
        await local.changeDeskState({
          command: 'clock',
          who: 'desk',
          why: 'its time has come',
          untilMs: null,
          atMs: m.atMs,
        }),
      );
      if (m.event !== null) events.settle({ event: m.event, by: self, concerned: [] });
    },

    /** A position is closed: a flattening that waited for the last one is over. */
    async afterTrade(atMs: number): Promise<void> {
      if (state.kind !== 'flattening') return;
      const guards = await local.openGuards();
      if (guards.length === 0) await flattened(atMs);
    },

    status: (): Pick<DeskStatus, 'state' | 'untilMs' | 'who' | 'why'> => ({
      state: state.kind,
      untilMs: state.untilMs,
      who: state.who,
      why: state.why,
    }),
  };

  /** Takes over what the desk may do now; a lock that ends by itself is a wake-up at its time. */
  async function takeState(next: Standing): Promise<void> {
    if (next.untilMs !== null && next.untilMs !== state.untilMs) {
      await wakeUps.untilVenueTime('unlock', next.untilMs);
    }
    state = next;
  }

  async function cancelEntries(atMs: number): Promise<void> {
    for (const guard of await local.openGuards()) {
      await events.ask(guard, cancelEntry, 'halt', { reason: 'halted', atMs });
    }
  }

  async function closeAll(reason: string, atMs: number): Promise<void> {
    const guards = await local.openGuards();
    for (const guard of guards) {
      await events.ask(guard, closePosition, reason, { reason, atMs });
    }
    if (guards.length === 0) await flattened(atMs);
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
}
