import {
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { local, sendingOn, settlingOn } from './activities.ts';
import { orderUpdate, settled, type OrderState, type OrderUpdate } from './messages.ts';
import { outcomeKey } from './search-attributes.ts';

export interface RebalanceInput {
  deskWorkflow: string;
  /** Venue time of the pass, Unix ms; part of its id. */
  atMs: number;
  event: number | null;
  ordersQueue: string;
}

export interface RebalanceResult {
  /** `nothing` to do, or how many of the planned legs were sent. */
  outcome: 'nothing' | 'done' | 'partly' | 'refused';
  /** One line a leg, or why there is none. */
  told: string[];
}

/**
 * One pass that brings the desk's core back into its bands: plans it, and leg by leg - what is sold pays for what
 * is bought - lets the risk engine review it against the account as it then is, sends it once and waits for its
 * end. Reports every event that it is told of to the desk as settled. A leg that is vetoed or refused is left out.
 */
export async function rebalance(input: RebalanceInput): Promise<RebalanceResult> {
  const self = workflowInfo().workflowId;
  const desk = getExternalWorkflowHandle(input.deskWorkflow);
  const inbox: OrderUpdate[] = [];
  setHandler(orderUpdate, (m) => void inbox.push(m));
  /** Events that were told and wait for the word that they are settled. */
  const told = new Set(input.event === null ? [] : [input.event]);
  const ended = new Map<string, OrderState>();
  let nowMs = input.atMs;

  const lines: string[] = [];
  const tell = (line: string): void => {
    lines.push(line);
    setCurrentDetails(lines.map((each) => `- ${each}`).join('\n'));
  };
  const plan = await local.planRebalance({ id: self, atMs: input.atMs });
  if (plan.reason !== null) tell(`nothing to do: ${plan.reason}`);
  let sent = 0;
  for (const [i, leg] of plan.legs.entries()) {
    const name = `${leg.side} ${leg.quantity} ${leg.pair}`;
    const review = await local.reviewRebalanceLeg({
      id: self,
      startedMs: input.atMs,
      n: i + 1,
      atMs: nowMs,
    });
    if (review.order === null) {
      tell(`${name}: ${review.headline}`);
      continue;
    }
    const { clientOrderId, summary } = review.order;
    const placed = await sendingOn(input.ordersQueue, summary)
      .placeLeg({ clientOrderId })
      // No definite answer: look it up before anything is sent again.
      .catch(() => settlingOn(input.ordersQueue).settleLeg({ clientOrderId }));
    if (placed.kind === 'refused') {
      tell(`${name}: refused, ${placed.reason}`);
      continue;
    }
    const end = await untilEnded(clientOrderId);
    sent += 1;
    tell(`${name}: ${end.status}, ${end.filledQuantity} for ${end.filledCost}`);
  }
  const outcome =
    plan.legs.length === 0
      ? 'nothing'
      : sent === plan.legs.length
        ? 'done'
        : sent > 0
          ? 'partly'
          : 'refused';
  upsertSearchAttributes([{ key: outcomeKey, value: outcome }]);
  await takeAll();
  await report();
  return { outcome, told: lines };

  /** The market goes on as soon as the present events are settled, and brings the order's end. */
  async function untilEnded(clientOrderId: string): Promise<OrderState> {
    for (;;) {
      await takeAll();
      const end = ended.get(clientOrderId);
      if (end !== undefined) return end;
      await report();
      await condition(() => inbox.length > 0);
    }
  }

  async function takeAll(): Promise<void> {
    for (let m = inbox.shift(); m !== undefined; m = inbox.shift()) {
      nowMs = Math.max(nowMs, m.atMs);
      for (const order of m.orders) {
        if (order.status !== 'open') ended.set(order.clientOrderId, order);
      }
      if (m.outbox.length > 0) await local.acknowledgeUpdates({ outbox: m.outbox });
      if (m.event !== null) told.add(m.event);
    }
  }

  async function report(): Promise<void> {
    for (const event of told) await desk.signal(settled, { event, by: self, concerned: [] });
    told.clear();
  }
}
