import {
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
  type SignalDefinition,
} from '@temporalio/workflow';
import type { ModelAsk } from '../shared/llm/model-asks.ts';
import { positionId, workflowIds } from '../shared/names.ts';
import type { Pair } from '../shared/pair.ts';
import { isoTime } from '../shared/timeframe.ts';
import { local, localStep, sendingOn, settlingOn } from './activities.ts';
import { askModel } from './ask-model.ts';
import { closePosition, orderUpdate, progress, settledAs, tighten, turn } from './messages.ts';
import { actionKey, confidenceKey, outcomeKey } from './search-attributes.ts';

export interface CycleInput {
  desk: string;
  deskWorkflow: string;
  pair: Pair;
  /** Open time of the bar, and venue time of its close, Unix ms. */
  barMs: number;
  atMs: number;
  event: number | null;
  /** The account that all cycles of this bar see, by its hash. */
  account: string;
  deciders: string[];
  /** Those of the deciders that are models. */
  models?: Record<string, ModelAsk>;
  ordersQueue: string;
  /** Nobody is before it: it need not wait for its turn. */
  hasTurn?: boolean;
  /** The cycle of this bar that has the turn after it; none where it is the last. */
  next?: string;
}

export type CycleOutcome =
  'held' | 'vetoed' | 'ordered' | 'closing' | 'refused' | 'absent' | 'skipped';

/** What the cycle's page shows of it at once; times are ISO. */
export interface CycleResult {
  bar: string;
  action: string;
  outcome: CycleOutcome;
  confidence: number | null;
  /** Decider: what it said. */
  said: Record<string, string>;
  verdict: string | null;
  order: string | null;
  /** Guards that this cycle has set to work on the same event. */
  concerned: string[];
  /** The cycle that it has given its turn to. */
  turnGoesTo: string | null;
}

/**
 * One decision for one pair at one bar: builds the snapshot, asks every decider side by side, combines
 * their answers, and for an entry takes its turn: risk review, reservation, guard, and the order sent
 * exactly once. A close goes to the position's guard. Gives its turn to the next cycle, records itself and ends: its
 * end tells the desk that it has settled, together with whom it has set to work, and frees a turn that it has
 * not given on.
 */
