import { ENTER_LONG, ENTER_SHORT, LEAVE_LONG, LEAVE_SHORT } from '../strategies/bar-strategy.ts';
import { Account } from './account.ts';
import { BarClock } from './bar-clock.ts';
import {
  EntryOrder,
  type EngineInput,
  type EngineResult,
  type EngineState,
  type QuietBand,
} from './engine-types.ts';
import { GuardedExits } from './guarded-exits.ts';
import { PairPositions } from './pair-positions.ts';
import { segmentEnds } from './segments.ts';
import { strategySignals, type Entries } from './strategy-signals.ts';
import { EXIT_END, EXIT_GAP, EXIT_HALT, EXIT_SIGNAL, TradeLog } from './trade-log.ts';

const ENTERS = ENTER_LONG | ENTER_SHORT;
const LEAVES_BY_SIGNAL = EXIT_SIGNAL + 1;
const LEAVES_BY_HALT = EXIT_HALT + 1;

/**
 * One run of the engine. It goes from event to event: for each pair the next bar on which anything can happen
 * is found by a tight scan (an entry said, stop or target touched, an exit said, an order waiting, the
 * segment's end); bars before it are only valued, or skipped where the account holds nothing that moves.
 */
export class EngineRun {
  private readonly input: EngineInput;
  private readonly state: EngineState;
  private readonly positions: PairPositions;
  private readonly exits: GuardedExits | null;
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
  private readonly warmup: number;
  private readonly order = new EntryOrder();
  private readonly band: QuietBand = { floor: 0, peakShare: 0 };
  private barsInPosition = 0;

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
    this.exits = input.exits === undefined ? null : new GuardedExits(input.exits, this.state);
    this.positions = new PairPositions(input, this.state, this.exits);
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
      turnover: this.positions.turnover,
      segments: this.ends.reduce((sum, e) => sum + e.length, 0),
      interest: this.positions.interest,
    };
  }

  /** The next bar on which anything can happen to the pair. */
  private findWake(p: number): void {
    const { state, clock } = this;
    let i = clock.next[p]!;
    if (i >= clock.times[p]!.length) {
      this.wakeMs[p] = Infinity;
      return;
    }
    if (state.ordered[p]! === 0 && this.positions.leaving[p]! === 0) {
      const says = this.says[p]!;
      const warmup = this.warmup;
      if (state.quantity[p]! > 0) {
        const { low, high } = state.bars[p]!;
        const isLong = state.side[p] === 1;
        const leave = isLong ? LEAVE_LONG : LEAVE_SHORT;
        const lower = isLong ? state.stopPrice[p]! : state.targetPrice[p]!;
        const upper = isLong ? state.targetPrice[p]! : state.stopPrice[p]!;
        const last = Math.min(this.end[p]!, this.lookedAt(p));
        while (
          i < last &&
          low[i]! > lower &&
          high[i]! < upper &&
          ((says[i]! & leave) === 0 || i < warmup)
        ) {
          i++;
        }
      } else {
        const last = this.end[p]!;
        while (i < last && ((says[i]! & ENTERS) === 0 || i < warmup)) i++;
      }
    }
    this.wake[p] = i;
    this.wakeMs[p] = clock.timeAt(p, i);
  }

  /** The next bar at which the position must be looked at, whatever prices do. */
  private lookedAt(p: number): number {
    const { clock, exits } = this;
    // Interest and age count at the close of the bar in which they fall due.
    let dueMs = this.positions.nextInterestMs(p) - this.input.barMs;
    if (exits !== null) {
      if (exits.hears(p)) return clock.next[p]!;
      dueMs = Math.min(dueMs, exits.dueMs[p]! - this.input.barMs);
    }
    return dueMs === Infinity ? Infinity : clock.firstFrom(p, dueMs);
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
      if (this.state.quantity[p] === 0 || this.positions.leaving[p] === LEAVES_BY_HALT) continue;
      this.positions.leaving[p] = LEAVES_BY_HALT;
      this.findWake(p);
      some = true;
    }
    return some;
  }

  /** Everything that happens at one time: fills of all pairs, one valuation, then decisions in order. */
  private step(time: number): void {
    const { input, state, clock, wake, end, positions } = this;
    const { next, nextMs } = clock;
    const { gate } = input;
    const { closes, quantity, ordered, account } = state;
    state.timeMs = time;
    state.closeMs = time + input.barMs;
    positions.beginTime();
    for (let p = 0; p < nextMs.length; p++) {
      if (nextMs[p]! !== time) continue;
      const i = next[p]!;
      if (i === wake[p]!) positions.meet(p, i);
      closes[p] = this.closeColumns[p]![i]!;
      if (i !== end[p]!) {
        if (quantity[p]! > 0) positions.payInterest(p, state.closeMs);
        continue;
      }
      const isLast = i === clock.times[p]!.length - 1;
      if (quantity[p]! > 0) positions.closeAtEnd(p, i, isLast ? EXIT_END : EXIT_GAP);
      else if (ordered[p]! > 0) positions.endEntry(p);
    }

    account.mark(time, closes);
    const flatten = gate.afterMark === undefined ? false : gate.afterMark(state);
    if (this.exits !== null && !flatten) this.guard(time, this.exits);

    for (let p = 0; p < nextMs.length; p++) {
      if (nextMs[p]! !== time) continue;
      const i = next[p]!;
      clock.advance(p);
      if (i === end[p]!) {
        this.segment[p]!++;
        end[p] = this.ends[p]![this.segment[p]!] ?? -1;
      } else if (quantity[p]! > 0) {
        this.barsInPosition++;
        if (flatten) positions.leaving[p] = LEAVES_BY_HALT;
        else if (this.isOver(p, i)) positions.leaving[p] = LEAVES_BY_SIGNAL;
      } else if (ordered[p]! > 0) {
        if (flatten) positions.endEntry(p);
      } else if ((this.says[p]![i]! & ENTERS) !== 0 && !flatten && i >= this.warmup) {
        this.review(p, i);
      }
      if (wake[p]! <= i || ordered[p]! > 0 || positions.leaving[p]! !== 0) this.findWake(p);
    }
  }

  /**
   * The guard's rules, for all pairs before any of them decides. As with the desk, what they close is sold by
   * then: at the first price of the bar that follows, so that reviews see the account without it.
   */
  private guard(time: number, exits: GuardedExits): void {
    const { clock, state, end, positions } = this;
    const { next, nextMs } = clock;
    let sold = false;
    for (let p = 0; p < nextMs.length; p++) {
      const i = next[p]!;
      if (nextMs[p]! !== time || i === end[p]! || state.quantity[p] === 0) continue;
      const reason = exits.look(p, i);
      if (reason < 0) continue;
      positions.leaving[p] = reason + 1;
      // After a gap it goes with the first bar there is.
      if (clock.timeAt(p, i + 1) !== state.closeMs) continue;
      positions.leave(p, i + 1, state.closeMs);
      this.barsInPosition++;
      sold = true;
    }
    if (sold) state.account.mark(time, state.closes);
  }

  /** Whether the strategy says at bar `i` that the position is over, and is heard. */
  private isOver(p: number, i: number): boolean {
    const leave = this.state.side[p] === 1 ? LEAVE_LONG : LEAVE_SHORT;
    if ((this.says[p]![i]! & leave) === 0 || i < this.warmup) return false;
    return this.positions.leaving[p] === 0 && (this.exits === null || this.exits.isAsked(p));
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
    order.horizonHours = entries.wishes?.horizonHours ?? NaN;
    order.quantity = 0;
    order.stopPrice = NaN;
    order.limitPrice = NaN;
    order.targetPrice = NaN;
    order.reserve = 0;
    this.input.gate.review(order, state);
    if (order.quantity <= 0) return;
    this.positions.place(order, entries.wishes);
  }
}
