import { interestUpTo, ROLLOVER_MS, rolloversDue } from '../margin.ts';
import type { Asset } from '../pair.ts';
import { entryInBar } from '../shadow/entry-in-bar.ts';
import type { EngineInput, EngineState, EntryOrder } from './engine-types.ts';
import { Beneath, boughtAt, ExitFinder, soldAt } from './exit-finder.ts';
import type { GuardedExits } from './guarded-exits.ts';
import type { ExitWishes } from './strategy-signals.ts';

type RestingEntry = Parameters<typeof entryInBar>[0];

/** What bars do to the orders and positions of the pairs; arrays are indexed by pair. */
export class PairPositions {
  /** Why the position is left at its next open, as a code of the trade log plus 1; 0 while it stays. */
  readonly leaving: Int8Array;
  /** Money bought and sold, in the numeraire. */
  turnover = 0;
  /** Paid on what was borrowed, in each quote asset. */
  readonly interest: Record<Asset, number> = {};
  private readonly input: EngineInput;
  private readonly state: EngineState;
  private readonly exits: GuardedExits | null;
  private readonly orderedStopPct: Float64Array;
  private readonly orderedTargetPct: Float64Array;
  private readonly orderedTarget: Float64Array;
  private readonly orderedWishes: (ExitWishes | null)[];
  /** Limit entries on their way; null at the market. */
  private readonly resting: (RestingEntry | null)[];
  private readonly entryFee: Float64Array;
  private readonly entryMs: Float64Array;
  private readonly entryBar: Int32Array;
  private readonly firstStop: Float64Array;
  private readonly paidInterest: Float64Array;
  private readonly beneath: Beneath[];
  private readonly exit = new ExitFinder();
  /** Fills inside the bars of the present time. */
  private insideCount = 0;

  constructor(input: EngineInput, state: EngineState, exits: GuardedExits | null) {
    const { pairs } = input;
    const per = (): Float64Array => new Float64Array(pairs.length);
    this.input = input;
    this.state = state;
    this.exits = exits;
    this.leaving = new Int8Array(pairs.length);
    this.orderedStopPct = per();
    this.orderedTargetPct = per();
    this.orderedTarget = per();
    this.orderedWishes = pairs.map(() => null);
    this.resting = pairs.map(() => null);
    this.entryFee = per();
    this.entryMs = per();
    this.entryBar = new Int32Array(pairs.length);
    this.firstStop = per();
    this.paidInterest = per();
    this.beneath = pairs.map((_, p) => new Beneath(input.beneath?.[p] ?? null, input.barMs));
  }

  /** Before the bars of one time. */
  beginTime(): void {
    this.insideCount = 0;
  }

  /** Takes an approved order: it meets the pair's next bar. */
  place(order: EntryOrder, wishes: ExitWishes | null): void {
    const { state } = this;
    const p = order.pair;
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
    this.orderedWishes[p] = wishes;
  }

  /** Orders decided before, at the open; then what the bar does to the position. */
  meet(p: number, i: number): void {
    const { input, state, leaving } = this;
    const cost = input.costs[p]!;
    const bars = state.bars[p]!;
    if (leaving[p]! !== 0) this.leave(p, i, state.timeMs);
    const isInside = state.ordered[p]! > 0 && this.enter(p, i);
    if (state.quantity[p]! === 0) return;
    const stop = state.stopPrice[p]!;
    const target = state.targetPrice[p]!;
    const side = state.side[p] === 1 ? 1 : -1;
    const lower = side === 1 ? stop : target;
    if (bars.low[i]! > lower && bars.high[i]! < (side === 1 ? target : stop)) return;
    const { exit } = this;
    if (!isInside) {
      const rests = input.targetRests === 'short' ? side === -1 : input.targetRests;
      exit.find(bars, i, stop, target, cost, rests, this.beneath[p]!, side);
    } else if (!exit.afterEntry(bars, i, stop, cost, side)) return;
    // As in the simulator, what happens inside a bar happens half-way through it, a millisecond apart.
    const atMs = exit.atOpen ? state.timeMs : state.timeMs + input.barMs / 2 + this.insideCount++;
    const fee = exit.isMaker ? cost.makerFee : cost.takerFee;
    this.close(p, i, exit.price, exit.reason, fee, atMs);
  }

