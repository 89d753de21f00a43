import type { Asset } from '../pair.ts';
import { ENTER_LONG, ENTER_SHORT, LEAVE_LONG, LEAVE_SHORT } from '../strategies/bar-strategy.ts';
import { entryInBar } from '../shadow/entry-in-bar.ts';
import { Account } from './account.ts';
import { BarClock } from './bar-clock.ts';
import {
  EntryOrder,
  type EngineInput,
  type EngineResult,
  type EngineState,
  type QuietBand,
} from './engine-types.ts';
import { Beneath, boughtAt, ExitFinder, soldAt } from './exit-finder.ts';
import { segmentEnds } from './segments.ts';
import { strategySignals, type Entries } from './strategy-signals.ts';
import { EXIT_END, EXIT_GAP, EXIT_HALT, EXIT_SIGNAL, TradeLog } from './trade-log.ts';

const ENTERS = ENTER_LONG | ENTER_SHORT;
type RestingEntry = Parameters<typeof entryInBar>[0];

const ROLLOVER_MS = 4 * 3_600_000;
const LEAVES_BY_SIGNAL = 1;
const LEAVES_BY_HALT = 2;

/**
 * One run of the engine. It goes from event to event: for each pair the next bar on which anything can happen
 * is found by a tight scan (an entry said, stop or target touched, an exit said, an order waiting, the
 * segment's end); bars before it are only valued, or skipped where the account holds nothing that moves.
 */
export class EngineRun {
  private readonly input: EngineInput;
  private readonly state: EngineState;
  private readonly orderedStopPct: Float64Array;
  private readonly orderedTargetPct: Float64Array;
  private readonly orderedTarget: Float64Array;
  private readonly entryFee: Float64Array;
  private readonly entryMs: Float64Array;
  private readonly entryBar: Int32Array;
  /** Limit entries on their way; null at the market. */
  private readonly resting: (RestingEntry | null)[];
  private readonly leaving: Int8Array;
  private readonly clock: BarClock;
  /** Bar at which the pair must be looked at next, and its time. */
  private readonly wake: Int32Array;
  private readonly wakeMs: Float64Array;
  private readonly segment: Int32Array;
  private readonly end: Int32Array;
  private readonly ends: Int32Array[];
  private readonly closeColumns: Float64Array[];
  private readonly says: Uint8Array[];
  private readonly entries: Entries[];
  private readonly beneath: Beneath[];
  private readonly warmup: number;
  private readonly order = new EntryOrder();
  private readonly exit = new ExitFinder();
  private readonly band: QuietBand = { floor: 0, peakShare: 0 };
  /** Fills inside the bars of the present time. */
  private insideCount = 0;
  private barsInPosition = 0;
  private turnover = 0;
  private readonly interest: Record<Asset, number> = {};

  constructor(input: EngineInput) {
    this.input = input;
    const { pairs, bars } = input;
    const per = (): Float64Array => new Float64Array(pairs.length);
    const integers = (): Int32Array => new Int32Array(pairs.length);
    this.state = {
      pairs,
      bars,
      account: new Account(pairs, input.numeraire, input.balances),
      log: new TradeLog(1 << 12),
      timeMs: 0,
      closeMs: 0,
      // Until a pair has traded, what it prices is worth its first open: known soon enough, and constant.
      closes: Float64Array.from(bars, (b) => b.open[0] ?? NaN),
      quantity: per(),
      side: new Int8Array(pairs.length).fill(1),
      entryPrice: per(),
      stopPrice: per(),
      targetPrice: per(),
      ordered: per(),
      orderedStop: per(),
      reserved: per(),
    };
    this.orderedStopPct = per();
    this.orderedTargetPct = per();
    this.orderedTarget = per();
    this.entryFee = per();
    this.entryMs = per();
    this.entryBar = integers();
    this.leaving = new Int8Array(pairs.length);
    this.resting = pairs.map(() => null);
    this.clock = new BarClock(
      bars.map((b) => b.timeMs),
      input.barMs,
    );
    this.closeColumns = bars.map((b) => b.close);
    this.wake = integers();
    this.wakeMs = per();
    this.segment = integers();
    this.ends = bars.map((b) => segmentEnds(b.timeMs, input.barMs, input.gapBars));
    this.end = Int32Array.from(this.ends, (e) => e[0] ?? -1);
    const signals = bars.map((b, p) => strategySignals(b, this.ends[p]!, () => input.strategy(p)));
    this.says = signals.map((s) => s.says);
    this.entries = signals.map((s) => s.entries);
    this.beneath = pairs.map((_, p) => new Beneath(input.beneath?.[p] ?? null, input.barMs));
    this.warmup = input.warmupBars ?? 0;
  }

