import { Account } from '../backtest/account.ts';
import { Beneath, boughtAt, soldAt, type PairCosts } from '../backtest/exit-finder.ts';
import { equityMarks } from '../backtest/reviewed-holdings.ts';
import { stopFrom } from '../guard/exit-after-bar.ts';
import { exitTerms } from '../guard/exit-terms.ts';
import { baseOf } from '../pair.ts';
import { deskMeasures } from '../risk/desk-measures.ts';
import { deskStanding, deskStateAfter, newDeskState } from '../risk/desk-state.ts';
import { reviewEntry } from '../risk/review.ts';
import { vetoesOf } from '../risk/verdict.ts';
import type { Decision } from '../decision.ts';
import { allocate } from './allocate.ts';
import { entryInBar } from './entry-in-bar.ts';
import { exitAtClose, sideOf, tightenStop } from './exit-at-close.ts';
import { exitAfterEntry, exitsInBar, type BarExit } from './exits-in-bar.ts';
import { isCalled, newInterest, settleInterest } from './margin-of-shadow.ts';
import { flatPair, noTotals, numeraireOf, openedPosition, pairCosts } from './new-shadow.ts';
import { shadowReview } from './shadow-review.ts';
import type {
  SavedShadow,
  SavedShadowPair,
  ShadowBar,
  ShadowChoice,
  ShadowEntry,
  ShadowPosition,
  ShadowTerms,
  ShadowTrade,
} from './shadow-types.ts';

const DAY_MS = 86_400_000;

/**
 * A decider's own paper account, fed bar by bar: `advance` is the only thing that changes it, and the same
 * bars and choices give the same account. Entries pass the desk's risk engine with this account's own state,
 * fills follow the one fill model, exits are those of the desk's guard. A short is kept as base that is owed and
 * quote that it brought, and pays interest as the venue takes it: at its open and every four hours.
 */
export class ShadowAccount {
  readonly account: Account;
  private readonly terms: ShadowTerms;
  private readonly costs: PairCosts[];
  private readonly s: SavedShadow;
  private readonly pairs: SavedShadowPair[];
  private trades: ShadowTrade[] = [];
  /** Fills inside the bars of the present time, all pairs: a millisecond apart, as in the simulator. */
  private insideCount = 0;

  private constructor(terms: ShadowTerms, saved: SavedShadow, account: Account) {
    this.terms = terms;
    this.s = saved;
    this.account = account;
    this.pairs = terms.pairs.map((pair) => saved.pairs[pair]!);
    this.costs = terms.pairs.map((_, p) => pairCosts(terms, p));
  }

  /** An account that starts at the close of a bar, valued at these closes (one a pair). */
  static opened(terms: ShadowTerms, barMs: number, closes: readonly number[]): ShadowAccount {
    const balances = Object.fromEntries(
      Object.entries(terms.balances).map(([asset, amount]) => [asset, Number(amount)]),
    );
    const account = new Account(terms.pairs, numeraireOf(terms.pairs), balances);
    account.mark(barMs, Float64Array.from(closes));
    const closeMs = barMs + terms.barMs;
    const saved: SavedShadow = {
      barMs,
      account: account.saved(),
      desk: newDeskState(closeMs),
      lossStreak: 0,
      day: Math.floor(closeMs / DAY_MS),
      tradesToday: 0,
      llmCostToday: 0,
      allocatedMs: null,
      pairs: Object.fromEntries(terms.pairs.map((pair, p) => [pair, flatPair(closes[p]!)])),
      totals: noTotals(),
    };
    return new ShadowAccount(terms, saved, account);
  }

  /**
   * The account as `saved` left it, under terms that may have changed meanwhile: `closes` value the pairs that
   * it did not know.
   */
  static restored(
    terms: ShadowTerms,
    saved: SavedShadow,
    closes: readonly number[],
  ): ShadowAccount {
    const known = structuredClone(saved);
    terms.pairs.forEach((pair, p) => (known.pairs[pair] ??= flatPair(closes[p]!)));
    const account = Account.restored(terms.pairs, numeraireOf(terms.pairs), known.account);
    return new ShadowAccount(terms, known, account);
  }

