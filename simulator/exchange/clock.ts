import type { Pair } from '../../shared/pair.ts';
import { barOpenMs, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import { MARGIN_STOP, marginAccount, nextRollover, rollOver } from '../account/margin.ts';
import { crosses } from '../matching/crosses.ts';
import { endOrder, orderReport, takeLiquidity } from '../matching/execute.ts';
import { touchPrice } from '../matching/liquidity.ts';
import {
  applyTouch,
  cancelIfImmediate,
  takeFresh,
  touches,
  type Touch,
} from '../matching/matching.ts';
import { ownOpposite } from '../matching/self-trade.ts';
import { followTrails } from '../matching/trailing.ts';
import { compareOrders, isDormant, type Order } from '../state/order.ts';
import {
  openOrders,
  standingPrice,
  type BarReport,
  type Core,
  type VenueEvent,
  type Wake,
} from '../state/state.ts';
import { bookStep, type ClockParts } from './book-clock.ts';
import { liquidate } from './liquidate.ts';

/**
 * Moves the clock on to `limitMs`, or to the next event while a desk is attached. Everything that happens on
 * the way happens in one fixed order, whatever the limit was before.
 */
export function runClock(core: Core, limitMs: number): void {
  const { books } = core.market;
  while (core.state.event === null && core.state.phase !== 'ended') {
    const moved =
      books === undefined ? step(core, limitMs) : bookStep(core, books, BOOK_CLOCK, limitMs);
    if (!moved) return;
  }
}

/** One step; false when the limit holds the clock. */
function step(core: Core, limitMs: number): boolean {
  const { state } = core;
  const length = timeframeMs(core.market.baseTimeframe);
  const half = state.candleMs + length / 2;
  const end = state.candleMs + length;
  switch (state.phase) {
    case 'boundary':
      startCandle(core);
      return true;
    case 'open':
      if (liquidationStep(core)) return true;
      if (!openRound(core)) settle(core, 'first-half');
      return true;
    case 'first-half':
      if (freshStep(core) || timedStep(core, Math.min(limitMs, half - 1))) return true;
      return moveTo(core, half, limitMs, 'inside');
    case 'inside':
      if (freshStep(core) || insideStep(core)) return true;
      closeCandle(core);
      settle(core, 'second-half');
      return true;
    case 'second-half':
      if (liquidationStep(core) || freshStep(core) || timedStep(core, Math.min(limitMs, end)))
        return true;
      if (!moveTo(core, end, limitMs, 'boundary')) return false;
      state.candleMs = end;
      return true;
    case 'ended':
      return false;
    default:
      return state.phase satisfies never;
  }
}

function settle(core: Core, phase: Core['state']['phase']): void {
  core.state.phase = phase;
}

/** Moves the clock to `atMs` and into `phase` when the limit allows it, else as far as it does. */
function moveTo(core: Core, atMs: number, limitMs: number, phase: Core['state']['phase']): boolean {
  const { state } = core;
  if (atMs > limitMs) {
    state.nowMs = Math.max(state.nowMs, limitMs);
    return false;
  }
  state.nowMs = Math.max(state.nowMs, atMs);
  state.phase = phase;
  return true;
}

/** Opens the base candle at the clock's time: new prices, what rested sees it whole, bars that closed are told. */
function startCandle(core: Core): void {
  const { state, market } = core;
  const at = state.candleMs;
  const ends = market.toMs !== null && at >= market.toMs;
  state.insideCount = 0;
  for (const pair of market.pairs) {
    const candle = ends ? null : market.candle(pair, at);
    if (candle === null) continue;
    state.prices.set(pair, candle.open);
    followTrails(core, pair, candle.open, candle.open);
  }
  for (const order of openOrders(state)) order.sees = 'whole';
  for (const wake of state.wakes.values()) if (wake.kind === 'level') wake.sees = 'whole';
  core.notice({ notice: 'boundary', atMs: at });
  const bars = at > market.fromMs ? closedBars(core, at) : [];
  state.phase = ends ? 'ended' : 'open';
  if (bars.length > 0) openEvent(core, { kind: 'bar', bars });
  else if (ends) endMarket(core);
}

/** The attached timeframes' bars that close at `at`; none when no pair has data in them. */
function closedBars(core: Core, at: number): BarReport[] {
  const { state, market } = core;
  const reports: BarReport[] = [];
  for (const timeframe of state.attached ?? []) {
    const length = timeframeMs(timeframe);
    if (at % length !== 0 || at - length < market.fromMs) continue;
    const report: BarReport = {
      timeframe,
      openMs: at - length,
      pairs: market.pairs.map((pair) => ({ pair, state: barState(core, pair, at - length, at) })),
    };
    if (report.pairs.some((p) => p.state !== 'missing')) reports.push(report);
  }
  return reports;
}

function barState(
  core: Core,
  pair: Pair,
  fromMs: number,
  toMs: number,
): 'closed' | 'empty' | 'missing' {
  const bar = core.market.fold(pair, fromMs, toMs);
  if (bar === null) return 'missing';
  return bar.volume > 0 ? 'closed' : 'empty';
}

/** When the market has an end and it is reached: the clock stands for good, told once as an event. */
export function endMarket(core: Core): void {
  core.state.phase = 'ended';
  if (core.state.attached !== null) openEvent(core, { kind: 'end' });
}

/** What happens at the open of the candle, all pairs at once; false when nothing (more) does. */
function openRound(core: Core): boolean {
  const { state, market } = core;
  const done: Order[] = [];
  const wakes: Extract<Wake, { kind: 'level' }>[] = [];
  for (const order of immediateOrders(core)) {
    settleImmediate(core, order);
    done.push(order);
  }
  for (const order of selfCrossing(core)) {
    takeLiquidity(core, order, touchPrice(core, order.pair, order.side));
    done.push(order);
  }
  for (const pair of market.pairs) {
    const candle = market.candle(pair, state.candleMs);
    if (candle === null) continue;
    for (const touch of touches(core, pair, candle)) {
      if (touch.at !== 'open') break;
      if (touch.kind === 'wake') wakes.push(touch.wake);
      else if (touch.order.status === 'open') {
        applyTouch(core, touch);
        done.push(touch.order);
      }
    }
  }
  for (const order of openOrders(state)) order.fresh = false;
  if (done.length > 0) {
    openEvent(core, { kind: 'orders', orders: done });
    return true;
  }
  if (wakes.length > 0) {
    fireWakes(core, wakes);
    return true;
  }
  return false;
}

/** Orders that just came and would trade with others of their account. */
function selfCrossing(core: Core): Order[] {
  return openOrders(core.state)
    .filter((o) => o.fresh && !isDormant(o) && o.limitPrice !== null)
    .filter((o) => ownOpposite(core, o).length > 0)
    .sort(compareOrders);
}

function immediateOrders(core: Core): Order[] {
  return openOrders(core.state)
    .filter((o) => o.fresh && !isDormant(o) && o.timeInForce !== 'gtc' && o.timeInForce !== 'gtd')
    .filter((o) => o.limitPrice !== null && !crosses(core, o))
    .sort(compareOrders);
}

const settleImmediate = (core: Core, order: Order): boolean => cancelIfImmediate(core, order);

/** The next thing that happens inside the candle, pair after pair; false when nothing (more) does. */
function insideStep(core: Core): boolean {
  const { state, market } = core;
  for (const pair of market.pairs) {
    const candle = market.candle(pair, state.candleMs);
    if (candle === null) continue;
    const touch = touches(core, pair, candle).find((t) => t.at === 'inside');
    if (touch === undefined) {
      state.prices.set(pair, candle.close);
      continue;
    }
    happenInside(core, pair, touch);
    return true;
  }
  return false;
}

function happenInside(core: Core, pair: Pair, touch: Touch): void {
  const { state } = core;
  const half = state.candleMs + timeframeMs(core.market.baseTimeframe) / 2;
  state.nowMs = Math.max(state.nowMs, half + state.insideCount);
  state.insideCount += 1;
  state.prices.set(pair, touch.level);
  core.notice({ notice: 'price', pair, atMs: state.nowMs });
  if (touch.kind === 'wake') {
    fireWakes(core, [touch.wake]);
    return;
  }
  applyTouch(core, touch);
  openEvent(core, { kind: 'orders', orders: [touch.order] });
}

function closeCandle(core: Core): void {
  const { state, market } = core;
  for (const pair of market.pairs) {
    const candle = market.candle(pair, state.candleMs);
    if (candle === null) continue;
    state.prices.set(pair, candle.close);
    followTrails(core, pair, candle.high, candle.low);
    core.notice({ notice: 'price', pair, atMs: state.nowMs });
  }
}

/** Settles fresh orders and level wake-ups at the standing price; false when there is none. */
function freshStep(core: Core): boolean {
  const order = takeFresh(core);
  if (order !== null) {
    openEvent(core, { kind: 'orders', orders: [order] });
    return true;
  }
  return freshWakes(core);
}

/** Tells of a level wake-up that was reached when it was booked; false when there is none. */
function freshWakes(core: Core): boolean {
  for (const wake of core.state.wakes.values()) {
    if (wake.kind !== 'level' || !wake.fresh) continue;
    wake.fresh = false;
    const price = standingPrice(core, wake.pair);
    if (wake.side === 'above' ? price >= wake.level : price <= wake.level) {
      fireWakes(core, [wake]);
      return true;
    }
  }
  return false;
}

/** The next order to expire or wake-up booked for a time, up to `untilMs`; false when there is none. */
function timedStep(core: Core, untilMs: number): boolean {
  const { state } = core;
  let next: { atMs: number; wake?: Wake; order?: Order } | null = null;
  for (const order of openOrders(state)) {
    if (order.expireMs !== null && order.expireMs < (next?.atMs ?? Infinity)) {
      next = { atMs: order.expireMs, order };
    }
  }
  for (const wake of state.wakes.values()) {
    if (wake.kind === 'time' && wake.atMs < (next?.atMs ?? Infinity)) {
      next = { atMs: wake.atMs, wake };
    }
  }
  const rollover = nextRollover(core);
  if (rollover !== null && rollover.rolloverMs < (next?.atMs ?? Infinity)) {
    if (rollover.rolloverMs <= untilMs) {
      state.nowMs = Math.max(state.nowMs, rollover.rolloverMs);
      rollOver(core, rollover);
      return true;
    }
  }
  if (state.cancelAllMs !== null && state.cancelAllMs < (next?.atMs ?? Infinity)) {
    if (state.cancelAllMs > untilMs) return false;
    return cancelAll(core, state.cancelAllMs);
  }
  if (next === null || next.atMs > untilMs) return false;
  state.nowMs = Math.max(state.nowMs, next.atMs);
  if (next.order !== undefined) {
    endOrder(core, next.order, 'expired', 'Order expired');
    openEvent(core, { kind: 'orders', orders: [next.order] });
  } else {
    const due = [...state.wakes.values()].filter((w) => w.kind === 'time' && w.atMs <= state.nowMs);
    fireWakes(core, due);
  }
  return true;
}

/** Closes all positions when the margin level has fallen to the venue's stop; false when it has not. */
function liquidationStep(core: Core): boolean {
  if (core.state.positions.size === 0) return false;
  const { level } = marginAccount(core);
  if (level === null || level.gte(MARGIN_STOP)) return false;
  const orders = liquidate(core);
  if (orders.length === 0) return false;
  openEvent(core, { kind: 'orders', orders });
  return true;
}

/** The client did not ask for more time: all its orders go. */
function cancelAll(core: Core, atMs: number): boolean {
  const { state } = core;
  state.nowMs = Math.max(state.nowMs, atMs);
  state.cancelAllMs = null;
  const orders = openOrders(state);
  for (const order of orders) endOrder(core, order, 'canceled', 'Cancel all orders after timeout');
  if (orders.length > 0) openEvent(core, { kind: 'orders', orders });
  return true;
}

function fireWakes(core: Core, wakes: Wake[]): void {
  const sorted = [...wakes].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const wake of sorted) core.state.wakes.delete(wake.id);
  openEvent(core, { kind: 'wake', wakes: sorted });
}

