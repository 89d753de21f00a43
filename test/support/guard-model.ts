import { clientOrderId } from '../../shared/client-order-id.ts';
import type { ClosedBar } from '../../shared/guard/exit-after-bar.ts';
import type { ExitTerms } from '../../shared/guard/exit-terms.ts';
import { Decimal } from '../../shared/money.ts';
import type { Exchange } from '../../simulator/exchange/exchange.ts';
import { open, PAIR } from '../../simulator/exchange/exchange.fixture.ts';
import type { Row } from '../../simulator/market/market.fixture.ts';
import type { Order } from '../../simulator/state/order.ts';
import {
  applyUpdate,
  newGuardState,
  quantityOf,
  type GuardState,
  type LegOrder,
} from '../../workflows/guard-state.ts';
import { guardSteps, type GuardPorts, type GuardSteps } from '../../workflows/guard-steps.ts';
import type { OrderState } from '../../workflows/messages.ts';

/** Which of `count` ways things go; 0 is the usual one. */
export type Choose = (count: number) => number;

type Told = { orders?: OrderState[]; wakes?: string[] };

const SELF = 'guard/model';
const HALF_CANDLE_MS = 1_800_000;
/** Steps of the exchange's XRP/USDT. */
const STEPS = { lot: '0.00000001', tick: '0.00001', minCost: '0.5', minQuantity: '2' };

const NO_EXITS: ExitTerms = {
  ...{ breakEven: null, trailing: null, timeStopMs: null, invalidation: null },
  ...{ timeframe: '1h', unprotectedMs: 5000 },
};

/** Breaks the guard on purpose, to show that the walk notices. */
export type Mutation = (ports: GuardPorts) => GuardPorts;

export type GuardModel = Awaited<ReturnType<typeof guardModel>>;

/**
 * The guard's own steps against the simulator's exchange core, whose market, answers and messages go as
 * `choose` says: requests and answers get lost, orders are refused, prices move between any two calls,
 * messages come late, twice and out of order. The account holds far more than the position, so that the
 * exchange refuses no sale that is too large. Throws as soon as more is, or could be, sold than was bought.
 */
