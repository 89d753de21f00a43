import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import { workflowIds } from '../shared/names.ts';
import type { Pair } from '../shared/pair.ts';
import { isoTime } from '../shared/timeframe.ts';
import type { Message } from './desk-carried.ts';
import type { DeskEvents } from './desk-events.ts';
import type { DeskInput } from './desk-input.ts';
import { turn, type BarClosed } from './messages.ts';
import { deskKey, pairKey } from './search-attributes.ts';
import { tradingCycle } from './trading-cycle.ts';

interface CycleInFlight {
  pair: Pair;
  barMs: number;
  event: number | null;
  turn: 'thinking' | 'wants' | 'has';
}

/**
 * The cycles in flight and their turns: they ask their deciders side by side, and are reviewed and send one
 * at a time, by bar and in the profile's order of pairs, each once all before it have ended.
 */
export function deskTurns(
  self: string,
  input: DeskInput,
  events: DeskEvents,
  tell: (message: Message) => void,
) {
  const cycles = new Map<string, CycleInFlight>();
  return {
    /**
     * Starts the pair's cycle of a bar; its end comes as a message, however it ends. Cycles of a bar are
     * started in their order: where none is in flight nobody can be before it, and it has its turn at once.
     */
    async start(pair: Pair, bar: BarClosed, account: string): Promise<void> {
      const id = workflowIds.cycle(input.desk, pair, bar.barMs);
      const hasTurn = cycles.size === 0;
      const turnNow = hasTurn ? 'has' : 'thinking';
      cycles.set(id, { pair, barMs: bar.barMs, event: bar.event, turn: turnNow });
      events.waitFor(id);
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
              ...(hasTurn ? { hasTurn } : {}),
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
        child.result().then(
          (result) => closed(id, result.concerned),
          () => closed(id, []),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        closed(id, []);
      }
    },

    wants(id: string): void {
      const cycle = cycles.get(id);
      if (cycle?.turn === 'thinking') cycle.turn = 'wants';
    },

    /** Takes a cycle out that has ended; answers the event that it belonged to, or null. */
    end(id: string): number | null {
      const event = cycles.get(id)?.event ?? null;
      cycles.delete(id);
      return event;
    },

    /** Gives the turn to the first cycle in order that wants it, once all before it have ended. */
    async grant(): Promise<void> {
      const order = [...cycles.entries()].sort(
        ([, a], [, b]) =>
          a.barMs - b.barMs || input.pairs.indexOf(a.pair) - input.pairs.indexOf(b.pair),
      );
      const [id, cycle] = order[0] ?? [];
      if (id === undefined || cycle?.turn !== 'wants') return;
      cycle.turn = 'has';
      await getExternalWorkflowHandle(id)
        .signal(turn)
        .catch(() => closed(id, []));
    },

    inFlight: (): string[] => [...cycles.keys()],
  };

  function closed(cycle: string, concerned: string[]): void {
    tell({ kind: 'cycle-closed', cycle, concerned });
  }
}
