/** Why a position was closed; the order is that of the codes in a TradeLog. */
export const EXIT_REASONS = [
  'signal',
  'stop',
  'target',
  'end',
  'gap',
  'time',
  'halt',
  'rebalance',
  'trailing',
  'invalidated',
] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

export const EXIT_SIGNAL = 0;
export const EXIT_STOP = 1;
export const EXIT_TARGET = 2;
export const EXIT_END = 3;
export const EXIT_GAP = 4;
export const EXIT_TIME = 5;
export const EXIT_HALT = 6;
export const EXIT_REBALANCE = 7;
export const EXIT_TRAILING = 8;
export const EXIT_INVALIDATED = 9;

/** Takes closed trades one by one; prices and money in the quote asset, see TradeLog. */
export interface TradeSink {
  add(
    pair: number,
    side: 1 | -1,
    reason: number,
    entryBar: number,
    exitBar: number,
    entryPrice: number,
    exitPrice: number,
    quantity: number,
    fees: number,
    risk: number,
  ): void;
}

/**
 * Closed trades as columns in order of exit, so that a run allocates nothing per trade. Bars are indexes
 * into the columns of the trade's pair; prices and money are in that pair's quote asset.
 */
export class TradeLog implements TradeSink {
  count = 0;
  pair: Uint16Array;
  /** 1 long, -1 short. */
  side: Int8Array;
  reason: Uint8Array;
  entryBar: Int32Array;
  exitBar: Int32Array;
  entryPrice: Float64Array;
  exitPrice: Float64Array;
  /** In the base asset. */
  quantity: Float64Array;
  /** (exit - entry) * quantity * side. */
  grossPnl: Float64Array;
  /** Of both sides, and interest. */
  fees: Float64Array;
  /** Money at risk when the position was opened (stop distance * quantity); 0 without a stop. */
  risk: Float64Array;

  constructor(capacity = 1024) {
    this.pair = new Uint16Array(capacity);
    this.side = new Int8Array(capacity);
    this.reason = new Uint8Array(capacity);
    this.entryBar = new Int32Array(capacity);
    this.exitBar = new Int32Array(capacity);
    this.entryPrice = new Float64Array(capacity);
    this.exitPrice = new Float64Array(capacity);
    this.quantity = new Float64Array(capacity);
    this.grossPnl = new Float64Array(capacity);
    this.fees = new Float64Array(capacity);
    this.risk = new Float64Array(capacity);
  }

  add(
    pair: number,
    side: 1 | -1,
    reason: number,
    entryBar: number,
    exitBar: number,
    entryPrice: number,
    exitPrice: number,
    quantity: number,
    fees: number,
    risk: number,
  ): void {
    const at = this.count;
    if (at === this.pair.length) this.grow();
    this.pair[at] = pair;
    this.side[at] = side;
    this.reason[at] = reason;
    this.entryBar[at] = entryBar;
    this.exitBar[at] = exitBar;
    this.entryPrice[at] = entryPrice;
    this.exitPrice[at] = exitPrice;
    this.quantity[at] = quantity;
    this.grossPnl[at] = (exitPrice - entryPrice) * quantity * side;
    this.fees[at] = fees;
    this.risk[at] = risk;
    this.count = at + 1;
  }

  private grow(): void {
    const size = this.pair.length * 2;
    const into = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.pair = into(new Uint16Array(size), this.pair);
    this.side = into(new Int8Array(size), this.side);
    this.reason = into(new Uint8Array(size), this.reason);
    this.entryBar = into(new Int32Array(size), this.entryBar);
    this.exitBar = into(new Int32Array(size), this.exitBar);
    this.entryPrice = into(new Float64Array(size), this.entryPrice);
    this.exitPrice = into(new Float64Array(size), this.exitPrice);
    this.quantity = into(new Float64Array(size), this.quantity);
    this.grossPnl = into(new Float64Array(size), this.grossPnl);
    this.fees = into(new Float64Array(size), this.fees);
    this.risk = into(new Float64Array(size), this.risk);
  }
}

/** Sums over a log whose trades share one quote asset. */
export function sumTrades(log: TradeLog): { gross: number; fees: number } {
  let gross = 0;
  let fees = 0;
  for (let i = 0; i < log.count; i++) {
    gross += log.grossPnl[i]!;
    fees += log.fees[i]!;
  }
  return { gross, fees };
}
