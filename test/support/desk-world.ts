import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { Standing } from '../../activities/ledger/desk-store.ts';
import type { Reduction } from '../../activities/orders/reduce.ts';
import type { DeskCommand, LedgerActivities } from '../../activities/ledger/activities.ts';
import { RiskLimitsSchema } from '../../shared/risk/limits.ts';
import { limitsInForce, tightened } from '../../shared/risk/standing-limits.ts';
import { clientOrderId } from '../../shared/client-order-id.ts';
import type { ClosedBar } from '../../shared/guard/exit-after-bar.ts';
import { hearsBars, type ExitTerms } from '../../shared/guard/exit-terms.ts';
import { Decimal } from '../../shared/money.ts';
import { positionId, workflowIds } from '../../shared/names.ts';
import type { Pair } from '../../shared/pair.ts';
import {
  barClosed,
  orderUpdate,
  status,
  venueEvent,
  type DeskStatus,
  type OrderState,
} from '../../workflows/messages.ts';
import type { tradingDesk } from '../../workflows/trading-desk.ts';
import type { DeskWorker } from './desk-worker.ts';

export const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
export const HOUR_MS = 3_600_000;
/** Open of the first bar: 2026-01-05 12:00. */
export const BAR_MS = Date.UTC(2026, 0, 5, 12);

interface VenueOrder extends OrderState {
  kind: string;
  quantity: string;
  price: string | null;
}

const NO_EXITS: ExitTerms = {
  ...{ breakEven: null, trailing: null, timeStopMs: null, invalidation: null },
  ...{ timeframe: '1h', unprotectedMs: 5000 },
};

export type World = Awaited<ReturnType<typeof openWorld>>;

/** What can be done to a desk before a worker runs. */
interface EarlyWorld {
  handle: WorkflowHandle<typeof tradingDesk>;
  bar(event: number | null): Promise<void>;
}

type CycleOf = { cycle: string };
type Command = DeskCommand;
const KINDS: Record<Command, Standing['kind']> = {
  pause: 'paused',
  resume: 'running',
  halt: 'halted',
  flatten: 'flattening',
  flattened: 'halted',
  differs: 'halted',
  agrees: 'running',
  // The only lock that time ends here is a pause.
  clock: 'running',
};

/**
 * The real workflows of one desk on the test's Temporal server, over activities that keep all they are
 * asked in memory: a market that says what the test says, and a venue whose orders rest until the test
 * fills them. Everything bought costs 100. `early` sends what is there before any worker runs.
 */