export async function tradingCycle(input: CycleInput): Promise<CycleResult> {
  const { workflowId, runId } = workflowInfo();
  const { pair, barMs, atMs, event } = input;
  const next = input.next ?? null;
  const story: string[] = [];
  let step = 'started';
  let outcome: CycleOutcome | null = null;
  let hasTurn = input.hasTurn === true;
  const result: CycleResult = {
    bar: isoTime(barMs),
    action: 'none',
    outcome: 'skipped',
    confidence: null,
    said: {},
    verdict: null,
    order: null,
    concerned: [],
    turnGoesTo: null,
  };
  setHandler(progress, () => ({ step, outcome }));
  setHandler(turn, () => {
    hasTurn = true;
  });
  const tell = (line: string): void => {
    story.push(line);
    setCurrentDetails(story.join('\n\n'));
  };

  step = 'snapshot';
  // Side by side: a snapshot changes nothing, and one of a bar that is not ours is left.
  const snapshotting = local.buildSnapshot({ pair, barMs, atMs, account: input.account });
  const isOurs = await local.lockBar({ pair, barMs, cycle: workflowId, runId });
  if (!isOurs) return end('skipped');
  const snapshot = await snapshotting;
  if (!snapshot.asks) {
    tell(`**${pair}** ${isoTime(barMs)}: its position is not due for a review`);
    await giveTurnOn();
    return end('skipped');
  }
  step = 'deciders';
  const answers = await Promise.all(
    input.deciders.map((decider) => {
      const model = input.models?.[decider];
      return model === undefined
        ? local.askDecider.executeWithOptions({ ...localStep, summary: decider }, [
            { decider, snapshot: snapshot.hash },
          ])
        : askModel(model, { cycle: workflowId, decider, snapshot: snapshot.hash }, event === null);
    }),
  );
  step = 'consensus';
  const consensus = await local.combine({
    cycle: workflowId,
    atMs,
    snapshot: snapshot.hash,
    answers,
  });
  result.action = consensus.action;
  result.confidence = consensus.confidence;
  result.said = consensus.said;
  tell(`**${pair}** ${isoTime(barMs)}, price ${snapshot.price}`);
  tell(consensus.table);
  tell(`Consensus: **${consensus.action}** - ${consensus.reason}`);

  const record = {
    cycle: workflowId,
    pair,
    barMs,
    atMs,
    snapshot: snapshot.hash,
    consensus: consensus.hash,
  };
  if (consensus.action === 'long' || consensus.action === 'short') {
    return enter();
  }
  if (consensus.action === 'close' && snapshot.guard !== null) {
    step = 'closing';
    const isThere = await ask(snapshot.guard, closePosition, { reason: 'signal' });
    result.order = isThere ? 'the guard closes the position' : 'the position is closed already';
    tell(`Order: ${result.order}`);
    return finish('closing');
  }
  if (snapshot.guard !== null && consensus.heldStopPct !== null) {
    const { heldStopPct: stopPct } = consensus;
    const isThere = await ask(snapshot.guard, tighten, { stopPct, price: snapshot.price });
    if (isThere) tell(`The stop is to lie at most ${stopPct} % below the price`);
  }
  return finish(consensus.answered === 0 ? 'absent' : 'held');

  /** Asks something of a position's guard; false when it is over. */
  async function ask<M extends object>(
    guard: string,
    what: SignalDefinition<[M & { event: number | null; atMs: number; by: string }]>,
    request: M,
  ): Promise<boolean> {
    const by = workflowId;
    const isThere = await getExternalWorkflowHandle(guard)
      .signal(what, { ...request, event, atMs, by })
      .then(() => true)
      // The position may have been closed by its stop a moment ago.
      .catch(() => false);
    if (isThere) result.concerned.push(settledAs(guard, by));
    return isThere;
  }

  async function enter(): Promise<CycleResult> {
    if (!hasTurn) {
      step = 'waiting for its turn';
      hasTurn = (await local.wantTurn({ cycle: workflowId })) || hasTurn;
      await condition(() => hasTurn);
    }
    step = 'risk review';
    const guardId = workflowIds.guard(input.desk, positionId(pair, barMs));
    const verdict = await local.reviewRisk({ ...record, guard: guardId });
    result.verdict = verdict.headline;
    tell(verdict.table);
    if (verdict.entry === null) {
      return finish('vetoed');
    }
    step = 'order';
    const { entry } = verdict;
    const request = {
      guard: {
        ...{ guard: guardId, deskWorkflow: input.deskWorkflow, ordersQueue: input.ordersQueue },
        ...{ position: positionId(pair, barMs), pair, bar: isoTime(barMs), plan: entry.guard },
      },
      next,
    };
    // The guard lives before the entry is sent, and the next cycle need not wait for the end of this one.
    const placed = await sendingOn(input.ordersQueue, entry.summary)
      .placeEntry(request)
      // No definite answer: look it up before anything is sent again.
      .catch(() => settlingOn(input.ordersQueue).settleEntry(request));
    result.turnGoesTo = placed.turnGoesTo;
    if (placed.kind === 'refused') {
      result.order = `refused: ${placed.reason}`;
      tell(`Order ${result.order}`);
      const isThere = await getExternalWorkflowHandle(guardId)
        .signal(orderUpdate, {
          event,
          atMs,
          orders: [
            {
              clientOrderId: placed.clientOrderId,
              leg: 'entry',
              n: placed.n,
              status: 'rejected',
              filledQuantity: '0',
              filledCost: '0',
            },
          ],
          wakes: [],
          outbox: [],
        })
        .then(() => true)
        // A halt may have ended it a moment ago.
        .catch(() => false);
      if (isThere) result.concerned.push(guardId);
      return finish('refused');
    }
    const anew = placed.n === 1 ? '' : `; it would have taken, and rests at ${placed.price}`;
    result.order = `${entry.summary}${anew}`;
    tell(`Ordered: ${result.order}`);
    return finish('ordered');
  }

  async function finish(how: CycleOutcome): Promise<CycleResult> {
    await Promise.all([local.recordCycle({ ...record, outcome: how }), giveTurnOn()]);
    return end(how);
  }

  /** A turn that is not given on, its end frees. */
  async function giveTurnOn(): Promise<void> {
    if (!hasTurn || next === null || result.turnGoesTo !== null) return;
    if (await local.giveTurn({ cycle: next })) result.turnGoesTo = next;
  }

  function end(how: CycleOutcome): CycleResult {
    step = 'done';
    outcome = how;
    result.outcome = how;
    tell(`Outcome: **${how}**`);
    upsertSearchAttributes([
      { key: actionKey, value: result.action },
      { key: outcomeKey, value: how },
      { key: confidenceKey, value: result.confidence },
    ]);
    return result;
  }
}
