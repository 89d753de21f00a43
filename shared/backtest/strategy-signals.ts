import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import { ENTER_LONG, ENTER_SHORT, type BarStrategy } from '../strategies/bar-strategy.ts';

/** What a strategy says at every close of one pair. */
export interface StrategySignals {
  /** What the strategy said, as bits. */
  says: Uint8Array;
  entries: Entries;
}

/** What an entry says of how it is to be left, beside its stop and target. */
export type ExitWishes = Pick<Decision, 'horizonHours' | 'invalidation'>;

/** Stop and target distances of the bars that say an entry, read in ascending order of bars. */
export class Entries {
  /** Per cent, of the bar last sought. */
  stopPct = 0;
  targetPct = 0;
  /** NaN where the strategy has none of its own. */
  confidence = NaN;
  /** Null where the strategy has none. */
  wishes: ExitWishes | null = null;
  private isConstant = false;
  private count = 0;
  private at = 0;
  private bars = new Int32Array(64);
  private stops = new Float64Array(64);
  private targets = new Float64Array(64);
  private confidences = new Float64Array(64);
  private readonly wishesOf = new Map<number, ExitWishes>();

  add(
    bar: number,
    stopPct: number,
    targetPct: number,
    confidence = NaN,
    wishes: ExitWishes | null = null,
  ): void {
    if (wishes !== null) this.wishesOf.set(bar, wishes);
    if (this.count === this.bars.length) this.grow();
    this.bars[this.count] = bar;
    this.stops[this.count] = stopPct;
    this.targets[this.count] = targetPct;
    this.confidences[this.count] = confidence;
    this.count++;
  }

  /** The same distances on every bar. */
  always(stopPct: number, targetPct: number): void {
    this.stopPct = stopPct;
    this.targetPct = targetPct;
    this.isConstant = true;
  }

  /** Moves to `bar`, which says an entry and lies after every bar sought before. */
  seek(bar: number): void {
    if (this.isConstant) return;
    while (this.bars[this.at]! < bar) this.at++;
    this.stopPct = this.stops[this.at]!;
    this.targetPct = this.targets[this.at]!;
    this.confidence = this.confidences[this.at]!;
    if (this.wishesOf.size > 0) this.wishes = this.wishesOf.get(bar) ?? null;
  }

  private grow(): void {
    const larger = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    const size = this.bars.length * 2;
    this.bars = larger(new Int32Array(size), this.bars);
    this.stops = larger(new Float64Array(size), this.stops);
    this.targets = larger(new Float64Array(size), this.targets);
    this.confidences = larger(new Float64Array(size), this.confidences);
  }
}

/**
 * Runs a strategy over all bars of a pair, a fresh one in each segment. Its answers depend on closed bars
 * alone, so they can be known before the account is: one tight loop per pair instead of a call between the
 * account's steps.
 */
export function strategySignals(
  bars: CandleColumns,
  segmentEnds: Int32Array,
  create: () => BarStrategy,
): StrategySignals {
  const n = bars.close.length;
  const signals: StrategySignals = {
    says: new Uint8Array(n),
    entries: new Entries(),
  };
  let from = 0;
  for (const last of segmentEnds) {
    const strategy = create();
    if (strategy.updateAll === undefined) {
      runSegment(bars, from, last, strategy, signals);
    } else {
      strategy.updateAll(bars.close, from, last, signals.says);
      signals.entries.always(strategy.stopPct, strategy.targetPct);
    }
    from = last + 1;
  }
  return signals;
}

function runSegment(
  bars: CandleColumns,
  from: number,
  last: number,
  strategy: BarStrategy,
  { says, entries }: StrategySignals,
): void {
  const { timeMs, open, high, low, close, volume } = bars;
  for (let i = from; i <= last; i++) {
    const said = strategy.update(timeMs[i]!, open[i]!, high[i]!, low[i]!, close[i]!, volume[i]!);
    if (said === 0) continue;
    says[i] = said;
    if ((said & (ENTER_LONG | ENTER_SHORT)) !== 0) {
      const { stopPct, targetPct, confidence, wishes } = strategy;
      entries.add(i, stopPct, targetPct, confidence, wishes);
    }
  }
}