  run(): EngineResult {
    const { wakeMs, state } = this;
    for (let p = 0; p < wakeMs.length; p++) this.findWake(p);
    for (;;) {
      let time = wakeMs[0]!;
      for (let p = 1; p < wakeMs.length; p++) if (wakeMs[p]! < time) time = wakeMs[p]!;
      if (time === Infinity) break;
      if (this.pass(time)) this.step(time);
    }
    state.account.finish();
    return {
      log: state.log,
      account: state.account,
      bars: this.clock.times.reduce((sum, t) => sum + t.length, 0),
      barsInPosition: this.barsInPosition,
      turnover: this.turnover,
      segments: this.ends.reduce((sum, e) => sum + e.length, 0),
      interest: this.interest,
    };
  }

  /** The next bar on which anything can happen to the pair. */
  private findWake(p: number): void {
    const { state } = this;
    const { clock } = this;
    let i = clock.next[p]!;
    if (i >= clock.times[p]!.length) {
      this.wakeMs[p] = Infinity;
      return;
    }
    const last = this.end[p]!;
    if (state.ordered[p]! === 0 && this.leaving[p]! === 0) {
      const says = this.says[p]!;
      const warmup = this.warmup;
      if (state.quantity[p]! > 0) {
        const { low, high } = state.bars[p]!;
        const isLong = state.side[p] === 1;
        const leave = isLong ? LEAVE_LONG : LEAVE_SHORT;
        const lower = isLong ? state.stopPrice[p]! : state.targetPrice[p]!;
        const upper = isLong ? state.targetPrice[p]! : state.stopPrice[p]!;
        while (
          i < last &&
          low[i]! > lower &&
          high[i]! < upper &&
          ((says[i]! & leave) === 0 || i < warmup)
        ) {
          i++;
        }
      } else {
        while (i < last && ((says[i]! & ENTERS) === 0 || i < warmup)) i++;
      }
    }
    this.wake[p] = i;
    this.wakeMs[p] = clock.timeAt(p, i);
  }

  /**
   * Values the account at every time before `timeMs`. False when the gate flattens the desk on the way: then
   * pairs must be looked at earlier.
   */
  private pass(timeMs: number): boolean {
    const { clock, state, input } = this;
    const { nextMs } = clock;
    const { account, closes } = state;
    if (!account.moves()) {
      this.skip(timeMs);
      return true;
    }
    const { gate } = input;
    const count = nextMs.length;
    for (;;) {
      let time = nextMs[0]!;
      for (let p = 1; p < count; p++) if (nextMs[p]! < time) time = nextMs[p]!;
      if (time >= timeMs) return true;
      const together = clock.barsTogether(timeMs);
      if (together > 1) {
        this.passTogether(together);
      } else {
        for (let p = 0; p < count; p++) {
          if (nextMs[p]! !== time) continue;
          closes[p] = this.closeColumns[p]![clock.next[p]!]!;
          clock.advance(p);
          if (state.quantity[p]! > 0) this.barsInPosition++;
        }
        state.timeMs = time;
        state.closeMs = time + input.barMs;
        account.mark(time, closes);
      }
      if (gate.afterMark !== undefined && gate.afterMark(state) && this.flattenAll()) return false;
    }
  }

