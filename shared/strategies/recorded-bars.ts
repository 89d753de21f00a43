import type { Decision } from '../decision.ts';
import {
  ENTER_LONG,
  ENTER_SHORT,
  LEAVE_LONG,
  LEAVE_SHORT,
  SAYS_NOTHING,
  type BarStrategy,
} from './bar-strategy.ts';

/**
 * Says what was recorded of each bar, with its own confidence; nothing on bars of which nothing is recorded. A
 * ladder of targets is sold at its mean, for the engine has one target; a wished limit price is not kept.
 */
export class RecordedBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  confidence = 0;
  wishes: Pick<Decision, 'horizonHours' | 'invalidation'> = { horizonHours: 0, invalidation: null };
  private readonly byBar: ReadonlyMap<number, Decision>;

  constructor(byBar: ReadonlyMap<number, Decision>) {
    this.byBar = byBar;
  }

  update(timeMs: number): number {
    const decision = this.byBar.get(timeMs);
    if (decision === undefined) return SAYS_NOTHING;
    const { action, stopLossPct, takeProfitPct, confidence } = decision;
    switch (action) {
      case 'hold':
        return SAYS_NOTHING;
      case 'close':
        return LEAVE_LONG | LEAVE_SHORT;
      case 'long':
      case 'short':
        this.stopPct = stopLossPct ?? 0;
        this.targetPct =
          takeProfitPct.length === 0
            ? 0
            : takeProfitPct.reduce((sum, pct) => sum + pct, 0) / takeProfitPct.length;
        this.confidence = confidence;
        this.wishes = decision;
        return action === 'long' ? ENTER_LONG | LEAVE_SHORT : ENTER_SHORT | LEAVE_LONG;
      default:
        return action satisfies never;
    }
  }
}
