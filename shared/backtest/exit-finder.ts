import type { CandleColumns } from '../candle.ts';
import {
  fillInBar,
  type FillBar,
  type FillCosts,
  type OrderSide,
  type RestingOrder,
} from '../fills.ts';
import type { MarginRatePct } from '../margin.ts';
import { EXIT_STOP, EXIT_TARGET } from './trade-log.ts';

/** Costs of one pair, as shares of the price or notional. */
export interface PairCosts extends FillCosts {
  takerFee: number;
  makerFee: number;
  /** 10 to the number of price decimals: taker fills are rounded to it against the desk; 0 for none. */
  priceScale: number;
  /** Quantity step, base. */
  lot: number;
  /** Paid on what is borrowed to sell short; null or absent where nothing is charged. */
  marginRatePct?: MarginRatePct | null;
}

/** Floats such as 100 * 1.0001 carry noise far below a tick, which must not cost one. */
const TICK_NOISE = 1e-6;

/** What a purchase at `price` costs on the venue's tick: never less. */
export function boughtAt(price: number, { priceScale }: PairCosts): number {
  return priceScale === 0 ? price : Math.ceil(price * priceScale - TICK_NOISE) / priceScale;
}

/** What a sale at `price` brings on the venue's tick: never more. */
export function soldAt(price: number, { priceScale }: PairCosts): number {
  return priceScale === 0 ? price : Math.floor(price * priceScale + TICK_NOISE) / priceScale;
}

function takenAt(price: number, side: OrderSide, costs: PairCosts): number {
  return side === 'sell' ? soldAt(price, costs) : boughtAt(price, costs);
}

/** Where and why a position leaves inside a bar that touches its stop or target. */
export class ExitFinder {
  price = 0;
  reason = EXIT_STOP;
  isMaker = false;
  atOpen = false;
  private readonly bar: FillBar = { open: 0, high: 0, low: 0 };
  private readonly stop: RestingOrder = { kind: 'stop', side: 'sell', price: 0 };
  private readonly target: RestingOrder = { kind: 'limit', side: 'sell', price: 0 };

  find(
    bars: CandleColumns,
    i: number,
    stop: number,
    target: number,
    costs: PairCosts,
    targetRests: boolean,
    beneath: Beneath,
    side: 1 | -1 = 1,
  ): void {
    this.stop.side = side === 1 ? 'sell' : 'buy';
    this.target.side = this.stop.side;
    this.stop.price = stop;
    this.target.price = target;
    const both =
      side === 1
        ? bars.low[i]! <= stop && bars.high[i]! >= target
        : bars.high[i]! >= stop && bars.low[i]! <= target;
    if (both && beneath.bars !== null) {
      const finer = beneath.bars;
      const end = beneath.endOf(bars.timeMs[i]!);
      for (let k = beneath.at; k < end; k++) {
        if (this.touch(finer, k, costs, targetRests)) return;
      }
    }
    this.touch(bars, i, costs, targetRests);
  }

  /** A position that was entered inside this bar: its stop sees the range but no gap, a target nothing yet. */
  afterEntry(
    bars: CandleColumns,
    i: number,
    stop: number,
    costs: PairCosts,
    side: 1 | -1 = 1,
  ): boolean {
    this.stop.side = side === 1 ? 'sell' : 'buy';
    this.stop.price = stop;
    this.bar.open = bars.open[i]!;
    this.bar.high = bars.high[i]!;
    this.bar.low = bars.low[i]!;
    const stopped = fillInBar(this.stop, this.bar, costs, 'range-only');
    if (stopped === null) return false;
    this.price = takenAt(stopped.price, this.stop.side, costs);
    this.reason = EXIT_STOP;
    this.isMaker = false;
    this.atOpen = false;
    return true;
  }

  /** At the open before inside, the stop before the target; false when the bar touches neither. */
  private touch(bars: CandleColumns, i: number, costs: PairCosts, targetRests: boolean): boolean {
    const { bar } = this;
    bar.open = bars.open[i]!;
    bar.high = bars.high[i]!;
    bar.low = bars.low[i]!;
    const stopped = fillInBar(this.stop, bar, costs);
    const reached = fillInBar(this.target, bar, costs);
    const stopFirst = stopped !== null && (stopped.at === 'open' || reached?.at !== 'open');
    if (stopFirst) {
      this.price = takenAt(stopped.price, this.stop.side, costs);
      this.atOpen = stopped.at === 'open';
      this.reason = EXIT_STOP;
      this.isMaker = false;
      return true;
    }
    if (reached === null) return false;
    this.reason = EXIT_TARGET;
    this.isMaker = targetRests;
    this.atOpen = reached.at === 'open';
    const sign = this.stop.side === 'sell' ? -1 : 1;
    const taken = takenAt(reached.price * (1 + sign * costs.halfSpread), this.stop.side, costs);
    this.price = targetRests ? reached.price : taken;
    return true;
  }
}

/** Finer bars below one pair's bars, walked forward once. */
export class Beneath {
  at = 0;
  readonly bars: CandleColumns | null;
  private readonly barMs: number;

  constructor(bars: CandleColumns | null, barMs: number) {
    this.bars = bars;
    this.barMs = barMs;
  }

  /** Sets `at` to the first finer bar of the bar that opens at `timeMs`; returns the index after its last. */
  endOf(timeMs: number): number {
    const times = this.bars!.timeMs;
    let at = this.at;
    while (at < times.length && times[at]! < timeMs) at++;
    this.at = at;
    let end = at;
    while (end < times.length && times[end]! < timeMs + this.barMs) end++;
    return end;
  }
}