  /** Marks up to `count` bars of all pairs in one loop. */
  private passTogether(count: number): void {
    const { clock, state, closeColumns, band, input } = this;
    const { next, times } = clock;
    const { gate } = input;
    if (gate.afterMark === undefined || gate.quietAbove === undefined) {
      band.floor = gate.afterMark === undefined ? -Infinity : Infinity;
      band.peakShare = 0;
    } else {
      gate.quietAbove(state, band);
    }
    const { account } = state;
    const done = account.markRange(times[0]!, closeColumns, next, count, next[0]!, band);
    for (let p = 0; p < next.length; p++) {
      const at = next[p]! + done;
      clock.set(p, at);
      state.closes[p] = closeColumns[p]![at - 1]!;
      if (state.quantity[p]! > 0) this.barsInPosition += done;
    }
    state.timeMs = clock.timeAt(0, next[0]! - 1);
    state.closeMs = state.timeMs + input.barMs;
  }

  /** Passes over bars on which the account's worth cannot change: only days are noted. */
  private skip(timeMs: number): void {
    const { clock, state } = this;
    const { account, closes } = state;
    for (let p = 0; p < clock.nextMs.length; p++) {
      if (clock.nextMs[p]! >= timeMs) continue;
      account.noteDays(clock.times[p]!, clock.next[p]!, timeMs);
      const at = clock.firstFrom(p, timeMs);
      clock.set(p, at);
      // A bar at that time brings its own close.
      if (clock.nextMs[p] !== timeMs) closes[p] = this.closeColumns[p]![at - 1]!;
    }
  }

  /** Marks every position to be closed at its next bar; false when there is none. */
  private flattenAll(): boolean {
    let some = false;
    for (let p = 0; p < this.clock.next.length; p++) {
      if (this.state.quantity[p] === 0 || this.leaving[p] === LEAVES_BY_HALT) continue;
      this.leaving[p] = LEAVES_BY_HALT;
      this.findWake(p);
      some = true;
    }
    return some;
  }

  /** Everything that happens at one time: fills of all pairs, one valuation, then decisions in order. */
  private step(time: number): void {
    const { input, state, clock, wake, end, leaving } = this;
    const { next, nextMs } = clock;
    const { gate } = input;
    const { closes, quantity, ordered, account } = state;
    state.timeMs = time;
    state.closeMs = time + input.barMs;
    this.insideCount = 0;
    for (let p = 0; p < nextMs.length; p++) {
      if (nextMs[p]! !== time) continue;
      const i = next[p]!;
      if (i === wake[p]!) this.fills(p, i);
      closes[p] = this.closeColumns[p]![i]!;
      if (i !== end[p]!) continue;
      if (quantity[p]! > 0) this.closeAtEnd(p, i);
      else if (ordered[p]! > 0) this.endEntry(p);
    }

    account.mark(time, closes);
    const flatten = gate.afterMark === undefined ? false : gate.afterMark(state);

    for (let p = 0; p < nextMs.length; p++) {
      if (nextMs[p]! !== time) continue;
      const i = next[p]!;
      clock.advance(p);
      if (i === end[p]!) {
        this.segment[p]!++;
        end[p] = this.ends[p]![this.segment[p]!] ?? -1;
      } else if (quantity[p]! > 0) {
        this.barsInPosition++;
        if (flatten) leaving[p] = LEAVES_BY_HALT;
        else {
          const leave = state.side[p] === 1 ? LEAVE_LONG : LEAVE_SHORT;
          if ((this.says[p]![i]! & leave) !== 0 && i >= this.warmup) leaving[p] = LEAVES_BY_SIGNAL;
        }
      } else if (ordered[p]! > 0) {
        if (flatten) this.endEntry(p);
      } else if ((this.says[p]![i]! & ENTERS) !== 0 && !flatten && i >= this.warmup) {
        this.review(p, i);
      }
      if (wake[p]! <= i || ordered[p]! > 0 || leaving[p]! !== 0) this.findWake(p);
    }
  }

