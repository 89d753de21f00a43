import type { CandleColumns } from '../candle.ts';
import type { Asset, Pair } from '../pair.ts';
import {
  ENTER_LONG,
  LEAVE_LONG,
  type BarStrategy,
  type BarStrategyFactory,
} from '../strategies/bar-strategy.ts';
import { Account } from './account.ts';
import { Beneath, boughtAt, ExitFinder, soldAt, type PairCosts } from './exit-finder.ts';
import { segmentEnds } from './segments.ts';
import { EXIT_END, EXIT_GAP, EXIT_HALT, EXIT_SIGNAL, TradeLog } from './trade-log.ts';

export interface EngineInput {
  pairs: readonly Pair[];
  /** One per pair, all of one timeframe. */
  bars: readonly CandleColumns[];
  /** Finer bars of the same pair, to tell which of stop and target came first; null where there are none. */
  beneath?: readonly (CandleColumns | null)[];
  barMs: number;
  strategy: BarStrategyFactory;
  costs: readonly PairCosts[];
  numeraire: Asset;
  balances: Record<Asset, number>;
  gate: EntryGate;
  /** More missing bars than this end a segment; Infinity for one series. */
  gapBars: number;
  /** Signals count from this bar index of each pair on. */
  warmupBars?: number;
  /** A target rests as a limit order (maker), or is sold at the market when it is touched (taker). */
  targetRests: boolean;
}

/** What the engine asks before an entry, and what the answer fills in. */
export class EntryOrder {
  pair = 0;
  timeMs = 0;
  /** Close of the signal's bar. */
  close = 0;
  stopPct = 0;
  targetPct = 0;
  /** In the base asset; 0 when vetoed. */
  quantity = 0;
  /** Absolute prices; NaN to measure `stopPct` and `targetPct` from the fill. */
  stopPrice = NaN;
  targetPrice = NaN;
  /** The most that the entry may take from the quote balance. */
  reserve = 0;
}

/** The risk engine as the backtest sees it. */
export interface EntryGate {
  /** Decides on `order` by writing its quantity, stop, target and reserve; quantity 0 is a veto. */
  review(order: EntryOrder, state: EngineState): void;
  /** Told after every close of a bar, before entries; true flattens every position at the next open. */
  afterMark?(state: EngineState): boolean;
  /** Told of each closed trade by its index in the log, and of the time its exit counts from. */
  closed?(trade: number, atMs: number, state: EngineState): void;
  /** Told every bar, before its strategy decides. */
  seen?(pair: number, high: number, low: number, close: number): void;
}

/** Positions and orders of all pairs between two bars; arrays are indexed by pair. */
export interface EngineState {
  pairs: readonly Pair[];
  account: Account;
  log: TradeLog;
  /** Open time of the bar that has just closed. */
  timeMs: number;
  closeMs: number;
  /** Last closes, NaN before the first. */
  closes: Float64Array;
  /** Base held by the open position, 0 when flat. */
  quantity: Float64Array;
  entryPrice: Float64Array;
  stopPrice: Float64Array;
  targetPrice: Float64Array;
  /** Base ordered and not yet filled, 0 for none. */
  ordered: Float64Array;
  orderedStop: Float64Array;
  reserved: Float64Array;
}

export interface EngineResult {
  log: TradeLog;
  account: Account;
  /** Bars read, all pairs. */
  bars: number;
  /** Bars at whose close a position was open, all pairs. */
  barsInPosition: number;
  /** Money bought and sold, in the numeraire. */
  turnover: number;
  segments: number;
}

/**
 * Runs strategies over several pairs on one account. Bars of one time are worked together: fills of all
 * pairs, then the account is valued once, then each pair in order decides and is reviewed, seeing the
 * orders of those before it. Everything decided at a close is filled from the next bar on; inside a bar
 * the rules are those of shared/fills, the stop first when both it and the target are touched.
 */