export async function guardModel(of: {
  rows: readonly Row[];
  choose: Choose;
  /** How often something may go otherwise than usual. */
  troubles: number;
  entry: { quantity: string; price: string | null };
  stopPrice: string;
  targets: { price: string; share: string }[];
  exits?: Partial<ExitTerms>;
  isTimed?: boolean;
  mutate?: Mutation;
  /** On margin; absent for a purchase on spot. */
  margin?: { side: 'buy' | 'sell'; leverage: number };
}) {
  const exchange: Exchange = open(of.rows, { USDT: '10000', XRP: '1000' });
  const { margin } = of;
  const entrySide = margin?.side ?? 'buy';
  const exitSide = entrySide === 'buy' ? ('sell' as const) : ('buy' as const);
  let troubles = of.troubles;
  /** The usual way, or another one as long as there is trouble left. */
  const fate = (count: number): number => {
    if (troubles === 0) return 0;
    const way = of.choose(count);
    if (way > 0) troubles -= 1;
    return way;
  };

  const queue: Told[] = [];
  const levels = new Map<string, Parameters<Exchange['wake']>[0]>();
  const booked = new Map<string, number>();
  const seen = new Map<string, string>();
  let exitBar: ClosedBar | null = null;

  const entryId = clientOrderId('cycle/model', 'entry', 1);
  const entryOrder = exchange.place({
    ...{ pair: PAIR, side: entrySide, quantity: of.entry.quantity, clientId: entryId },
    ...(margin === undefined ? {} : { leverage: margin.leverage }),
    ...(of.entry.price === null
      ? { type: 'market' }
      : { type: 'limit', limitPrice: of.entry.price }),
  });
  if ('error' in entryOrder) throw new Error(entryOrder.error);

  const input = {
    ...{ position: 'model', pair: PAIR, entryQuantity: of.entry.quantity },
    ...{ entryClientOrderId: entryId, stopPrice: of.stopPrice, targets: of.targets },
    ...{ targetSlippage: 0.002, exits: { ...NO_EXITS, ...of.exits }, ...STEPS },
    ...(margin === undefined ? {} : { margin }),
  };
  let state: GuardState = newGuardState(input);
  const alarms: string[] = [];

  const legOf = (order: Order): { leg: string; n: number } => {
    if (order.clientId === entryId) return { leg: 'entry', n: 1 };
    if (order.clientId === null) return { leg: 'liquidation', n: 1 };
    for (const leg of ['stop', 'target', 'exit', 'dust']) {
      for (let n = 1; n <= 80; n++) {
        if (clientOrderId(SELF, leg, n) === order.clientId) return { leg, n };
      }
    }
    throw new Error(`order ${order.clientId} is none of the guard's`);
  };
  const changedTo = (order: Order) => ({
    status: order.status === 'closed' ? ('filled' as const) : order.status,
    filledQuantity: order.filled.toFixed(),
    filledCost: order.cost.toFixed(),
  });

  /** What the feed would now send, and whether the books still hold. */
  function notice(): void {
    for (const order of exchange.state.orders.values()) {
      const now = `${order.status} ${order.filled.toFixed()}`;
      if (seen.get(order.id) === now) continue;
      seen.set(order.id, now);
      if (order.status === 'open' && order.filled.isZero()) continue;
      const at = { clientOrderId: order.clientId ?? order.id, ...legOf(order) };
      // What others send is heard of by what it fills.
      if (order.clientId === null && order.filled.isZero()) continue;
      queue.push({ orders: [{ ...at, ...changedTo(order) }] });
    }
    for (const id of levels.keys()) {
      if (exchange.state.wakes.has(id)) continue;
      levels.delete(id);
      queue.push({ wakes: [id] });
    }
    for (const [name, atMs] of booked) {
      if (exchange.state.nowMs < atMs) continue;
      booked.delete(name);
      queue.push({ wakes: [`${SELF}#${name}`] });
    }
    if (margin !== undefined) {
      const turned = [...exchange.state.positions.values()].find((p) => p.side !== margin.side);
      if (turned !== undefined) throw new Error(`the position was turned into a ${turned.side}`);
      return;
    }
    const orders = [...exchange.state.orders.values()];
    const sum = (side: string, of: (o: Order) => Decimal): Decimal =>
      Decimal.sum(0, ...orders.filter((o) => o.side === side).map(of));
    const bought = sum('buy', (o) => o.filled);
    const mayBeSold = sum('sell', (o) => (o.status === 'open' ? o.quantity : o.filled));
    if (mayBeSold.gt(bought)) {
      throw new Error(`${mayBeSold.toFixed()} may be sold of ${bought.toFixed()} bought`);
    }
  }

  const run = (spanMs: number): void => {
    exchange.run(exchange.state.nowMs + spanMs);
    notice();
  };
  /** Between any two calls the market may move. */
  const meanwhile = (): void => {
    const way = fate(4);
    if (way === 3) exchange.fillPartially(0.5, 1);
    if (way > 0) run(way * HALF_CANDLE_MS);
  };
  const known = (id: string): Order | null => exchange.orderByClientId(id);

  const ports: GuardPorts = {
    async place(r, _summary, limitMs) {
      meanwhile();
      const send = () => {
        const placed = exchange.place({
          ...{ pair: r.pair, side: exitSide, type: r.kind },
          quantity: r.leg === 'dust' ? '0' : r.quantity,
          ...(margin === undefined ? {} : { leverage: margin.leverage, reduceOnly: true }),
          ...{ clientId: clientOrderId(r.guard, r.leg, r.n), timeInForce: r.timeInForce },
          ...(r.kind === 'limit' ? { limitPrice: r.price ?? '' } : {}),
          ...(r.kind === 'stop-loss' ? { triggerPrice: r.price ?? '' } : {}),
        });
        notice();
        return 'error' in placed
          ? ({ kind: 'refused', reason: placed.error } as const)
          : ({ kind: 'open', quantity: r.quantity } as const);
      };
      const way = fate(limitMs === null ? 4 : 6);
      switch (way) {
        case 1: // the request is lost, the look-up finds none, it is sent again
          meanwhile();
          return send();
        case 2: {
          // the answer is lost, the look-up finds the order
          const sent = send();
          meanwhile();
          return sent;
        }
        case 3:
          return { kind: 'refused', reason: 'EService:Unavailable' };
        case 4:
          return { kind: 'unsettled' };
        case 5:
          send();
          meanwhile();
          return { kind: 'unsettled' };
        default:
          return send();
      }
    },
    async amend(change, limitMs) {
      meanwhile();
      const way = fate(limitMs === null ? 3 : 5);
      if (way === 1) meanwhile(); // the request is lost and repeated
      if (way === 3) return { kind: 'unsettled' };
      const order = known(change.clientOrderId);
      if (order === null) throw new Error('an order that was never placed is amended');
      if (order.status === 'open') {
        const { quantity, price: triggerPrice } = change;
        const refusal =
          way === 2
            ? { error: 'refused' }
            : exchange.amend(order, {
                quantity,
                ...(triggerPrice === undefined ? {} : { triggerPrice }),
              });
        // As the activity does: what cannot be changed is cancelled.
        if (refusal !== null && refusal.error !== 'EOrder:No change') exchange.cancel(order);
        notice();
      }
      if (way === 4) return { kind: 'unsettled' };
      meanwhile();
      return changedTo(order);
    },
    async cancel(id) {
      meanwhile();
      if (fate(2) === 1) meanwhile();
      const order = known(id);
      if (order === null) return { status: 'unplaced', filledQuantity: '0', filledCost: '0' };
      exchange.cancel(order);
      notice();
      return changedTo(order);
    },
    async cancelEntry() {
      return { ...(await ports.cancel(entryId)), clientOrderId: entryId, n: 1 };
    },
    async watchLevel({ id, pair, above }) {
      const wake = { id, pair, side: 'above' as const, level: Number(above) };
      exchange.wake(wake);
      levels.set(id, wake);
    },
    async forgetLevel(id) {
      exchange.unwake(id);
      levels.delete(id);
    },
    async wakeAt(name, atMs) {
      booked.set(name, atMs);
    },
    readBar: () => Promise.resolve(exitBar),
    async beforeStop() {
      meanwhile();
    },
    async alarm(_kind, words) {
      alarms.push(words);
    },
  };
  const shown = of.mutate?.(ports) ?? ports;
  const begin = (): GuardSteps => guardSteps(input, SELF, state, shown, () => of.isTimed ?? false);
  let steps = begin();
  notice();

  /** One message of the feed, as the workflow takes it. */
  async function take(told: Told): Promise<void> {
    const atMs = exchange.state.nowMs;
    for (const order of told.orders ?? []) applyUpdate(state, order);
    for (const id of told.wakes ?? []) {
      if (id === `${SELF}#time-stop`) steps.close('time-stop');
      else if (!['exit', 'cover', 'targets'].some((what) => id === `${SELF}#${what}`))
        await steps.takeTarget(id, atMs);
    }
    await steps.react(atMs);
  }

  return {
    exchange,
    alarms,
    state: () => state,
    run,
    pending: () => queue.length,

    /** Delivers the message at this place of the queue; one that is kept comes again. */
    async deliver(index: number, isKept: boolean): Promise<void> {
      const at = queue.length === 0 ? -1 : index % queue.length;
      const told = isKept ? queue[at] : queue.splice(at, at < 0 ? 0 : 1)[0];
      if (told !== undefined) await take(told);
    },
    async bar(seenBar: ClosedBar): Promise<void> {
      exitBar = seenBar;
      await steps.hearBar(exchange.state.nowMs);
      await steps.react(exchange.state.nowMs);
    },
    async close(reason: string): Promise<void> {
      steps.close(reason);
      await steps.react(exchange.state.nowMs);
    },
    async cancelEntry(): Promise<void> {
      await steps.cancelEntryOrder();
      await steps.react(exchange.state.nowMs);
    },
    /** The guard goes on in another process, with what its history holds. */
    restart(): void {
      state = JSON.parse(JSON.stringify(state)) as GuardState; // plain data
      steps = begin();
    },

    /** Somebody else closes this share of what is open on margin: the venue, or a person. */
    strangerCloses(share: number): void {
      const open = [...exchange.state.positions.values()].reduce(
        (sum, p) => sum.plus(p.quantity).minus(p.closed),
        new Decimal(0),
      );
      const quantity = open.mul(share).toDecimalPlaces(8, Decimal.ROUND_DOWN).toFixed();
      if (margin === undefined || quantity === '0') return;
      const closing = { pair: PAIR, side: exitSide, type: 'market', reduceOnly: true } as const;
      exchange.place({ ...closing, quantity, leverage: margin.leverage });
      notice();
    },

    /** Delivers all that is on its way, without further trouble, and says what is wrong then. */
    async settle(): Promise<string[]> {
      troubles = 0;
      for (let n = 0; n < 500; n++) {
        const told = queue.shift();
        if (told !== undefined) await take(told);
        else if (booked.has('cover')) run(booked.get('cover')! - exchange.state.nowMs);
        else if (booked.has('targets')) run(booked.get('targets')! - exchange.state.nowMs);
        else break;
      }
      return wrong();
    },
    isOver: () => steps.isOver(),
  };

  function wrong(): string[] {
    const found: string[] = [];
    const legs = [
      ...[state.entry, state.stop, state.target, state.exit, state.dust],
      ...state.resting,
    ];
    const live = legs.filter((leg): leg is LegOrder => leg !== null && !leg.over);
    const resting = exchange.openOrders();
    for (const order of resting) {
      if (!live.some((leg) => leg.clientOrderId === order.clientId)) {
        found.push(`a forgotten order: ${legOf(order).leg} ${legOf(order).n}`);
      }
    }
    for (const leg of live) {
      if (!resting.some((order) => order.clientId === leg.clientOrderId)) {
        found.push(`an order that is over at the exchange: ${leg.clientOrderId}`);
      }
    }
    const filled = (side: string): Decimal =>
      Decimal.sum(
        0,
        ...[...exchange.state.orders.values()].filter((o) => o.side === side).map((o) => o.filled),
      );
    const held = filled(entrySide).minus(filled(exitSide));
    const believed = quantityOf.held(state);
    if (!held.eq(believed)) found.push(`holds ${held.toFixed()}, believes ${believed.toFixed()}`);
    const isOrderable = held.gte(STEPS.minQuantity) && held.mul(state.stopPrice).gte(STEPS.minCost);
    const stops = resting.filter((o) => o.type === 'stop-loss');
    const covered = Decimal.sum(0, ...stops.map((o) => o.quantity.minus(o.filled)));
    if (state.closing === null && isOrderable && !covered.eq(held)) {
      found.push(`the stop covers ${covered.toFixed()} of ${held.toFixed()}`);
    }
    if (margin !== undefined) {
      const open = Decimal.sum(
        0,
        ...[...exchange.state.positions.values()].map((p) => p.quantity.minus(p.closed)),
      );
      if (!open.eq(held)) found.push(`${open.toFixed()} open on margin, ${held.toFixed()} held`);
      const rest = Decimal.sum(
        0,
        ...resting
          .filter((o) => o.type === 'limit' && o.side === exitSide)
          .map((o) => o.quantity.minus(o.filled)),
      );
      if (rest.gt(held)) found.push(`targets of ${rest.toFixed()} rest for ${held.toFixed()}`);
      const isGivenUp = state.rungs.some((rung) => (rung.lost ?? 0) >= 3);
      const least = new Decimal(STEPS.minQuantity).mul(of.targets.length);
      if (state.closing === null && !isGivenUp && held.minus(rest).gt(least)) {
        found.push(`targets of ${rest.toFixed()} rest for ${held.toFixed()}`);
      }
      if (
        held.gt(0) &&
        state.entry.over &&
        live.length === 0 &&
        !booked.has('exit') &&
        state.dustN < 3
      ) {
        found.push(`${held.toFixed()} lies open and nothing is done about it`);
      }
    }
    const isLeaving = resting.some((o) => o.type === 'market') || booked.has('exit');
    if (state.closing !== null && isOrderable && !isLeaving) {
      found.push(`${held.toFixed()} is neither protected nor being sold (${state.closing})`);
    }
    return found;
  }
}

/** Walks every way of `choose` in `walk`, depth first. Returns how many ways there were. */
export async function everyWay(walk: (choose: Choose) => Promise<void>): Promise<number> {
  const taken: { way: number; count: number }[] = [];
  for (let walks = 1; ; walks++) {
    let at = 0;
    await walk((count) => {
      const step = (taken[at] ??= { way: 0, count });
      at += 1;
      return step.way;
    });
    taken.length = at;
    while (taken.length > 0 && taken.at(-1)!.way + 1 >= taken.at(-1)!.count) taken.pop();
    const last = taken.at(-1);
    if (last === undefined) return walks;
    last.way += 1;
  }
}
