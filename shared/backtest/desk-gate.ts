import type { EntrySettings } from '../entry.ts';
import type { MarginSettings } from '../margin.ts';
import type { DecimalText } from '../money.ts';
import { deskMeasures } from '../risk/desk-measures.ts';
import {
  deskStanding,
  deskStateAfter,
  newDeskState,
  type DeskState,
  type DeskStanding,
} from '../risk/desk-state.ts';
import type { EntryReviewInput } from '../risk/entry-input.ts';
import type { RiskLimits } from '../risk/limits.ts';
import { reviewEntry } from '../risk/review.ts';
import { vetoesOf } from '../risk/verdict.ts';
import type { Instrument } from '../venue.ts';
import { BarVolatility } from './bar-volatility.ts';
import type { EngineState, EntryGate, EntryOrder, QuietBand } from './engine-types.ts';
import { equityMarks, quoteAround, reviewedHoldings, reviewName } from './reviewed-holdings.ts';

const DAY_MS = 86_400_000;

export interface DeskGateOptions {
  limits: RiskLimits;
  /** One per pair. */
  instruments: readonly Instrument[];
  halfSpread: readonly number[];
  /** Confidence of a strategy's answers: a constant, as in a profile. */
  confidence: number;
  /** How entries are placed, as in a profile. */
  entry: EntrySettings;
  /** Shorts as in a profile; null or absent: none. */
  margin?: MarginSettings | null;
}

/** What the interest of a short is reckoned over where its entry says nothing. */
const HORIZON_HOURS = 24;

/**
 * The desk's risk engine in front of a backtest: every entry that trades went through `reviewEntry`, the
 * same function as live, with the account as it then was; losses and drawdown pause, halve and halt the desk
 * by the same state machine. Nobody resumes a halted desk, so a run that was halted stays flat.
 *
 * What a cheap float comparison shows to be vetoed in any case is not put to the full review; `vetoes`
 * counts each refused entry once, under the first rule of the table that refused it.
 */
export class DeskGate implements EntryGate {
  readonly vetoes = new Map<string, number>();
  reviewed = 0;
  approved = 0;
  private readonly options: DeskGateOptions;
  private desk: DeskState | null = null;
  private standing: DeskStanding | null = null;
  private lossStreak = 0;
  private tradesToday = 0;
  private day = -1;
  private readonly cooldownUntil: Float64Array;
  private readonly tick: Float64Array;
  private readonly volatility: BarVolatility[] = [];
  private readonly reservedRisk: DecimalText[];
  private readonly reservedValue: DecimalText[];
  private readonly reservedMargin: DecimalText[];
  private readonly leverage: Float64Array;

  constructor(options: DeskGateOptions) {
    this.options = options;
    const { instruments } = options;
    this.cooldownUntil = new Float64Array(instruments.length).fill(-Infinity);
    this.tick = Float64Array.from(instruments, (instrument) => Number(instrument.tick));
    this.reservedRisk = instruments.map(() => '0');
    this.reservedValue = instruments.map(() => '0');
    this.reservedMargin = instruments.map(() => '0');
    this.leverage = new Float64Array(instruments.length).fill(1);
  }

  /** When and why the desk stopped for good, or null. */
  get halted(): DeskStanding | null {
    const { standing } = this;
    return standing?.mode === 'halted' || standing?.mode === 'flattening' ? standing : null;
  }