export function runEngine(input: EngineInput): EngineResult {
  const { pairs, bars, costs, gate } = input;
  const count = pairs.length;
  const account = new Account(pairs, input.numeraire, input.balances);
  const log = new TradeLog();
  const per = (): Float64Array => new Float64Array(count);
  const state: EngineState = {
    pairs,
    account,
    log,
    timeMs: 0,
    closeMs: 0,
    closes: per(),
    quantity: per(),
    entryPrice: per(),
    stopPrice: per(),
    targetPrice: per(),
    ordered: per(),
    orderedStop: per(),
    reserved: per(),
  };
  const { closes, quantity, entryPrice, stopPrice, targetPrice, ordered } = state;
  const orderedStopPct = per();
  const orderedTargetPct = per();
  const orderedTarget = per();
  const entryFee = per();
  const entryBar = new Int32Array(count);
  const leaving = new Int8Array(count);
  const next = new Int32Array(count);
  const segment = new Int32Array(count);
  const ends = bars.map((b) => segmentEnds(b.timeMs, input.barMs, input.gapBars));
  const strategies: BarStrategy[] = pairs.map((_, p) => input.strategy(p));
  const beneath = pairs.map((_, p) => new Beneath(input.beneath?.[p] ?? null, input.barMs));
  const warmup = input.warmupBars ?? 0;
  const order = new EntryOrder();
  const seen = gate.seen === undefined ? null : gate.seen.bind(gate);
  const exit = new ExitFinder();
  let barsInPosition = 0;
  let turnover = 0;

  // Until a pair has traded, what it prices is worth its first open: known soon enough, and constant.
  for (let p = 0; p < count; p++) closes[p] = bars[p]!.open[0] ?? NaN;

  const closePosition = (
    p: number,
    bar: number,
    price: number,
    reason: number,
    fee: number,
    atMs: number,
  ): void => {
    const amount = quantity[p]!;
    const proceeds = amount * price;
    const exitFee = proceeds * fee;
    const quote = account.quoteIndex[p]!;
    account.balance[account.baseIndex[p]!]! -= amount;
    account.balance[quote]! += proceeds - exitFee;
    turnover += proceeds * account.price[quote]!;
    const risk = stopPrice[p]! > 0 ? (entryPrice[p]! - stopPrice[p]!) * amount : 0;
    log.add(
      p,
      1,
      reason,
      entryBar[p]!,
      bar,
      entryPrice[p]!,
      price,
      amount,
      entryFee[p]! + exitFee,
      risk,
    );
    quantity[p] = 0;
    leaving[p] = 0;
    gate.closed?.(log.count - 1, atMs, state);
  };

  for (;;) {
    let time = Infinity;
    for (let p = 0; p < count; p++) {
      const times = bars[p]!.timeMs;
      const at = next[p]!;
      if (at < times.length && times[at]! < time) time = times[at]!;
    }
    if (time === Infinity) break;
    state.timeMs = time;
    state.closeMs = time + input.barMs;

    for (let p = 0; p < count; p++) {
      const b = bars[p]!;
      const i = next[p]!;
      if (!(b.timeMs[i]! === time)) continue;
      const cost = costs[p]!;
      if (leaving[p]! !== 0) {
        const reason = leaving[p] === 2 ? EXIT_HALT : EXIT_SIGNAL;
        const price = soldAt(b.open[i]! * (1 - cost.halfSpread), cost);
        closePosition(p, i, price, reason, cost.takerFee, time);
      }
      if (ordered[p]! > 0) {
        const price = boughtAt(b.open[i]! * (1 + cost.halfSpread), cost);
        const quote = account.quoteIndex[p]!;
        // As at the venue: what the balance cannot pay for after a gap up is cancelled.
        const affordable = account.balance[quote]! / (price * (1 + cost.takerFee));
        const amount =
          affordable >= ordered[p]! ? ordered[p]! : Math.floor(affordable / cost.lot) * cost.lot;
        const paid = amount * price;
        const fee = paid * cost.takerFee;
        ordered[p] = 0;
        state.reserved[p] = 0;
        if (amount > 0) {
          account.balance[quote]! -= paid + fee;
          account.balance[account.baseIndex[p]!]! += amount;
          turnover += paid * account.price[quote]!;
          quantity[p] = amount;
          entryPrice[p] = price;
          entryBar[p] = i;
          entryFee[p] = fee;
          const stopPct = orderedStopPct[p]!;
          const targetPct = orderedTargetPct[p]!;
          const stop = state.orderedStop[p]!;
          const target = orderedTarget[p]!;
          // Negated: NaN asks to measure from the fill.
          stopPrice[p] = stop === stop ? stop : stopPct > 0 ? (price * (100 - stopPct)) / 100 : 0;
          targetPrice[p] =
            target === target
              ? target
              : targetPct > 0
                ? (price * (100 + targetPct)) / 100
                : Infinity;
        }
      }
      if (quantity[p]! > 0) {
        const stop = stopPrice[p]!;
        const target = targetPrice[p]!;
        if (b.low[i]! <= stop || b.high[i]! >= target) {
          exit.find(b, i, stop, target, cost, input.targetRests, beneath[p]!);
          // As in the simulator, what happens inside a bar happens half-way through it.
          const atMs = exit.atOpen ? time : time + input.barMs / 2;
          const fee = exit.isMaker ? cost.makerFee : cost.takerFee;
          closePosition(p, i, exit.price, exit.reason, fee, atMs);
        }
      }
      closes[p] = b.close[i]!;
      if (i === ends[p]![segment[p]!]! && quantity[p]! > 0) {
        const isLast = i === b.close.length - 1;
        const price = soldAt(b.close[i]! * (1 - cost.halfSpread), cost);
        closePosition(p, i, price, isLast ? EXIT_END : EXIT_GAP, cost.takerFee, state.closeMs);
      }
    }

    account.mark(time, closes);
    const flatten = gate.afterMark?.(state) ?? false;

    for (let p = 0; p < count; p++) {
      const b = bars[p]!;
      const i = next[p]!;
      if (!(b.timeMs[i]! === time)) continue;
      next[p] = i + 1;
      const strategy = strategies[p]!;
      if (seen !== null) seen(p, b.high[i]!, b.low[i]!, b.close[i]!);
      const says = strategy.update(
        time,
        b.open[i]!,
        b.high[i]!,
        b.low[i]!,
        b.close[i]!,
        b.volume[i]!,
      );
      if (i === ends[p]![segment[p]!]!) {
        segment[p]!++;
        strategies[p] = input.strategy(p);
        continue;
      }
      if (quantity[p]! > 0) {
        barsInPosition++;
        if (flatten) leaving[p] = 2;
        else if ((says & LEAVE_LONG) !== 0 && i >= warmup) leaving[p] = 1;
        continue;
      }
      if ((says & ENTER_LONG) === 0 || flatten || i < warmup) continue;
      order.pair = p;
      order.timeMs = time;
      order.close = b.close[i]!;
      order.stopPct = strategy.stopPct;
      order.targetPct = strategy.targetPct;
      order.quantity = 0;
      order.stopPrice = NaN;
      order.targetPrice = NaN;
      order.reserve = 0;
      gate.review(order, state);
      if (order.quantity <= 0) continue;
      ordered[p] = order.quantity;
      orderedStopPct[p] = order.stopPct;
      orderedTargetPct[p] = order.targetPct;
      state.orderedStop[p] = order.stopPrice;
      orderedTarget[p] = order.targetPrice;
      state.reserved[p] = order.reserve;
    }
  }

  return {
    log,
    account,
    bars: bars.reduce((sum, b) => sum + b.close.length, 0),
    barsInPosition,
    turnover,
    segments: ends.reduce((sum, e) => sum + e.length, 0),
  };
}
