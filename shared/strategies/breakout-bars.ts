import { Atr } from '../indicators/atr.ts';
import { BreakoutState, type BreakoutParameters } from '../indicators/breakout-state.ts';
import { ENTER_LONG, LEAVE_LONG, SAYS_NOTHING, type BarStrategy } from './bar-strategy.ts';
import { targetFor, type ExitParameters } from './exits.ts';

/** `breakout` bar by bar: the same BreakoutState and exits as the decider reads from a snapshot. */
export class BreakoutBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly state: BreakoutState;
  private readonly atr = new Atr(14);
  private readonly exits: ExitParameters;

  constructor(parameters: BreakoutParameters, exits: ExitParameters) {
    this.state = new BreakoutState(parameters);
    this.exits = exits;
  }

  update(_timeMs: number, _open: number, high: number, low: number, close: number): number {
    this.state.update(high, low, close);
    this.atr.update(high, low, close);
    if (!this.state.ready || !this.atr.ready) return SAYS_NOTHING;
    if (this.state.direction !== 1) return LEAVE_LONG;
    this.stopPct = (100 * this.exits.stopAtr * this.atr.value) / close;
    this.targetPct = targetFor(this.stopPct, this.exits);
    return ENTER_LONG;
  }
}