  afterMark(state: EngineState): boolean {
    // Nobody resumes a halted desk, so nothing can change it any more.
    if (this.standing?.mode === 'halted') return false;
    const { account, closeMs } = state;
    const { limits } = this.options;
    const day = Math.floor(closeMs / DAY_MS);
    if (day !== this.day) {
      this.day = day;
      this.tradesToday = 0;
    }
    let desk = this.desk ?? newDeskState(closeMs);
    const down = 100 * (1 - account.equity / account.peakEquity);
    const losing =
      account.equity <= account.dayStartEquity * (1 - limits.dailyLossPct / 100) * (1 + SLACK) ||
      account.equity <= account.weekStartEquity * (1 - limits.weeklyLossPct / 100) * (1 + SLACK) ||
      account.equity <= account.monthStartEquity * (1 - limits.monthlyLossPct / 100) * (1 + SLACK);
    const mayChange =
      losing ||
      down >= limits.drawdownPausePct * (1 - SLACK) ||
      desk.drawdownBand !== 'none' ||
      desk.locks.length > 0;
    if (mayChange) {
      desk = deskStateAfter(desk, { kind: 'clock', atMs: closeMs });
      for (const event of deskMeasures(desk, equityMarks(account), limits, closeMs)) {
        desk = deskStateAfter(desk, event);
      }
      const mode = deskStanding(desk).mode;
      if (mode === 'flattening' && isFlat(state)) {
        desk = deskStateAfter(desk, { kind: 'flat', atMs: closeMs });
      }
    }
    if (desk !== this.desk || this.standing === null) {
      this.desk = desk;
      this.standing = deskStanding(desk);
    }
    return this.standing.mode === 'flattening';
  }

  quietAbove({ account }: EngineState, into: QuietBand): void {
    const { limits } = this.options;
    const { desk, standing } = this;
    const stopped = standing?.mode === 'halted';
    const isCalm = desk !== null && desk.drawdownBand === 'none' && desk.locks.length === 0;
    const kept = (pct: number): number => (1 - pct / 100) * (1 + SLACK);
    into.floor = stopped
      ? -Infinity
      : isCalm
        ? Math.max(
            account.dayStartEquity * kept(limits.dailyLossPct),
            account.weekStartEquity * kept(limits.weeklyLossPct),
            account.monthStartEquity * kept(limits.monthlyLossPct),
          )
        : Infinity;
    into.peakShare = stopped ? 0 : kept(limits.drawdownPausePct);
  }

  closed(trade: number, atMs: number, state: EngineState): void {
    const { log } = state;
    const won = log.grossPnl[trade]! - log.fees[trade]! >= 0;
    this.lossStreak = won ? 0 : this.lossStreak + 1;
    const pair = log.pair[trade]!;
    this.cooldownUntil[pair] = atMs + this.options.limits.cooldownMinutes * 60_000;
  }

  /** As live: an entry that was not filled is no trade of the day. */
  unfilled(): void {
    this.tradesToday = Math.max(0, this.tradesToday - 1);
  }

  review(order: EntryOrder, state: EngineState): void {
    this.reviewed++;
    const volatility = (this.volatility[order.pair] ??= new BarVolatility(state.bars[order.pair]!));
    volatility.advance(order.bar);
    const refused = this.screen(order, state);
    if (refused !== null) {
      this.count(refused);
      return;
    }
    const verdict = reviewEntry(this.input(order, state));
    if (verdict.plan === null) {
      this.count(vetoesOf(verdict)[0] ?? 'readable');
      return;
    }
    const { plan } = verdict;
    order.quantity = Number(plan.quantity);
    order.stopPrice = Number(plan.stopPrice);
    order.targetPrice = Number(plan.targets[0]!.price);
    order.reserve = Number(plan.reserve.amount);
    if (plan.entry.price !== null) order.limitPrice = Number(plan.entry.price);
    order.postOnly = plan.entry.postOnly;
    order.expiresAtMs = plan.expiresAtMs ?? Infinity;
    this.reservedRisk[order.pair] = plan.riskUsdt;
    this.reservedValue[order.pair] = plan.notionalUsdt;
    this.reservedMargin[order.pair] = plan.marginUsdt;
    this.leverage[order.pair] = plan.leverage;
    this.tradesToday++;
    this.approved++;
  }

  private confidenceOf({ confidence }: EntryOrder): number {
    return Number.isNaN(confidence) ? this.options.confidence : confidence;
  }

  private count(rule: string): void {
    this.vetoes.set(rule, (this.vetoes.get(rule) ?? 0) + 1);
  }

