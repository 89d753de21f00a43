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
  private returns: Float64Array = new Float64Array(0);
  private timeMs: Float64Array = new Float64Array(0);
  private day = 0;
  private dayEndMs = 0;

  /** `firstDay`: the day of row 0, in days since 1970. */
  constructor(firstDay: number) {
    this.firstMs = firstDay * DAY_MS;
  }

  /** Starts a set of parameters; `returns` is its row of days, all 0. */
  startSet(returns: Float64Array): void {
    this.returns = returns;
    this.trades = 0;
    this.wins = 0;
  }

  /** Starts a pair, whose bars open at `timeMs`. */
  startPair(timeMs: Float64Array): void {
    this.timeMs = timeMs;
    this.day = 0;
    this.dayEndMs = this.firstMs + DAY_MS;
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
      this.day = Math.floor((exitMs - this.firstMs) / DAY_MS);
      this.dayEndMs = this.firstMs + (this.day + 1) * DAY_MS;
    }
    this.returns[this.day]! += net / (entryPrice * quantity);
    this.trades++;
    if (net > 0) this.wins++;
  }
}