  saved(): SavedShadow {
    return structuredClone({ ...this.s, account: this.account.saved() });
  }

  /**
   * Takes what was chosen at the last close, then what the bar does, and values the account at its close.
   * Returns the positions that were closed. Throws for a bar that is not after the last one.
   */
  advance(bar: ShadowBar, choice: ShadowChoice): ShadowTrade[] {
    const { s, terms } = this;
    if (bar.barMs <= s.barMs) {
      throw new Error(
        `the account has seen the bar of ${new Date(s.barMs).toISOString()}: ` +
          `${new Date(bar.barMs).toISOString()} cannot follow`,
      );
    }
    this.trades = [];
    this.insideCount = 0;
    this.beginDay();
    for (let p = 0; p < this.pairs.length; p++) this.lookAtClose(p, bar);
    this.leaveAtOnce(bar);
    if (choice.kind === 'decisions') {
      this.charge(choice.costUsd);
      choice.decisions.forEach((decision, p) => {
        if (decision !== null) this.decide(p, decision, bar);
      });
    } else {
      this.allocate(choice, bar);
    }
    for (let p = 0; p < this.pairs.length; p++) this.meet(p, bar);
    s.barMs = bar.barMs;
    const closes = Float64Array.from(this.pairs, (each) => each.close);
    this.account.mark(bar.barMs, closes);
    this.measure(bar.barMs + terms.barMs);
    return this.trades;
  }

  /** Equity at the close of each UTC day since the account was opened or restored, the last one running. */
  days(): { dayMs: number; equity: number }[] {
    const { account } = this;
    account.finish();
    return account.dailyMs.map((dayMs, i) => ({ dayMs, equity: account.dailyEquity[i]! }));
  }

  /** Positions closed so far. */
  get tradesDone(): number {
    return this.s.totals.trades;
  }

  /** Side of the open position on the pair, or null. */
  sideOn(pair: number): 'long' | 'short' | null {
    const { position } = this.pairs[pair]!;
    return position === null ? null : position.short === undefined ? 'long' : 'short';
  }

  private get closeMs(): number {
    return this.s.barMs + this.terms.barMs;
  }

  private beginDay(): void {
    const day = Math.floor(this.closeMs / DAY_MS);
    if (day === this.s.day) return;
    this.s.day = day;
    this.s.tradesToday = 0;
    this.s.llmCostToday = 0;
  }

  /** What the answers cost is paid like any other cost, a USD as a USDT. */
  private charge(costUsd: number): void {
    if (costUsd === 0) return;
    this.account.move(0, -costUsd);
    this.account.equity -= costUsd;
    this.s.totals.llmCost += costUsd;
    this.s.llmCostToday += costUsd;
  }

  /** The rules that the guard goes by at each close. */
  private lookAtClose(p: number, bar: ShadowBar): void {
    const { position, close } = this.pairs[p]!;
    if (position === null || this.pairs[p]!.leaving !== null) return;
    const { trailing, invalidation, timeStopMs } = position.exits;
    const atrPct = trailing === null ? null : bar.volatility(p).atrPct;
    const byRule = exitAtClose(position, {
      close,
      atr: atrPct === null ? null : (atrPct * close) / 100,
      watched: invalidation === null ? null : bar.watched(p, invalidation),
      tick: this.terms.instruments[p]!.tick,
    });
    const isDue = timeStopMs !== null && position.openedMs + timeStopMs <= this.closeMs;
    this.pairs[p]!.leaving = byRule ?? (isDue ? 'time' : null);
  }

  /**
   * As with the desk, what the guard closes is sold before anything is decided: at the first price of the bar
   * that follows, so that reviews see the account without it.
   */
  private leaveAtOnce(bar: ShadowBar): void {
    const { s, pairs } = this;
    if (bar.barMs !== this.closeMs) return;
    let sold = false;
    for (let p = 0; p < pairs.length; p++) {
      const { leaving } = pairs[p]!;
      if (leaving !== 'invalidated' && leaving !== 'trailing' && leaving !== 'time') continue;
      sold = this.leave(p, bar) || sold;
    }
    if (!sold) return;
    this.account.mark(
      s.barMs,
      Float64Array.from(pairs, (each) => each.close),
    );
  }