  /** Orders decided before, at the open; then what the bar does to the position. */
  private fills(p: number, i: number): void {
    const { input, state, leaving } = this;
    const cost = input.costs[p]!;
    const bars = state.bars[p]!;
    if (leaving[p]! !== 0) {
      const reason = leaving[p] === LEAVES_BY_HALT ? EXIT_HALT : EXIT_SIGNAL;
      const price = this.leavingPrice(p, bars.open[i]!);
      this.close(p, i, price, reason, cost.takerFee, state.timeMs);
    }
    const isInside = state.ordered[p]! > 0 && this.enter(p, i);
    if (state.quantity[p]! === 0) return;
    const stop = state.stopPrice[p]!;
    const target = state.targetPrice[p]!;
    const side = state.side[p] === 1 ? 1 : -1;
    const lower = side === 1 ? stop : target;
    if (bars.low[i]! > lower && bars.high[i]! < (side === 1 ? target : stop)) return;
    const { exit } = this;
    if (!isInside) {
      exit.find(bars, i, stop, target, cost, input.targetRests, this.beneath[p]!, side);
    } else if (!exit.afterEntry(bars, i, stop, cost)) return;
    // As in the simulator, what happens inside a bar happens half-way through it, a millisecond apart.
    const atMs = exit.atOpen ? state.timeMs : state.timeMs + input.barMs / 2 + this.insideCount++;
    const fee = exit.isMaker ? cost.makerFee : cost.takerFee;
    this.close(p, i, exit.price, exit.reason, fee, atMs);
  }

  private closeAtEnd(p: number, i: number): void {
    const cost = this.input.costs[p]!;
    const isLast = i === this.clock.times[p]!.length - 1;
    const price = this.leavingPrice(p, this.closeColumns[p]![i]!);
    this.close(p, i, price, isLast ? EXIT_END : EXIT_GAP, cost.takerFee, this.state.closeMs);
  }

  /** What taking the other side at about this price gives for the position. */
  private leavingPrice(p: number, price: number): number {
    const cost = this.input.costs[p]!;
    return this.state.side[p] === 1
      ? soldAt(price * (1 - cost.halfSpread), cost)
      : boughtAt(price * (1 + cost.halfSpread), cost);
  }

  /** Takes an entry off the books that was not filled. */
  private endEntry(p: number): void {
    const { state } = this;
    state.ordered[p] = 0;
    state.reserved[p] = 0;
    this.resting[p] = null;
    this.input.gate.unfilled?.(p, state);
  }

  /** What the bar does to the pair's entry; true when it was filled inside of it. */
  private enter(p: number, bar: number): boolean {
    const { state, input } = this;
    const cost = input.costs[p]!;
    const rests = this.resting[p]!;
    if (rests === null) {
      const open = state.bars[p]!.open[bar]!;
      const price =
        state.side[p] === 1
          ? boughtAt(open * (1 + cost.halfSpread), cost)
          : soldAt(open * (1 - cost.halfSpread), cost);
      this.open(p, bar, price, cost.takerFee);
      return false;
    }
    const met = entryInBar(rests, state.bars[p]!, input.barMs, cost, bar);
    if (met.kind === 'waits') rests.isResting = true;
    else if (met.kind === 'ended') this.endEntry(p);
    else this.open(p, bar, met.price, met.isMaker ? cost.makerFee : cost.takerFee);
    const isInside = met.kind === 'filled' && !met.atOpen;
    if (isInside) this.insideCount++;
    return isInside;
  }

