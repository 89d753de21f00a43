import { exitAfterBar, isNearerStop, stopOnTick } from '../guard/exit-after-bar.ts';
import { isReviewDue } from '../guard/exit-review.ts';
import { exitTerms, hearsBars, type ExitTerms } from '../guard/exit-terms.ts';
import type { DecimalText } from '../money.ts';
import type { Timeframe } from '../timeframe.ts';
import { BarVolatility } from './bar-volatility.ts';
import type { EngineState } from './engine-types.ts';
import type { ExitSettings } from './exit-settings.ts';
import type { ExitWishes } from './strategy-signals.ts';
import { EXIT_INVALIDATED, EXIT_TIME, EXIT_TRAILING } from './trade-log.ts';

/** How positions are left beside stop, target and signal: the rules of the desk's guard. */
export interface ExitRules {
  settings: ExitSettings;
  timeframe: Timeframe;
  /** Price step of each pair. */
  ticks: readonly DecimalText[];
  /** The series that an invalidation names, at the close of bar `bar` of the pair; null while not known. */
  watched?: (pair: number, bar: number, of: Invalidation) => number | null;
}

export type Invalidation = NonNullable<ExitTerms['invalidation']>;

/** What a strategy without views of its own looks ahead, as its decider does. */
const NO_WISHES: ExitWishes = { horizonHours: 24, invalidation: null };
/** How a guard's orders are placed, which is the fill model's affair here. */
const OF_ORDERS = { targetSlippagePct: 0, unprotectedSeconds: 5 };
const HOUR_MS = 3_600_000;

/** The desk's guard in a backtest: it looks at open positions at each close, by the functions of shared/guard. */
export class GuardedExits {
  /** Venue time at which the position is closed for its age; Infinity for never. By pair. */
  readonly dueMs: Float64Array;
  private readonly rules: ExitRules;
  private readonly state: EngineState;
  private readonly terms: ExitTerms[];
  private readonly openedMs: Float64Array;
  private readonly firstStop: Float64Array;
  /** Highest high and lowest low since the bar of the fill. */
  private readonly highest: Float64Array;
  private readonly lowest: Float64Array;
  private readonly volatility: BarVolatility[];

  constructor(rules: ExitRules, state: EngineState) {
    const count = state.pairs.length;
    this.rules = rules;
    this.state = state;
    this.dueMs = new Float64Array(count).fill(Infinity);
    this.terms = state.pairs.map(() => this.termsOf(NO_WISHES));
    this.openedMs = new Float64Array(count);
    this.firstStop = new Float64Array(count);
    this.highest = new Float64Array(count);
    this.lowest = new Float64Array(count);
    this.volatility = state.bars.map((bars) => new BarVolatility(bars));
  }

  opened(p: number, atMs: number, firstStop: number, wishes: ExitWishes | null): void {
    if (wishes !== null) this.terms[p] = this.termsOf(wishes);
    this.openedMs[p] = atMs;
    this.dueMs[p] = atMs + (this.terms[p]!.timeStopMs ?? Infinity);
    this.firstStop[p] = firstStop;
    this.highest[p] = 0;
    this.lowest[p] = Infinity;
  }

  /** Whether every close of the pair's position is looked at. */
  hears(p: number): boolean {
    return hearsBars(this.terms[p]!);
  }

  /** At the close of bar `i`: why the position is left, as a code, or -1. Moves its stop where the rules say so. */
  look(p: number, i: number): number {
    const { state } = this;
    const terms = this.terms[p]!;
    const bars = state.bars[p]!;
    this.highest[p] = Math.max(this.highest[p]!, bars.high[i]!);
    this.lowest[p] = Math.min(this.lowest[p]!, bars.low[i]!);
    const isDue = this.dueMs[p]! <= state.closeMs;
    if (!this.hears(p)) return isDue ? EXIT_TIME : -1;
    const close = bars.close[i]!;
    const side = state.side[p] === 1 ? 'buy' : 'sell';
    const move = exitAfterBar(
      terms,
      {
        side,
        entryPrice: state.entryPrice[p]!,
        firstStop: this.firstStop[p]!,
        stop: state.stopPrice[p]!,
        rungsSold: 0,
      },
      {
        close,
        highest: this.highest[p],
        lowest: this.lowest[p],
        atr: terms.trailing === null ? null : this.atrAt(p, i, close),
        watched:
          terms.invalidation === null
            ? null
            : (this.rules.watched?.(p, i, terms.invalidation) ?? null),
      },
    );
    if (move.kind === 'close') {
      return move.reason === 'trailing' ? EXIT_TRAILING : EXIT_INVALIDATED;
    }
    if (move.kind === 'stop') {
      const onTick = Number(stopOnTick(move.price, this.rules.ticks[p]!, side));
      if (isNearerStop(side, onTick, state.stopPrice[p]!)) state.stopPrice[p] = onTick;
    }
    return isDue ? EXIT_TIME : -1;
  }

  /** Whether the strategy is asked about the position at this close. */
  isAsked(p: number): boolean {
    const { reviewEveryHours } = this.rules.settings;
    return isReviewDue({
      openedAtMs: this.openedMs[p]!,
      atMs: this.state.closeMs,
      barMs: this.state.closeMs - this.state.timeMs,
      everyMs: reviewEveryHours === null ? null : reviewEveryHours * HOUR_MS,
    });
  }

  private atrAt(p: number, i: number, close: number): number | null {
    const volatility = this.volatility[p]!;
    volatility.advance(i);
    return Number.isNaN(volatility.atrPct) ? null : (volatility.atrPct * close) / 100;
  }

  private termsOf(wishes: ExitWishes): ExitTerms {
    const { settings, timeframe } = this.rules;
    return exitTerms({ ...settings, ...OF_ORDERS }, wishes, timeframe);
  }
}
