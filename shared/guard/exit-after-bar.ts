import { Decimal, floorToStep, type DecimalText } from '../money.ts';
import type { ExitTerms } from './exit-terms.ts';

/** A long position at the close of a bar. Prices are floats in the quote asset. */
export interface PositionAtClose {
  /** Mean price paid. */
  entryPrice: number;
  /** Stop of the approved plan: entry less it is 1 R. */
  firstStop: number;
  /** Stop as it rests now. */
  stop: number;
  rungsSold: number;
}

export interface ClosedBar {
  close: number;
  /** Highest high of the bars closed since the first fill, that in which it fell included. */
  highest: number;
  /** ATR 14 of the desk's bars; null while it is not known. */
  atr: number | null;
  /** The series that the decision's invalidation names, on its timeframe; null while it is not known. */
  watched: number | null;
}

export type ExitMove =
  | { kind: 'stay' }
  | { kind: 'close'; reason: 'invalidated' | 'trailing' }
  /** Where the stop goes: above where it rests, below the close. */
  | { kind: 'stop'; price: number };

/**
 * What the close of a bar means for a position: an invalidation closes it, a close below the Chandelier line
 * too; else the stop goes to the higher of break-even and that line. It never goes down.
 */
export function exitAfterBar(
  terms: Pick<ExitTerms, 'breakEven' | 'trailing' | 'invalidation'>,
  position: PositionAtClose,
  bar: ClosedBar,
): ExitMove {
  if (isInvalidated(terms.invalidation, bar.watched)) {
    return { kind: 'close', reason: 'invalidated' };
  }
  const line = chandelier(terms.trailing, position, bar);
  if (line !== null && line > position.stop && line >= bar.close) {
    return { kind: 'close', reason: 'trailing' };
  }
  // A stop at or above the price would sell at once: break-even waits until the price is back above it.
  const even = breakEvenPrice(terms.breakEven, position, bar.highest);
  const wanted = Math.max(line ?? -Infinity, even !== null && even < bar.close ? even : -Infinity);
  return wanted > position.stop ? { kind: 'stop', price: wanted } : { kind: 'stay' };
}

export function isInvalidated(
  invalidation: ExitTerms['invalidation'],
  watched: number | null,
): boolean {
  if (invalidation === null || watched === null) return false;
  const { comparator, level } = invalidation;
  return comparator === 'above' ? watched > level : watched < level;
}

/** Highest high less so many ATR; null while it does not apply. */
export function chandelier(
  trailing: ExitTerms['trailing'],
  position: PositionAtClose,
  { highest, atr }: Pick<ClosedBar, 'highest' | 'atr'>,
): number | null {
  if (trailing === null || atr === null) return null;
  if (reachedR(position, highest) < trailing.afterR) return null;
  return highest - trailing.atr * atr;
}

/** Price of the break-even stop once it is due: after a rung, or a high of so many R; else null. */
export function breakEvenPrice(
  breakEven: ExitTerms['breakEven'],
  position: PositionAtClose,
  highest: number,
): number | null {
  if (breakEven === null) return null;
  const { afterRung, afterR, offsetPct } = breakEven;
  const isDue =
    (afterRung !== null && position.rungsSold >= afterRung) ||
    (afterR !== null && reachedR(position, highest) >= afterR);
  return isDue ? position.entryPrice * (1 + offsetPct / 100) : null;
}

/** How far a price lies above the entry, in R. */
function reachedR({ entryPrice, firstStop }: PositionAtClose, price: number): number {
  const risk = entryPrice - firstStop;
  return risk > 0 ? (price - entryPrice) / risk : 0;
}

/** A stop price on the tick, rounded down: a stop is never moved further than a rule says. */
export function stopOnTick(price: number, tick: DecimalText): DecimalText {
  // Floats carry noise far below a tick, which must not cost one.
  return floorToStep(new Decimal(price.toPrecision(14)), new Decimal(tick)).toFixed();
}
