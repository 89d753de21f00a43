import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import { workflowIds } from '../shared/names.ts';
import type { Pair } from '../shared/pair.ts';
import { isoTime } from '../shared/timeframe.ts';
import { local } from './activities.ts';
import type { Message } from './desk-carried.ts';
import type { DeskEvents } from './desk-events.ts';
import type { DeskInput } from './desk-input.ts';
import { turn, type BarClosed } from './messages.ts';
import { deskKey, pairKey } from './search-attributes.ts';
import { tradingCycle, type CycleResult } from './trading-cycle.ts';

interface CycleInFlight {
  pair: Pair;
  barMs: number;
  event: number | null;
  hasTurn: boolean;
}

/**
 * The cycles in flight and their turns: they ask their deciders side by side, and are reviewed and send one
 * at a time, by bar and in the profile's order of pairs. A cycle gives its turn to the next of its bar; the desk
 * sees to it that the first in order has it, whatever became of those before.
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
     * Starts the cycles of a bar; the end of each comes as a message, however it ends. Where none is in flight
     * nobody can be before the first, and it has its turn at once.
     */
    async start(pairs: readonly Pair[], bar: BarClosed, account: string): Promise<void> {
      const ids = pairs.map((pair) => workflowIds.cycle(input.desk, pair, bar.barMs));
      const isFree = cycles.size === 0;
      await Promise.all(
        pairs.map((pair, n) =>
          startOne(pair, bar, account, {
            id: ids[n]!,
            next: ids[n + 1],
            hasTurn: isFree && n === 0,
          }),
        ),
      );
    },

    /** Takes a cycle out that has ended; answers the event that it belonged to, or null. */
    end(id: string, turnGoesTo: string | null): number | null {
      const event = cycles.get(id)?.event ?? null;
      cycles.delete(id);
      const next = turnGoesTo === null ? undefined : cycles.get(turnGoesTo);
      if (next !== undefined) next.hasTurn = true;
      return event;
    },

    /** Gives the turn to the first cycle in order, once all before it have ended, if none of them has. */
    async grant(): Promise<void> {
      const order = [...cycles.entries()].sort(
        ([, a], [, b]) =>
          a.barMs - b.barMs || input.pairs.indexOf(a.pair) - input.pairs.indexOf(b.pair),
      );
      const [id, cycle] = order[0] ?? [];
      if (id === undefined || cycle === undefined || cycle.hasTurn) return;
      cycle.hasTurn = true;
      if (await local.giveTurn({ cycle: id })) return;
      // It has not come as far as its bar's lock, or is over.
      await getExternalWorkflowHandle(id)
        .signal(turn)
        .catch(() => closed(id, null));
    },

    inFlight: (): string[] => [...cycles.keys()],
  };

  async function startOne(
    pair: Pair,
    bar: BarClosed,
    account: string,
    { id, next, hasTurn }: { id: string; next: string | undefined; hasTurn: boolean },
  ): Promise<void> {
    cycles.set(id, { pair, barMs: bar.barMs, event: bar.event, hasTurn });
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
            ...(next === undefined ? {} : { next }),
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
        (result) => closed(id, result),
        () => closed(id, null),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      closed(id, null);
    }
  }

  function closed(cycle: string, result: CycleResult | null): void {
    const { concerned, turnGoesTo } = result ?? { concerned: [], turnGoesTo: null };
    tell({ kind: 'cycle-closed', cycle, concerned, turnGoesTo });
  }
}