  private open(p: number, bar: number, price: number, fee: number): void {
    const { state } = this;
    const { account } = state;
    const cost = this.input.costs[p]!;
    const side = state.side[p]!;
    const wanted = state.ordered[p]!;
    const amount = side === 1 ? account.buy(p, wanted, price, fee, cost.lot) : wanted;
    if (side === -1) account.sell(p, amount, price, fee);
    state.ordered[p] = 0;
    state.reserved[p] = 0;
    this.resting[p] = null;
    if (amount === 0) return;
    const paid = amount * price;
    this.turnover += paid * account.price[account.quoteIndex[p]!]!;
    state.quantity[p] = amount;
    state.entryPrice[p] = price;
    this.entryBar[p] = bar;
    this.entryFee[p] = paid * fee;
    this.entryMs[p] = state.timeMs;
    const stop = state.orderedStop[p]!;
    if (!Number.isNaN(stop)) {
      state.stopPrice[p] = stop;
      state.targetPrice[p] = this.orderedTarget[p]!;
      return;
    }
    const stopPct = this.orderedStopPct[p]!;
    const targetPct = this.orderedTargetPct[p]!;
    const [noStop, noTarget] = side === 1 ? [0, Infinity] : [Infinity, 0];
    state.stopPrice[p] = stopPct > 0 ? (price * (100 - side * stopPct)) / 100 : noStop;
    state.targetPrice[p] = targetPct > 0 ? (price * (100 + side * targetPct)) / 100 : noTarget;
  }

  private close(
    p: number,
    bar: number,
    price: number,
    reason: number,
    fee: number,
    atMs: number,
  ): void {
    const { state } = this;
    const { account, log } = state;
    const amount = state.quantity[p]!;
    const entryPrice = state.entryPrice[p]!;
    const stop = state.stopPrice[p]!;
    const proceeds = amount * price;
    const exitFee = proceeds * fee;
    const side = state.side[p] === 1 ? 1 : -1;
    let fees = this.entryFee[p]! + exitFee;
    if (side === 1) account.sell(p, amount, price, fee);
    else {
      // What was borrowed is bought back whatever it costs.
      const { marginRate = 0 } = this.input.costs[p]!;
      const rollovers = 1 + Math.floor((atMs - this.entryMs[p]!) / ROLLOVER_MS);
      const interest = amount * entryPrice * marginRate * rollovers;
      account.move(account.baseIndex[p]!, amount);
      account.move(account.quoteIndex[p]!, -(proceeds + exitFee + interest));
      fees += interest;
      const quote = account.assets[account.quoteIndex[p]!]!;
      this.interest[quote] = (this.interest[quote] ?? 0) + interest;
    }
    this.turnover += proceeds * account.price[account.quoteIndex[p]!]!;
    const risk = stop > 0 && stop < Infinity ? side * (entryPrice - stop) * amount : 0;
    log.add(p, side, reason, this.entryBar[p]!, bar, entryPrice, price, amount, fees, risk);
    state.quantity[p] = 0;
    this.leaving[p] = 0;
    this.input.gate.closed?.(log.count - 1, atMs, state);
  }

  private review(p: number, bar: number): void {
    const { order, state } = this;
    const entries = this.entries[p]!;
    entries.seek(bar);
    order.pair = p;
    order.bar = bar;
    order.timeMs = state.timeMs;
    order.close = state.closes[p]!;
    const follows = this.clock.nextMs[p]! === state.closeMs;
    order.quote = follows ? state.bars[p]!.open[bar + 1]! : order.close;
    order.side = (this.says[p]![bar]! & ENTER_LONG) !== 0 ? 1 : -1;
    order.stopPct = entries.stopPct;
    order.targetPct = entries.targetPct;
    order.confidence = entries.confidence;
    order.quantity = 0;
    order.stopPrice = NaN;
    order.limitPrice = NaN;
    order.targetPrice = NaN;
    order.reserve = 0;
    this.input.gate.review(order, state);
    if (order.quantity <= 0) return;
    state.ordered[p] = order.quantity;
    state.side[p] = order.side;
    const { limitPrice: limit, postOnly, expiresAtMs } = order;
    this.resting[p] = Number.isNaN(limit)
      ? null
      : { limit, postOnly, expiresAtMs, isResting: false };
    state.orderedStop[p] = order.stopPrice;
    state.reserved[p] = order.reserve;
    this.orderedStopPct[p] = order.stopPct;
    this.orderedTargetPct[p] = order.targetPct;
    this.orderedTarget[p] = order.targetPrice;
  }
}