  /** The first rule that refuses beyond any rounding, or null when the full review must tell. */
  private screen(order: EntryOrder, state: EngineState): string | null {
    const { limits, instruments, halfSpread } = this.options;
    const { account } = state;
    if (order.side === -1 && !this.options.margin) return 'legal-action';
    const mode = this.standing?.mode ?? 'running';
    if (mode !== 'running' && mode !== 'reduced') return 'desk-state';
    if (state.closeMs < this.cooldownUntil[order.pair]!) return 'cooldown';
    if (this.tradesToday >= limits.tradesPerDay) return 'trades-per-day';
    const lost = (start: number, pct: number): boolean =>
      account.equity < start * (1 - pct / 100) * (1 - SLACK);
    if (lost(account.dayStartEquity, limits.dailyLossPct)) return 'daily-loss';
    if (lost(account.weekStartEquity, limits.weeklyLossPct)) return 'weekly-loss';
    if (lost(account.monthStartEquity, limits.monthlyLossPct)) return 'monthly-loss';
    if (this.confidenceOf(order) < limits.confidence) return 'confidence';
    if (!(order.stopPct > 0) || order.stopPct > limits.stopPct) return 'stop';
    const { atrPct } = this.volatility[order.pair]!;
    if (order.stopPct < limits.stopMinAtr * atrPct * (1 - SLACK)) return 'stop';
    // What rests, or borrows, pays other costs: the review tells.
    if (this.options.entry.type !== 'market' || order.side === -1) return null;
    const half = halfSpread[order.pair]!;
    const { takerFee } = instruments[order.pair]!;
    const slippage = limits.slippageBps / 10_000;
    const cost = (1 + half) * (1 + takerFee + slippage);
    const kept = 1 - takerFee - slippage - half;
    const tick = this.tick[order.pair]! / order.quote;
    const reward = (1 + half + tick) * (1 + order.targetPct / 100) * kept - cost;
    const risk = cost - ((1 + half) * (1 - order.stopPct / 100) + tick) * kept;
    if (risk > 0 && reward < limits.rewardRisk * risk * (1 - SLACK)) return 'reward-risk';
    return null;
  }

  /** Everything of the account as plain decimals, the numeraire named USDT, which the review reckons in. */
  private input(order: EntryOrder, state: EngineState): EntryReviewInput {
    const { account, pairs } = state;
    const { limits, instruments, halfSpread } = this.options;
    const pair = reviewName(account.numeraire).pair(pairs[order.pair]!);
    const instrument = instruments[order.pair]!;
    const { reservedRisk, reservedValue, reservedMargin, leverage } = this;
    const holdings = reviewedHoldings(
      { ...state, reservedRisk, reservedValue, reservedMargin, leverage },
      instruments,
    );
    const { atrPct, ratio } = this.volatility[order.pair]!;
    return {
      now: state.closeMs,
      pair,
      decision: {
        action: order.side === 1 ? 'long' : 'short',
        confidence: this.confidenceOf(order),
        entry: { type: 'market', price: null },
        stopLossPct: order.stopPct,
        takeProfitPct: order.targetPct > 0 ? [order.targetPct] : [],
        sizePct: null,
        leverage: null,
        horizonHours: Number.isNaN(order.horizonHours) ? HORIZON_HOURS : order.horizonHours,
      },
      desk: {
        state: this.standing?.mode ?? 'running',
        cooldownUntil: Number.isFinite(this.cooldownUntil[order.pair]!)
          ? this.cooldownUntil[order.pair]!
          : null,
        reconciled: true,
        lossStreak: this.lossStreak,
        tradesToday: this.tradesToday,
        llmSpendTodayUsd: 0,
      },
      account: holdings.account,
      market: {
        ...quoteAround(order.quote, halfSpread[order.pair]!, instrument),
        depthQuote: null,
        atrPct: Number.isNaN(atrPct) ? null : atrPct,
        volatilityRatio: Number.isNaN(ratio) ? null : ratio,
        fundingPctPerDay: null,
        inputs: [{ name: 'bars', ageMs: 0, required: true }],
        usdtPer: holdings.usdtPer,
      },
      instrument: { ...instrument, pair },
      entry: this.options.entry,
      margin: this.options.margin ?? null,
      limits,
    };
  }
}

/** Relative slack of the float comparisons: within it the decimal review decides. */
const SLACK = 1e-9;

function isFlat(state: EngineState): boolean {
  for (let p = 0; p < state.pairs.length; p++) {
    if (state.quantity[p]! > 0 || state.ordered[p]! > 0) return false;
  }
  return true;
}
