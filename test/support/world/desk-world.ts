import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { Pair } from '../../../shared/pair.ts';
import {
  barClosed,
  orderUpdate,
  status,
  venueEvent,
  type DeskStatus,
  type OrderState,
} from '../../../workflows/messages.ts';
import { entryMessages } from '../../../workers/entry-messages.ts';
import type { tradingDesk } from '../../../workflows/trading-desk.ts';
import { deskActivities } from './desk-activities.ts';
import { deskIds } from './desk-ids.ts';
import { BAR_MS, deskScript, HOUR_MS, PAIRS } from './desk-script.ts';
import type { DeskWorker } from './desk-worker.ts';
import { orderActivities } from './order-activities.ts';
import { restingVenue } from './resting-venue.ts';
import { turnsInMemory } from './turns-in-memory.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;

/** What can be done to a desk before a worker runs. */
interface EarlyWorld {
  handle: WorkflowHandle<typeof tradingDesk>;
  bar(event: number | null): Promise<void>;
}

interface WorldOptions {
  /** Sends what is there before any worker runs. */
  early?: (to: EarlyWorld) => Promise<void>;
  /** Time of the day at which the desk rebalances; it does not unless told. */
  rebalanceAtMs?: number;
}

/**
 * The real workflows of one desk on the test's Temporal server, over activities that keep all they are
 * asked in memory: a market that says what the test says, and a venue whose orders rest until the test
 * fills them. Everything bought costs 100.
 */
export async function openWorld(worker: DeskWorker, { early, ...input }: WorldOptions = {}) {
  const { client } = worker;
  const desk = `world-${randomUUID().slice(0, 8)}`;
  const ids = deskIds(desk);
  const taskQueue = early === undefined ? worker.queue : `${desk}-alone`;
  const script = deskScript();
  const venue = restingVenue(ids, script);
  const messages = entryMessages(client, { desk, queue: taskQueue });
  const turns = turnsInMemory(script, messages);
  const handle = client.workflow.getHandle<typeof tradingDesk>(ids.desk);
  const waiting = new Set<() => void>();
  const gates: (() => void)[] = [];

  const world = Object.assign(script, venue, {
    ...{ desk, client, handle, guardOf: ids.guardOf, cycleOf: ids.cycleOf },
    ...{ bar, tell, acked, when, gate, allLong, openPosition, outcomes, closedAs, decided },
    statusOf: (): Promise<DeskStatus> => handle.query(status),
    async close() {
      for (const open of gates) open();
      await handle.terminate('the test is over').catch(() => null);
    },
  });

  worker.register(
    desk,
    noticed({
      ...deskActivities(ids, script, venue, changed),
      ...turns,
      ...orderActivities(script, venue, { ...messages, ...turns }),
    }),
  );
  await client.workflow.start<typeof tradingDesk>('tradingDesk', {
    ...{ workflowId: ids.desk, taskQueue },
    args: [
      {
        ...{ desk, pairs: PAIRS, timeframe: '1h', deciders: ['only'] },
        ...{ ordersQueue: taskQueue, reconcileEveryMs: 1e12, ...input },
      },
    ],
  });
  if (early !== undefined) {
    await early({ handle, bar });
    await worker.serve(taskQueue);
  }
  return world;

  /** The activities, with a look at what tests wait for after each. */
  function noticed(activities: Record<string, (input: never) => unknown>) {
    return Object.fromEntries(
      Object.entries(activities).map(([name, run]) => [
        name,
        async (given: never) => {
          const result = await run(given);
          changed();
          return result;
        },
      ]),
    );
  }
  function changed(): void {
    for (const check of [...waiting]) check();
  }

  /** Resolves when it is so; looked at after every activity. */
  async function when(isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!isSo()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  }

  /** A promise that the test fulfils, at its end at the latest. */
  function gate(): { open: () => void; passed: () => Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.push(resolve);
    return { open: resolve, passed: () => promise };
  }

  /** The close of the bar `bar` hours after the first; the event is handed out under `event`. */
  async function bar(event: number | null, of: { bar?: number; pairs?: Pair[] } = {}) {
    const barMs = BAR_MS + (of.bar ?? 0) * HOUR_MS;
    await handle.signal(barClosed, {
      ...{ event, barMs, atMs: barMs + HOUR_MS, timeframe: '1h', concerned: [] },
      pairs: (of.pairs ?? PAIRS).map((pair) => ({ pair, state: 'closed' as const })),
    });
  }

  /** What the feed does at an event that concerns the pair's guard. */
  async function tell(
    event: number | null,
    pair: Pair,
    of: { orders?: OrderState[]; wakes?: string[]; atMs?: number },
  ): Promise<void> {
    const guard = ids.guardOf(pair);
    const atMs = of.atMs ?? BAR_MS + HOUR_MS + (event ?? 0) * 1000;
    const wakes = (of.wakes ?? []).map((wake) => `${guard}#${wake}`);
    const states = (of.orders ?? []).map(({ clientOrderId: id, leg, n, ...rest }) => ({
      ...{ clientOrderId: id, leg, n, status: rest.status },
      ...{ filledQuantity: rest.filledQuantity, filledCost: rest.filledCost },
    }));
    const update = { event, atMs, orders: states, wakes, outbox: [event ?? 0] };
    await client.workflow.getHandle(guard).signal(orderUpdate, update);
    if (event === null) return;
    await handle.signal(venueEvent, { event, atMs, kind: 'orders', concerned: [guard] });
  }

  /** Resolves when the desk has acknowledged the event. */
  function acked(event: number): Promise<void> {
    return when(() => script.acknowledged.includes(event));
  }

  /** Lets the deciders agree on an entry for every pair. */
  function allLong(): void {
    for (const pair of PAIRS) script.actions[pair] = 'long';
  }

  /** A position of 2 on the pair, or as much as is filled, whose stop rests, after events 1 and 2. */
  async function openPosition(pair: Pair, filled = '2'): Promise<void> {
    script.actions[pair] = 'long';
    script.approved.add(pair);
    await bar(1);
    await acked(1);
    await tell(2, pair, { orders: [venue.fill(pair, 'entry', filled)] });
    await acked(2);
  }

  /** Outcomes of all cycles, in the order of their ends. */
  function outcomes(): string[] {
    return script.recorded.map((r) => r.outcome);
  }

  /** Exit reasons of all positions, in the order of their ends. */
  function closedAs(): string[] {
    return script.closed.map((c) => c.exitReason);
  }

  /** Pairs whose cycle of the bar is recorded. */
  function decided(ofBar = 0): Pair[] {
    return PAIRS.filter((p) => script.recorded.some((r) => r.cycle === ids.cycleOf(p, ofBar)));
  }
}
