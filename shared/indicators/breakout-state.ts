import { Donchian } from './donchian.ts';
import type { Direction } from './trend-state.ts';

export interface BreakoutParameters {
  /** Bars of the channel whose break opens. */
  enter: number;
  /** Bars of the shorter channel whose break ends it. */
  exit: number;
}

export const BREAKOUT_PARAMETERS: BreakoutParameters = { enter: 20, exit: 10 };

/**
 * Whether a breakout stands: up from a close above the highest high of the `enter` bars before it until
 * a close below the lowest low of the `exit` bars before it; the mirror image for down.
 */
export class BreakoutState {
  direction: Direction = 0;
  readonly parameters: BreakoutParameters;
  readonly enter: Donchian;
  readonly exit: Donchian;

  constructor(parameters: BreakoutParameters = BREAKOUT_PARAMETERS) {
    this.parameters = parameters;
    this.enter = new Donchian(parameters.enter);
    this.exit = new Donchian(parameters.exit);
  }

  update(high: number, low: number, close: number): void {
    this.enter.update(high, low);
    this.exit.update(high, low);
    if (!this.ready) return;
    if (close > this.enter.highBefore) this.direction = 1;
    else if (close < this.enter.lowBefore) this.direction = -1;
    else if (this.direction === 1 && close < this.exit.lowBefore) this.direction = 0;
    else if (this.direction === -1 && close > this.exit.highBefore) this.direction = 0;
  }

  get ready(): boolean {
    return this.enter.ready && this.exit.ready;
  }
}
