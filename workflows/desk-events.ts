import { getExternalWorkflowHandle, type SignalDefinition } from '@temporalio/workflow';
import { local } from './activities.ts';
import type { Carried, OpenEvent } from './desk-carried.ts';
import { settledAs, type Settled } from './messages.ts';

export type DeskEvents = ReturnType<typeof deskEvents>;

/**
 * The events of a stepped venue: its clock stands at each until the desk acknowledges it, which it does when
 * everybody whom the event concerns has reported that they have settled. `s` is the desk's state.
 */
export function deskEvents(s: Carried) {
  return {
    /** Whether the event is new; one that was acknowledged before is acknowledged again. */
    async begin(number: number | null, atMs: number, waiting: string[]): Promise<boolean> {
      s.venueTimeMs = Math.max(s.venueTimeMs ?? atMs, atMs);
      if (number === null) return true;
      if (number <= s.lastEvent) {
        await local.acknowledgeEvent({ event: number });
        return false;
      }
      if (s.open?.number === number) {
        for (const id of waiting) waitFor(id);
        return false;
      }
      s.open = { number, atMs, waiting, done: [] };
      for (const report of s.early.splice(0)) {
        if (report.event === number) markSettled(report);
        else if (report.event > number) s.early.push(report);
      }
      return true;
    },

    /** Somebody has done all that an event asked of them; one not heard of yet is kept. */
    settle(report: Settled): void {
      if (s.open?.number === report.event) markSettled(report);
      else if (report.event > s.lastEvent) s.early.push(report);
    },

    waitFor,

    /** Asks something of a guard; the open event, if there is one, waits until it has settled it. */
    async ask<M extends object>(
      guard: string,
      what: SignalDefinition<[M & { event: number | null; by: string }]>,
      by: string,
      request: M,
    ): Promise<void> {
      const isThere = await getExternalWorkflowHandle(guard)
        .signal(what, { ...request, event: s.open?.number ?? null, by })
        .then(() => true)
        .catch(() => false);
      if (isThere) waitFor(settledAs(guard, by));
    },

    /** Whether everybody whom the open event concerns has done with it. */
    isDone(): boolean {
      return s.open === null || s.open.waiting.every((id) => s.open?.done.includes(id));
    },

    async acknowledge(): Promise<void> {
      if (s.open === null) return;
      const { number } = s.open;
      await local.acknowledgeEvent({ event: number });
      s.lastEvent = number;
      s.open = null;
    },
  };

  /** Lets the open event, if there is one, wait for this workflow too. */
  function waitFor(id: string): void {
    if (s.open !== null && !s.open.waiting.includes(id)) s.open.waiting.push(id);
  }

  function markSettled(report: Settled): void {
    if (s.open === null) return;
    for (const id of report.concerned) waitFor(id);
    markDone(s.open, report.by);
  }
}

function markDone(open: OpenEvent, id: string): void {
  if (!open.done.includes(id)) open.done.push(id);
}
