import { ExitFinder, type Beneath, type PairCosts } from '../backtest/exit-finder.ts';
import { EXIT_STOP } from '../backtest/trade-log.ts';
import type { CandleColumns } from '../candle.ts';
import type { ShadowExit, ShadowPosition } from './shadow-types.ts';

/** One sale of a position inside a bar, or purchase of a short. */
export interface BarExit {
  kind: ShadowExit;
  quantity: number;
  price: number;
  atOpen: boolean;
}

/**
 * What a bar closes of a position, in the order in which it happens: the rungs that it reaches one by one,
 * as the desk's guard does, each taking at its price, of a short resting at it; all that is left at the stop. `beneath` are finer bars of
 * the pair, to tell which of stop and target came first. Takes what is sold off the position's rungs.
 */
export function exitsInBar(
  position: ShadowPosition,
  bar: CandleColumns,
  costs: PairCosts,
  beneath: Beneath,
): BarExit[] {
  const finder = new ExitFinder();
  const isShort = position.short !== undefined;
  const exits: BarExit[] = [];
  let left = position.quantity;
  while (left > 0) {
    const rung = position.rungs[0];
    const target = rung?.price ?? (isShort ? 0 : Infinity);
    const [lower, upper] = isShort ? [target, position.stop] : [position.stop, target];
    const isTouched = bar.low[0]! <= lower || bar.high[0]! >= upper;
    if (!isTouched) break;
    finder.find(bar, 0, position.stop, target, costs, isShort, beneath, isShort ? -1 : 1);
    const { price, atOpen } = finder;
    if (finder.reason === EXIT_STOP) {
      exits.push({ kind: 'stop', quantity: left, price, atOpen });
      position.rungs = [];
      break;
    }
    // The last rung takes all: what an entry that was not filled whole has left.
    const quantity = position.rungs.length === 1 ? left : Math.min(rung!.quantity, left);
    exits.push({ kind: 'target', quantity, price, atOpen });
    position.rungs.shift();
    left -= quantity;
  }
  return exits;
}

/**
 * The same for a position that was entered inside this very bar: its stop sees the range but no gap, its
 * targets nothing until the next bar.
 */
export function exitAfterEntry(
  position: ShadowPosition,
  bar: CandleColumns,
  costs: PairCosts,
): BarExit | null {
  const finder = new ExitFinder();
  const side = position.short === undefined ? 1 : -1;
  if (!finder.afterEntry(bar, 0, position.stop, costs, side)) return null;
  return { kind: 'stop', quantity: position.quantity, price: finder.price, atOpen: false };
}