  /** Sells at the bar's open what is to be left, where there is a bar. */
  private leave(p: number, bar: ShadowBar): boolean {
    const candle = bar.candles[p];
    const pair = this.pairs[p]!;
    if (candle == null || pair.leaving === null || pair.position === null) return false;
    const cost = this.costs[p]!;
    const { quantity, short } = pair.position;
    const price =
      short === undefined
        ? soldAt(candle.open[0]! * (1 - cost.halfSpread), cost)
        : boughtAt(candle.open[0]! * (1 + cost.halfSpread), cost);
    this.close(p, { kind: pair.leaving, quantity, price, atOpen: true }, bar.barMs);
    pair.leaving = null;
    return true;
  }

  private decide(p: number, decision: Decision, bar: ShadowBar): void {
    const pair = this.pairs[p]!;
    switch (decision.action) {
      case 'hold':
        // One that would hold, but with a nearer stop, is heard.
        if (pair.position !== null && decision.stopLossPct) {
          const side = sideOf(pair.position);
          const price = stopFrom(side, pair.close, decision.stopLossPct);
          tightenStop(pair.position, price, this.terms.instruments[p]!.tick);
        }
        return;
      case 'close':
        if (pair.position !== null) pair.leaving ??= 'signal';
        pair.entry = null;
        return;
      case 'long':
      case 'short':
        return this.review(p, decision, bar);
      default:
        decision.action satisfies never;
    }
  }

  private review(p: number, decision: Decision, bar: ShadowBar): void {
    const { s, account, terms } = this;
    s.totals.entriesAsked++;
    const verdict = reviewEntry(
      shadowReview({
        ...{ terms, saved: s, account, pairs: this.pairs, pair: p, decision },
        ...{ quote: this.quoteOf(p, bar), volatility: bar.volatility(p), nowMs: this.closeMs },
      }),
    );
    if (verdict.plan === null) {
      const rule = vetoesOf(verdict)[0] ?? 'readable';
      s.totals.vetoes[rule] = (s.totals.vetoes[rule] ?? 0) + 1;
      return;
    }
    const { plan } = verdict;
    s.tradesToday++;
    this.pairs[p]!.entry = {
      ...(plan.side === 'buy'
        ? {}
        : { short: { leverage: plan.leverage, marginUsdt: plan.marginUsdt } }),
      quantity: Number(plan.quantity),
      limit: plan.entry.price === null ? null : Number(plan.entry.price),
      postOnly: plan.entry.postOnly,
      stop: Number(plan.stopPrice),
      targets: plan.targets,
      reserve: Number(plan.reserve.amount),
      riskUsdt: plan.riskUsdt,
      notionalUsdt: plan.notionalUsdt,
      expiresAtMs: plan.expiresAtMs,
      isResting: false,
      exits: exitTerms(terms.guard, decision, terms.timeframe),
    };
  }

  /** Price that a choice at the last close meets: the first of the bar that follows, else the close. */
  private quoteOf(p: number, bar: ShadowBar): number {
    const candle = bar.candles[p];
    const follows = bar.barMs === this.closeMs;
    return candle != null && follows ? candle.open[0]! : this.pairs[p]!.close;
  }