/** Opens the next event and stops the clock, while a desk is attached. */
function openEvent(
  core: Core,
  what: { kind: VenueEvent['kind']; bars?: BarReport[]; orders?: Order[]; wakes?: Wake[] },
): void {
  const { state } = core;
  if (state.attached === null) return;
  state.eventNumber += 1;
  state.event = {
    number: state.eventNumber,
    atMs: state.nowMs,
    kind: what.kind,
    bars: what.bars ?? [],
    orders: (what.orders ?? []).map(orderReport),
    wakes: (what.wakes ?? []).map((wake) =>
      wake.kind === 'time'
        ? { id: wake.id, atMs: wake.atMs }
        : { id: wake.id, pair: wake.pair, level: wake.level },
    ),
  };
  core.fact({ fact: 'event', at: state.nowMs, number: state.eventNumber, kind: what.kind });
}

/**
 * The desk has dealt with event `number`: the clock may move on. An old number is fine and changes nothing;
 * returns false for a number that was not handed out yet.
 */
export function acknowledge(core: Core, number: number): boolean {
  const { state } = core;
  if (number > state.eventNumber) return false;
  if (state.event === null || number < state.event.number || state.event.kind === 'end')
    return true;
  const wasLastBar = state.phase === 'ended';
  state.event = null;
  if (wasLastBar) endMarket(core);
  return true;
}

/** From now on the clock stands at each event; bars are told for these timeframes only. */
export function attach(core: Core, timeframes: readonly Timeframe[]): void {
  const { state } = core;
  const wasFree = state.attached === null;
  state.attached = [...timeframes];
  if (wasFree && state.phase === 'ended') openEvent(core, { kind: 'end' });
}

/** Books a wake-up; one with the same id is replaced. */
export function bookWake(core: Core, wake: Wake): void {
  core.state.wakes.set(wake.id, wake);
}

/** The time at which the market starts: the clock before anything has happened. */
export function firstCandle(core: Core): number {
  return barOpenMs(core.market.fromMs, core.market.baseTimeframe);
}

/** Which candle a level wake-up booked now can meet. */
export function wakeView(core: Core): 'whole' | 'next' {
  return core.state.phase === 'open' || core.state.phase === 'boundary' ? 'whole' : 'next';
}

const BOOK_CLOCK: ClockParts = {
  openEvent,
  fireWakes,
  freshWakes,
  liquidationStep,
  timedStep,
  endMarket,
};