export async function openWorld(
  worker: DeskWorker,
  early?: (to: EarlyWorld) => Promise<void>,
  input: { rebalanceAtMs?: number } = {},
) {
  const { client } = worker;
  const desk = `world-${randomUUID().slice(0, 8)}`;
  const deskId = workflowIds.desk(desk);
  const taskQueue = early === undefined ? worker.queue : `${desk}-alone`;

  const world = {
    /** What the deciders agree on, by pair; `hold` where nothing is said. */
    actions: {} as Record<Pair, string>,
    /** Pairs whose entry the risk review lets pass; the others are vetoed. */
    approved: new Set<Pair>(),
    /** What a comparison of ledger and venue finds. */
    differences: [] as string[],
    /** What happens before the named step of a pair goes on. */
    before: {} as Record<
      `${'ask' | 'review' | 'send'} ${Pair}` | 'place stop',
      () => Promise<unknown>
    >,
    /** Legs whose next orders are refused, or lose their answer before or after they have arrived. */
    refuse: [] as string[],
    losesRequest: [] as string[],
    losesAnswer: [] as string[],
    targets: [{ price: '108', share: '1' }],
    /** Rules by which positions are left. */
    exits: NO_EXITS,
    /** What guards that hear of bars see, and what those who hold want of a stop. */
    exitBar: null as ClosedBar | null,
    heldStopPct: null as number | null,
    alarms: [] as string[],
    state: standing('running'),
    limits: limitsInForce(RiskLimitsSchema.parse({}), {}),
    /** Legs that a rebalancing plans: pairs of which 1 is sold; those of `vetoedLegs` are vetoed. */
    legs: [] as Pair[],
    vetoedLegs: [] as Pair[],
    reviewedLegs: [] as { pair: Pair; atMs: number }[],
    reviewed: [] as Pair[],
    recorded: [] as { cycle: string; outcome: string }[],
    acknowledged: [] as number[],
    /** Bars that the shadow accounts were to be brought up to, each try. */
    shadowed: [] as number[],
    shadowsFail: false,
    commands: [] as Command[],
    /** Venue times at which the desk's state was changed by people. */
    steeredAt: [] as number[],
    closed: [] as { position: string; exitReason: string }[],
    wakes: new Map<string, { above?: string; atMs?: number }>(),
    /** Open times of bars that a venue at real time has left behind. */
    late: new Set<number>(),
    /** Venue times that a venue at real time answers with, one a call; a stepped one has none. */
    venueTimes: [] as number[],
    orders: new Map<string, VenueOrder>(),
    /** Every moment at which exits could have sold more than was bought. */
    oversold: [] as string[],
    desk,
    client,
    handle: client.workflow.getHandle<typeof tradingDesk>(deskId),
    guardOf,
    cycleOf,
    order,
    fill,
    end,
    restingExits,
    bar,
    tell,
    acked,
    when,
    statusOf: (): Promise<DeskStatus> => client.workflow.getHandle(deskId).query(status),
    gate,
    async close() {
      for (const open of gates) open();
      await world.handle.terminate('the test is over').catch(() => null);
    },
  };
  const waiting = new Set<() => void>();
  const gates: (() => void)[] = [];
  const changed = (): void => {
    for (const check of [...waiting]) check();
  };

  const local = {
    openDesk: () => ({
      ...world.state,
      ...{ atMs: BAR_MS, limits: world.limits, champion: 'only' },
    }),
    openBar: ({ atMs }: { atMs: number }) => ({
      ...{ account: `account at ${atMs}`, equity: '1000', state: world.state },
      flatten: world.state.kind === 'flattening',
    }),
    isLate: ({ barMs }: { barMs: number }) => world.late.has(barMs),
    lockBar: () => true,
    buildSnapshot: ({ pair }: { pair: Pair }) => ({
      ...{ hash: pair, price: 100, asks: true },
      guard: isHeld(pair) ? guardOf(pair) : null,
    }),
    async askDecider({ decider, snapshot }: { decider: string; snapshot: string }) {
      await world.before[`ask ${snapshot}`]?.();
      return { kind: 'absent', decider, cause: snapshot };
    },
    combine: ({ answers }: { answers: { cause: string }[] }) => ({
      ...{ action: world.actions[answers[0]!.cause] ?? 'hold', confidence: 0.7, reason: '' },
      ...{ answered: 1, table: '', hash: 'consensus', said: {} },
      heldStopPct: world.heldStopPct,
    }),
    async reviewRisk({ pair, barMs, cycle }: CycleOf & { pair: Pair; barMs: number }) {
      world.reviewed.push(pair);
      changed();
      await world.before[`review ${pair}`]?.();
      if (!world.approved.has(pair))
        return { kind: 'vetoed', headline: '', table: '', entry: null };
      const id = clientOrderId(cycle, 'entry', 1);
      world.orders.set(id, {
        ...{ clientOrderId: id, leg: 'entry', n: 1, status: 'open', kind: 'market' },
        ...{ quantity: '2', price: null, filledQuantity: '0', filledCost: '0' },
      });
      const guard = {
        ...{ entryClientOrderId: id, entryQuantity: '2', stopPrice: '98', lot: '0.01' },
        ...{ targets: world.targets, tick: '0.01', minQuantity: '0.01' },
        ...{ minCost: '5', targetSlippage: 0.002, exits: world.exits, barMs },
      };
      return { kind: 'approved', headline: '', table: '', entry: { summary: 'buy 2', guard } };
    },
    planRebalance: () => ({
      legs: world.legs.map((pair) => ({ pair, side: 'sell', quantity: '1', valueUsdt: '100' })),
      ...{ reason: world.legs.length === 0 ? 'every share lies in its band' : null },
      ...{ shares: {}, toShares: {} },
    }),
    async reviewRebalanceLeg({ id, n, atMs }: { id: string; n: number; atMs: number }) {
      const pair = world.legs[n - 1]!;
      world.reviewedLegs.push({ pair, atMs });
      if (world.vetoedLegs.includes(pair)) return { kind: 'vetoed', headline: 'no', order: null };
      const orderId = clientOrderId(id, 'rebalance', n);
      world.orders.set(orderId, {
        ...{ clientOrderId: orderId, leg: 'rebalance', n, status: 'open', kind: 'market' },
        ...{ quantity: '1', price: null, filledQuantity: '0', filledCost: '0' },
      });
      return { kind: 'approved', headline: '', order: { clientOrderId: orderId, summary: pair } };
    },
    recordCycle(of: { cycle: string; outcome: string }) {
      world.recorded.push({ cycle: of.cycle, outcome: of.outcome });
    },
    changeDeskState(of: Parameters<LedgerActivities['changeDeskState']>[0]) {
      const { command, who, why, untilMs, atMs } = of;
      if (command !== 'agrees') world.commands.push(command);
      if (who === 'ann') world.steeredAt.push(atMs);
      const isNoChange =
        command === 'agrees' || (command === 'flattened' && world.state.kind !== 'flattening');
      if (!isNoChange) world.state = { kind: KINDS[command], untilMs, who, why };
      return world.state;
    },
    setLimits: (of: Parameters<LedgerActivities['setLimits']>[0]) => {
      const { who, why, atMs } = of;
      const answer = tightened(world.limits.limits, world.limits, of.change, { who, why, atMs });
      if (answer.kind === 'tightened') world.limits = answer;
      return answer;
    },
    setChampion: ({ decider }: { decider: string }) =>
      decider === 'only'
        ? { kind: 'set', champion: decider, before: 'only' }
        : { kind: 'refused', reason: `${decider} is none of the deciders` },
    releaseBag: () => ({ kind: 'refused', reason: 'there is nothing to release' }),
    openGuards: () => PAIRS.filter((pair) => isGuarded(pair)).map((pair) => guardOf(pair)),
    guardsHearingBars: ({ pairs }: { pairs: Pair[] }) =>
      hearsBars(world.exits) ? pairs.filter((p) => isHeld(p)).map((p) => guardOf(p)) : [],
    readExitBar: () => world.exitBar,
    noteAlarm: ({ words }: { words: string }) => void world.alarms.push(words),
    acknowledgeUpdates: () => {},
    closeTrade({ position, exitReason }: { position: string; exitReason: string }) {
      world.closed.push({ position, exitReason });
      return { pnl: '0' };
    },
    passProbe: () => {},
    advanceShadows({ barMs }: { barMs: number }) {
      world.shadowed.push(barMs);
      if (world.shadowsFail) throw new Error('no shadows today');
    },
    acknowledgeEvent({ event }: { event: number }) {
      world.acknowledged.push(event);
    },
    wakeAt({ id, atMs }: { id: string; atMs: number }) {
      world.wakes.set(id, { atMs });
      const venueMs = world.venueTimes.shift();
      return venueMs === undefined ? null : { venueMs };
    },
    watchLevel: ({ id, above }: { id: string; above: string }) =>
      void world.wakes.set(id, { above }),
    forgetLevel: ({ id }: { id: string }) => void world.wakes.delete(id),
  };
  const orders = {
    async placeEntry({ clientOrderId: id }: { clientOrderId: string }) {
      const pair = PAIRS.find((p) => clientOrderId(cycleOf(p), 'entry', 1) === id)!;
      await world.before[`send ${pair}`]?.();
      loses('entry');
      return { ...(refuses('entry') ?? { kind: 'open' }), clientOrderId: id, n: 1, price: null };
    },
    settleEntry: ({ clientOrderId: id }: { clientOrderId: string }) => ({
      ...(refuses('entry') ?? { kind: 'open' }),
      ...{ clientOrderId: id, n: 1, price: null },
    }),
    cancelEntry({ position }: { position: string }) {
      const pair = PAIRS.find((p) => positionId(p, BAR_MS) === position)!;
      const known = order(pair, 'entry');
      if (known.status === 'open') known.status = 'canceled';
      return { ...stateOf(known), clientOrderId: known.clientOrderId, n: 1 };
    },
    placeLeg() {
      loses('rebalance');
      return refuses('rebalance') ?? { kind: 'open' };
    },
    settleLeg: () => refuses('rebalance') ?? { kind: 'open' },
    async placeReduction(r: Reduction) {
      if (r.leg === 'stop' && world.before['place stop'] !== undefined) {
        await world.before['place stop']();
        return { kind: 'refused', reason: 'cancelled before it was sent' };
      }
      if (take(world.losesRequest, r.leg)) throw new Error('no answer');
      const answer = refuses(r.leg) ?? rest(r);
      loses(r.leg);
      return answer;
    },
    settleReduction: (r: Reduction) =>
      world.orders.has(clientOrderId(r.guard, r.leg, r.n))
        ? { kind: 'open', quantity: r.quantity }
        : (refuses(r.leg) ?? rest(r)),
    amendOrder(change: { clientOrderId: string; quantity: string; price: string }) {
      const { clientOrderId: id, quantity, price } = change;
      const known = world.orders.get(id)!;
      // As the activity does: what cannot be changed is cancelled.
      if (known.status === 'open' && refuses(`amend ${known.leg}`)) known.status = 'canceled';
      if (known.status === 'open') Object.assign(known, { quantity, price });
      noteOversold();
      return stateOf(known);
    },
    cancelOrder({ clientOrderId: id }: { clientOrderId: string }) {
      const known = world.orders.get(id);
      if (known === undefined) {
        return { status: 'unplaced', filledQuantity: '0', filledCost: '0' };
      }
      if (known.status === 'open') known.status = 'canceled';
      return stateOf(known);
    },
    reconcile: () => ({ differences: world.differences }),
  };
  const called = Object.entries({ ...local, ...orders } as Record<
    string,
    (input: never) => unknown
  >);
  worker.register(
    desk,
    Object.fromEntries(
      called.map(([name, run]) => [
        name,
        async (input: never) => {
          const result = await run(input);
          changed();
          return result;
        },
      ]),
    ),
  );
  await client.workflow.start<typeof tradingDesk>('tradingDesk', {
    ...{ workflowId: deskId, taskQueue },
    args: [
      {
        ...{ desk, pairs: PAIRS, timeframe: '1h', deciders: ['only'] },
        ...{ ordersQueue: taskQueue, reconcileEveryMs: 1e12, ...input },
      },
    ],
  });
  if (early !== undefined) {
    await early(world);
    await worker.serve(taskQueue);
  }
  return world;

  function guardOf(pair: Pair, bar = 0): string {
    return workflowIds.guard(desk, positionId(pair, BAR_MS + bar * HOUR_MS));
  }
  function cycleOf(pair: Pair, bar = 0): string {
    return workflowIds.cycle(desk, pair, BAR_MS + bar * HOUR_MS);
  }

  /** A promise that the test fulfils, at its end at the latest. */
  function gate(): { open: () => void; passed: () => Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.push(resolve);
    return { open: resolve, passed: () => promise };
  }

  /** An order of the first bar's position on the pair; throws when the desk has not placed it. */
  function order(pair: Pair, leg: string, n = 1): VenueOrder {
    const id = clientOrderId(leg === 'entry' ? cycleOf(pair) : guardOf(pair), leg, n);
    const found = world.orders.get(id);
    if (found === undefined) throw new Error(`no ${leg} ${n} was placed for ${pair}`);
    return found;
  }

  /** Executes part of an order. Returns its state, as the feed would tell it. */
  function fill(pair: Pair, leg: string, quantity: string, n = 1): OrderState {
    const known = order(pair, leg, n);
    known.filledQuantity = new Decimal(known.filledQuantity).plus(quantity).toFixed();
    known.filledCost = new Decimal(known.filledQuantity).mul(100).toFixed();
    if (new Decimal(known.filledQuantity).gte(known.quantity)) known.status = 'filled';
    return { ...known };
  }

  /** Ends an order at the venue. Returns its state, as the feed would tell it. */
  function end(pair: Pair, leg: string, state: OrderState['status'], n = 1): OrderState {
    const known = order(pair, leg, n);
    known.status = state;
    return { ...known };
  }

  /** Quantity that exits still rest for, by leg. */
  function restingExits(): Record<string, string> {
    return Object.fromEntries(
      [...world.orders.values()]
        .filter((o) => o.leg !== 'entry' && o.status === 'open')
        .map((o) => [`${o.leg} ${o.n}`, new Decimal(o.quantity).minus(o.filledQuantity).toFixed()]),
    );
  }

  /** The close of the bar `bar` hours after the first; the event is handed out under `event`. */
  async function bar(event: number | null, of: { bar?: number; pairs?: Pair[] } = {}) {
    const barMs = BAR_MS + (of.bar ?? 0) * HOUR_MS;
    await world.handle.signal(barClosed, {
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
    const guard = guardOf(pair);
    const atMs = of.atMs ?? BAR_MS + HOUR_MS + (event ?? 0) * 1000;
    const wakes = (of.wakes ?? []).map((wake) => `${guard}#${wake}`);
    const states = (of.orders ?? []).map(({ clientOrderId: id, leg, n, ...rest }) => ({
      ...{ clientOrderId: id, leg, n, status: rest.status },
      ...{ filledQuantity: rest.filledQuantity, filledCost: rest.filledCost },
    }));
    const update = { event, atMs, orders: states, wakes, outbox: [event ?? 0] };
    await client.workflow.getHandle(guard).signal(orderUpdate, update);
    if (event === null) return;
    await world.handle.signal(venueEvent, { event, atMs, kind: 'orders', concerned: [guard] });
  }

  /** Resolves when the desk has acknowledged the event. */
  function acked(event: number): Promise<void> {
    return when(() => world.acknowledged.includes(event));
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

  function exitsOf(pair: Pair): VenueOrder[] {
    return [...world.orders.entries()]
      .filter(([id, o]) =>
        [1, 2, 3, 4, 5].some((n) => clientOrderId(guardOf(pair), o.leg, n) === id),
      )
      .map(([, o]) => o);
  }
  function isHeld(pair: Pair): boolean {
    const entry = world.orders.get(clientOrderId(cycleOf(pair), 'entry', 1));
    return entry !== undefined && entry.filledQuantity !== '0' && isGuarded(pair);
  }
  function isGuarded(pair: Pair): boolean {
    const isThere = world.orders.has(clientOrderId(cycleOf(pair), 'entry', 1));
    return isThere && !world.closed.some((c) => c.position === positionId(pair, BAR_MS));
  }
  function rest(r: Reduction) {
    const id = clientOrderId(r.guard, r.leg, r.n);
    world.orders.set(id, {
      ...{ clientOrderId: id, leg: r.leg, n: r.n, status: 'open', kind: r.kind },
      ...{ quantity: r.quantity, price: r.price, filledQuantity: '0', filledCost: '0' },
    });
    noteOversold();
    return { kind: 'open', quantity: r.quantity };
  }
  /** Notes when what exits have sold and may still sell is more than was bought. */
  function noteOversold(): void {
    for (const pair of PAIRS) {
      const bought = world.orders.get(clientOrderId(cycleOf(pair), 'entry', 1))?.filledQuantity;
      const out = exitsOf(pair).map((o) => (o.status === 'open' ? o.quantity : o.filledQuantity));
      const sum = Decimal.sum(0, ...out);
      if (sum.gt(bought ?? 0)) world.oversold.push(`${pair}: ${sum.toFixed()} of ${bought}`);
    }
  }
  function loses(leg: string): void {
    if (take(world.losesAnswer, leg)) throw new Error('no answer');
  }
  function refuses(leg: string): { kind: 'refused'; reason: string } | null {
    return take(world.refuse, leg) ? { kind: 'refused', reason: 'the venue says no' } : null;
  }
}

function standing(kind: Standing['kind']): Standing {
  return { kind, untilMs: null, who: '', why: '' };
}

function stateOf({ status: now, filledQuantity, filledCost }: VenueOrder) {
  return { status: now, filledQuantity, filledCost };
}

/** Whether the list names it; takes it off once. */
function take(list: string[], item: string): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