  private allocate(choice: Extract<ShadowChoice, { kind: 'allocation' }>, bar: ShadowBar): void {
    const { s, account, terms } = this;
    // Legs are filled at the open: every pair must have one.
    if (bar.candles.some((candle) => candle === null)) return;
    const quotes = this.pairs.map((_, p) => this.quoteOf(p, bar));
    const of = { account, terms, quotes, lastMs: s.allocatedMs };
    const legs = allocate(choice.allocation, of, this.closeMs);
    // One that trades once has had its chance, were it already where it is to be.
    if (legs.length > 0 || choice.allocation.bandPct === null) s.allocatedMs = this.closeMs;
    for (const leg of legs) {
      const p = terms.pairs.indexOf(leg.pair);
      const cost = this.costs[p]!;
      const open = bar.candles[p]!.open[0]!;
      if (leg.side === 'buy') {
        const price = boughtAt(open * (1 + cost.halfSpread), cost);
        const amount = account.buy(p, Number(leg.quantity), price, cost.takerFee, cost.lot);
        if (amount > 0) this.countFill(p, amount * price * cost.takerFee);
      } else {
        const price = soldAt(open * (1 - cost.halfSpread), cost);
        // What is not to be held at all goes whole: dust would move like the asset.
        const isAll = (choice.allocation.targets[baseOf(leg.pair)] ?? 0) === 0;
        const held = account.balance[account.baseIndex[p]!]!;
        const amount = isAll ? Math.floor(held / cost.lot) * cost.lot : Number(leg.quantity);
        account.sell(p, amount, price, cost.takerFee);
        this.countFill(p, amount * price * cost.takerFee);
      }
    }
  }

  private countFill(p: number, fee: number): void {
    this.s.totals.fills++;
    this.s.totals.fees += fee * this.account.price[this.account.quoteIndex[p]!]!;
  }

  /** What the bar does to one pair: what was decided before at its open, then entry and exits. */
  private meet(p: number, bar: ShadowBar): void {
    const candle = bar.candles[p];
    if (candle == null) return;
    const pair = this.pairs[p]!;
    const cost = this.costs[p]!;
    const beneath = new Beneath(null, this.terms.barMs);
    this.leave(p, bar);
    pair.leaving = null;
    const entered = pair.entry === null ? null : this.enter(p, pair.entry, bar);
    if (pair.position !== null) {
      const { short } = pair.position;
      pair.position.highest = Math.max(pair.position.highest, candle.high[0]!);
      if (short !== undefined) short.lowest = Math.min(short.lowest, candle.low[0]!);
      const exits =
        entered === 'inside'
          ? [exitAfterEntry(pair.position, candle, cost)].filter((exit) => exit !== null)
          : exitsInBar(pair.position, candle, cost, beneath);
      for (const exit of exits) this.close(p, exit, bar.barMs);
    }
    // What fell due by the close is paid before the account is valued.
    if (pair.position !== null) this.chargeInterest(p, pair.position, bar.barMs + this.terms.barMs);
    pair.close = candle.close[0]!;
  }

  /** Where in the bar the entry was filled, or null. */
  private enter(p: number, entry: ShadowEntry, bar: ShadowBar): 'open' | 'inside' | null {
    const { terms, account, s } = this;
    const pair = this.pairs[p]!;
    const cost = this.costs[p]!;
    const side = sideOf(entry);
    const met = entryInBar(entry, bar.candles[p]!, terms.barMs, cost, 0, side);
    if (met.kind === 'waits') {
      entry.isResting = true;
      return null;
    }
    pair.entry = null;
    const fee = met.kind === 'filled' && met.isMaker ? cost.makerFee : cost.takerFee;
    let amount = 0;
    if (met.kind === 'filled' && side === 'sell') {
      amount = entry.quantity;
      account.sell(p, amount, met.price, fee);
    } else if (met.kind === 'filled') {
      amount = account.buy(p, entry.quantity, met.price, fee, cost.lot);
    }
    if (met.kind === 'ended' || amount === 0) {
      // As with the desk: an entry that was not filled is no trade of the day.
      s.tradesToday = Math.max(0, s.tradesToday - 1);
      return null;
    }
    const paidFee = amount * met.price * fee;
    this.countFill(p, paidFee);
    const openedMs = bar.barMs + (met.atOpen ? 0 : terms.barMs / 2);
    if (!met.atOpen) this.insideCount++;
    const fill = { amount, price: met.price, fee: paidFee, barMs: bar.barMs, openedMs };
    pair.position = openedPosition(entry, fill, terms.instruments[p]!);
    return met.atOpen ? 'open' : 'inside';
  }

