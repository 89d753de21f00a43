import type { TradeSink } from './trade-log.ts';

const DAY_MS = 86_400_000;

/**
 * Trades summed up by the day of their exit as they come, in order of exit within a pair: what a sweep needs of
 * them. A day's return is the sum of what its trades returned on their own value.
 */
export class DayReturns implements TradeSink {
  trades = 0;
  wins = 0;
  private readonly firstMs: number;
  private readonly columnOf: Int32Array;
  private returns: Float64Array = new Float64Array(0);
  private timeMs: Float64Array = new Float64Array(0);
  private column = 0;
  private dayEndMs = 0;

  /** `columnOf`: column of each day from `firstDay` on, which counts in days since 1970. */
  constructor({ firstDay, columnOf }: { firstDay: number; columnOf: Int32Array }) {
    this.firstMs = firstDay * DAY_MS;
    this.columnOf = columnOf;
  }

  /** Starts a set of parameters; `returns` is its row, all 0, with a column for each day that has bars. */
  startSet(returns: Float64Array): void {
    this.returns = returns;
    this.trades = 0;
    this.wins = 0;
  }

  /** Starts a pair, whose bars open at `timeMs`. */
  startPair(timeMs: Float64Array): void {
    this.timeMs = timeMs;
    this.column = 0;
    this.dayEndMs = -Infinity;
  }

  add(
    _pair: number,
    side: 1 | -1,
    _reason: number,
    _entryBar: number,
    exitBar: number,
    entryPrice: number,
    exitPrice: number,
    quantity: number,
    fees: number,
  ): void {
    const net = (exitPrice - entryPrice) * quantity * side - fees;
    const exitMs = this.timeMs[exitBar]!;
    if (exitMs >= this.dayEndMs) {
      const day = Math.floor((exitMs - this.firstMs) / DAY_MS);
      this.column = this.columnOf[day]!;
      this.dayEndMs = this.firstMs + (day + 1) * DAY_MS;
    }
    this.returns[this.column]! += net / (entryPrice * quantity);
    this.trades++;
    if (net > 0) this.wins++;
  }
}
