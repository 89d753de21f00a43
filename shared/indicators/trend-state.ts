import { Adx } from './adx.ts';
import { Ema } from './ema.ts';

/** Direction of a state: up, down, or neither. */
export type Direction = 1 | 0 | -1;

export interface TrendParameters {
  fast: number;
  slow: number;
  adxPeriod: number;
  /** A trend begins only at this strength or more... */
  adxEnter: number;
  /** ... and ends below this one: between the two the state stays what it was. */
  adxExit: number;
}

export const TREND_PARAMETERS: TrendParameters = {
  fast: 21,
  slow: 50,
  adxPeriod: 14,
  adxEnter: 20,
  adxExit: 15,
};

/**
 * Whether a trend stands: fast EMA above slow and close above the slow one, begun at an ADX of
 * `adxEnter` and kept until the averages cross back, the close is on the other side of the slow
 * average or the ADX falls below `adxExit`; the mirror image for down. A state, not a crossing.
 */
export class TrendState {
  direction: Direction = 0;
  readonly parameters: TrendParameters;
  readonly fast: Ema;
  readonly slow: Ema;
  readonly adx: Adx;

  constructor(parameters: TrendParameters = TREND_PARAMETERS) {
    this.parameters = parameters;
    this.fast = new Ema(parameters.fast);
    this.slow = new Ema(parameters.slow);
    this.adx = new Adx(parameters.adxPeriod);
  }

  update(high: number, low: number, close: number): void {
    this.fast.update(close);
    this.slow.update(close);
    this.adx.update(high, low, close);
    if (!this.ready) return;
    const side = trendSide(this.fast.value, this.slow.value, close);
    if (side === 0 || this.adx.value < this.parameters.adxExit) this.direction = 0;
    else if (this.adx.value >= this.parameters.adxEnter) this.direction = side;
    else if (this.direction !== side) this.direction = 0;
  }

  get ready(): boolean {
    return this.slow.ready && this.adx.ready;
  }
}

function trendSide(fast: number, slow: number, close: number): Direction {
  if (fast > slow && close > slow) return 1;
  if (fast < slow && close < slow) return -1;
  return 0;
}
