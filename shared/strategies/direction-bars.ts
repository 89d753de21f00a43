import { Atr } from '../indicators/atr.ts';
import {
  ENTER_LONG,
  ENTER_SHORT,
  LEAVE_LONG,
  LEAVE_SHORT,
  SAYS_NOTHING,
  type BarStrategy,
} from './bar-strategy.ts';
import { targetFor, type ExitParameters } from './exits.ts';

/** A state that stands until it is over: 1 up, -1 down, 0 neither. */
export interface DirectionState {
  readonly ready: boolean;
  readonly direction: -1 | 0 | 1;
  update(high: number, low: number, close: number): void;
}

/**
 * Follows a direction bar by bar, long and, where `shorts`, short. With TrendState it is the decider `trend`, with
 * BreakoutState `breakout`: the same states and exits as those read from a snapshot.
 */
export class DirectionBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly state: DirectionState;
  private readonly exits: ExitParameters;
  wishes?: BarStrategy['wishes'] & object;
  private readonly shorts: boolean;
  private readonly atr = new Atr(14);

  /** `horizonHours`: what the interest of a short is reckoned over. */
  constructor(
    state: DirectionState,
    exits: ExitParameters,
    shorts: boolean,
    horizonHours?: number,
  ) {
    this.state = state;
    this.exits = exits;
    this.shorts = shorts;
    if (shorts && horizonHours !== undefined) this.wishes = { horizonHours, invalidation: null };
  }

  update(_timeMs: number, _open: number, high: number, low: number, close: number): number {
    const { state } = this;
    state.update(high, low, close);
    this.atr.update(high, low, close);
    if (!state.ready || !this.atr.ready) return SAYS_NOTHING;
    const { direction } = state;
    if (direction === 1 || (direction === -1 && this.shorts)) {
      this.stopPct = (100 * this.exits.stopAtr * this.atr.value) / close;
      this.targetPct = targetFor(this.stopPct, this.exits);
    }
    if (!this.shorts) return direction === 1 ? ENTER_LONG : LEAVE_LONG;
    if (direction === 1) return ENTER_LONG | LEAVE_SHORT;
    return direction === -1 ? ENTER_SHORT | LEAVE_LONG : LEAVE_LONG | LEAVE_SHORT;
  }
}