  /** Closes the position at the open of bar `i`, for the reason that is noted. */
  leave(p: number, i: number, atMs: number): void {
    const price = this.leavingPrice(p, this.state.bars[p]!.open[i]!);
    this.close(p, i, price, this.leaving[p]! - 1, this.input.costs[p]!.takerFee, atMs);
  }

  /** Closes the position at the close of bar `i`, for there is no next one. */
  closeAtEnd(p: number, i: number, reason: number): void {
    const { state, input } = this;
    const price = this.leavingPrice(p, state.bars[p]!.close[i]!);
    this.close(p, i, price, reason, input.costs[p]!.takerFee, state.closeMs);
  }

  /** Takes an entry off the books that was not filled. */
  endEntry(p: number): void {
    const { state } = this;
    state.ordered[p] = 0;
    state.reserved[p] = 0;
    this.resting[p] = null;
    this.input.gate.unfilled?.(p, state);
  }

  /** When more interest falls due on what the position owes, venue ms; Infinity when nothing does. */
  nextInterestMs(p: number): number {
    if (this.state.side[p] === 1 || this.input.costs[p]!.marginRatePct == null) return Infinity;
    const openedMs = this.entryMs[p]!;
    return openedMs + (1 + rolloversDue(openedMs, this.state.closeMs)) * ROLLOVER_MS;
  }

  /** Pays what interest fell due by `atMs`. */
  payInterest(p: number, atMs: number): void {
    if (this.state.side[p] === 1) return;
    const { state, entryMs } = this;
    const rate = this.input.costs[p]!.marginRatePct;
    if (rate === null || rate === undefined) return;
    const worth = state.quantity[p]! * state.entryPrice[p]!;
    const total = interestUpTo(worth, rate, rolloversDue(entryMs[p]!, atMs));
    state.account.move(state.account.quoteIndex[p]!, this.paidInterest[p]! - total);
    this.paidInterest[p] = total;
  }

  /** What taking the other side at about this price gives for the position. */
  private leavingPrice(p: number, price: number): number {
    const cost = this.input.costs[p]!;
    return this.state.side[p] === 1
      ? soldAt(price * (1 - cost.halfSpread), cost)
      : boughtAt(price * (1 + cost.halfSpread), cost);
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
      this.open(p, bar, price, cost.takerFee, state.timeMs);
      return false;
    }
    const side = state.side[p] === 1 ? 'buy' : 'sell';
    const met = entryInBar(rests, state.bars[p]!, input.barMs, cost, bar, side);
    if (met.kind === 'waits') rests.isResting = true;
    else if (met.kind === 'ended') this.endEntry(p);
    else {
      const atMs = state.timeMs + (met.atOpen ? 0 : input.barMs / 2);
      this.open(p, bar, met.price, met.isMaker ? cost.makerFee : cost.takerFee, atMs);
    }
    const isInside = met.kind === 'filled' && !met.atOpen;
    if (isInside) this.insideCount++;
    return isInside;
  }

  private open(p: number, bar: number, price: number, fee: number, atMs: number): void {
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
    this.entryMs[p] = atMs;
    this.paidInterest[p] = 0;
    this.protect(p, price, side);
    this.firstStop[p] = state.stopPrice[p]!;
    this.exits?.opened(p, atMs, this.firstStop[p], this.orderedWishes[p]!);
  }

  /** Stop and target of a position that was opened at this price. */
  private protect(p: number, price: number, side: number): void {
    const { state } = this;
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
    const stop = this.firstStop[p]!;
    const proceeds = amount * price;
    const exitFee = proceeds * fee;
    const side = state.side[p] === 1 ? 1 : -1;
    let fees = this.entryFee[p]! + exitFee;
    if (side === 1) account.sell(p, amount, price, fee);
    else {
      this.payInterest(p, atMs);
      const interest = this.paidInterest[p]!;
      account.buyBack(p, amount, price, fee);
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
}
