import type { Pair } from '../../shared/pair.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import { crosses } from '../matching/crosses.ts';
import { takeLiquidity } from '../matching/execute.ts';
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
import { openOrders, type BarReport, type Core, type Phase, type Wake } from '../state/state.ts';
import { freshWakes, liquidationStep, timedStep } from './due.ts';
import { endMarket, fireWakes, openEvent } from './events.ts';

/** One step of the clock over the candles of a market; false when the limit holds it. */
export function candleStep(core: Core, limitMs: number): boolean {
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
      if (!openRound(core)) state.phase = 'first-half';
      return true;
    case 'first-half':
      if (freshStep(core) || timedStep(core, Math.min(limitMs, half - 1))) return true;
      return moveTo(core, half, limitMs, 'inside');
    case 'inside':
      if (freshStep(core) || insideStep(core)) return true;
      closeCandle(core);
      state.phase = 'second-half';
      return true;
    case 'second-half':
      if (liquidationStep(core) || freshStep(core)) return true;
      if (timedStep(core, Math.min(limitMs, end))) return true;
      if (!moveTo(core, end, limitMs, 'boundary')) return false;
      state.candleMs = end;
      return true;
    case 'ended':
      return false;
    default:
      return state.phase satisfies never;
  }
}

/** Moves the clock to `atMs` and into `phase` when the limit allows it, else as far as it does. */
function moveTo(core: Core, atMs: number, limitMs: number, phase: Phase): boolean {
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

/** What happens at the open of the candle, all pairs at once; false when nothing (more) does. */
function openRound(core: Core): boolean {
  const { state, market } = core;
  const done: Order[] = [];
  const wakes: Extract<Wake, { kind: 'level' }>[] = [];
  for (const order of immediateOrders(core)) {
    cancelIfImmediate(core, order);
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
