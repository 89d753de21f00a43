import { ENTER_LONG, type BarStrategy } from './bar-strategy.ts';

/** Buys at the first chance and never sells: the baseline that costs nothing to run. */
export class BuyAndHoldBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;

  update(): number {
    return ENTER_LONG;
  }
}