  private close(p: number, exit: BarExit, barMs: number): void {
    const pair = this.pairs[p]!;
    const position = pair.position!;
    const insideMs = barMs + this.terms.barMs / 2;
    const interestMs = exit.atOpen ? barMs : insideMs + this.insideCount;
    this.chargeInterest(p, position, interestMs);
    // On spot every exit takes liquidity: a rung is sold when its price is touched. On margin targets rest.
    const isMaker = exit.kind === 'target' && position.short !== undefined;
    const fee = isMaker ? this.costs[p]!.makerFee : this.costs[p]!.takerFee;
    if (position.short === undefined) this.account.sell(p, exit.quantity, exit.price, fee);
    else this.account.buyBack(p, exit.quantity, exit.price, fee);
    const paid = exit.quantity * exit.price;
    this.countFill(p, paid * fee);
    position.proceeds += paid;
    position.fees += paid * fee;
    position.quantity -= exit.quantity;
    settleInterest(position, this.costs[p]!, interestMs);
    if (exit.kind === 'target') position.rungsSold++;
    // What is left of a position sold to the last lot is the noise of the subtractions.
    if (position.quantity > position.bought * 1e-9) return;
    pair.position = null;
    this.closed(p, position, exit, barMs, exit.atOpen ? barMs : insideMs + this.insideCount++);
  }

  private chargeInterest(p: number, position: ShadowPosition, atMs: number): void {
    const charge = newInterest(position, this.costs[p]!, atMs);
    if (charge === 0) return;
    const { account, s } = this;
    const quote = account.quoteIndex[p]!;
    account.move(quote, -charge);
    const worth = charge * account.price[quote]!;
    s.totals.fees += worth;
    s.totals.interest = (s.totals.interest ?? 0) + worth;
  }

  private closed(
    p: number,
    position: ShadowPosition,
    last: BarExit,
    barMs: number,
    atMs: number,
  ): void {
    const { s, account, terms } = this;
    const { bought, entryPrice, proceeds, firstStop, short } = position;
    const sign = short === undefined ? 1 : -1;
    const fees = position.fees + (short?.settled ?? 0);
    const exitPrice = last.quantity === bought ? last.price : proceeds / bought;
    const grossPnl = (exitPrice - entryPrice) * bought * sign;
    const inNumeraire = account.price[account.quoteIndex[p]!]!;
    const net = (grossPnl - fees) * inNumeraire;
    const risk = firstStop > 0 ? sign * (entryPrice - firstStop) * bought * inNumeraire : 0;
    const netR = risk > 0 ? net / risk : null;
    const { totals } = s;
    totals.trades++;
    if (net > 0) totals.wins++;
    if (netR !== null) {
      totals.withR++;
      if (netR > 0) totals.wonR += netR;
      else totals.lostR -= netR;
    }
    s.lossStreak = grossPnl - fees >= 0 ? 0 : s.lossStreak + 1;
    this.pairs[p]!.cooldownUntil = atMs + terms.limits.cooldownMinutes * 60_000;
    this.trades.push({
      pair: terms.pairs[p]!,
      ...(short === undefined ? {} : { side: 'sell' }),
      entryBarMs: position.entryBarMs,
      exitBarMs: barMs,
      ...{ entryPrice, exitPrice, quantity: bought, grossPnl, fees, net, netR, exit: last.kind },
    });
  }

  /** Losses and drawdown pause, halve and halt this account as they do the desk; nobody resumes it. */
  private measure(atMs: number): void {
    const { s, account, terms } = this;
    let desk = deskStateAfter(s.desk, { kind: 'clock', atMs });
    for (const event of deskMeasures(desk, equityMarks(account), terms.limits, atMs)) {
      desk = deskStateAfter(desk, event);
    }
    if (isCalled(terms, account, this.pairs)) {
      for (const pair of this.pairs) if (pair.position?.short) pair.leaving ??= 'margin-call';
    }
    if (deskStanding(desk).mode === 'flattening') {
      for (const pair of this.pairs) {
        pair.entry = null;
        if (pair.position !== null) pair.leaving = 'halt';
      }
      const isFlat = this.pairs.every((pair) => pair.position === null);
      if (isFlat) desk = deskStateAfter(desk, { kind: 'flat', atMs });
    }
    s.desk = desk;
  }
}
