import { Decimal, floorToStep, type DecimalText } from '../money.ts';
import { ceilToStep } from '../risk/steps.ts';
import type { ExitTerms } from './exit-terms.ts';

/** A position at the close of a bar. Prices are floats in the quote asset. */
export interface PositionAtClose {
  /** `sell` for a short, whose stop lies above; absent: bought. */
  side?: 'buy' | 'sell';
  /** Mean price paid, of a short received. */
  entryPrice: number;
  /** Stop of the approved plan: entry less it is 1 R. */
  firstStop: number;
  /** Stop as it rests now. */
  stop: number;
  /** Rungs of the ladder that are done. */
  rungsSold: number;
}

export interface ClosedBar {
  close: number;
  /** Highest high of the bars closed since the first fill, that in which it fell included. */
  highest: number;
  /** Lowest low of the same; absent where nothing is short, as in old recordings. */
  lowest?: number;
  /** ATR 14 of the desk's bars; null while it is not known. */
  atr: number | null;
  /** The series that the decision's invalidation names, on its timeframe; null while it is not known. */
  watched: number | null;
}

export type ExitMove =
  | { kind: 'stay' }
  | { kind: 'close'; reason: 'invalidated' | 'trailing' }
  /** Where the stop goes: nearer to the price than it rests, and not through the close. */
  | { kind: 'stop'; price: number };

/**
 * What the close of a bar means for a position: an invalidation closes it, a close beyond the Chandelier line
 * too; else the stop goes to the nearer of break-even and that line. It never goes further away. A short is the
 * mirror image of a long.
 */
export function exitAfterBar(
  terms: Pick<ExitTerms, 'breakEven' | 'trailing' | 'invalidation'>,
  position: PositionAtClose,
  bar: ClosedBar,
): ExitMove {
  if (isInvalidated(terms.invalidation, bar.watched)) {
    return { kind: 'close', reason: 'invalidated' };
  }
  const { side, stop } = position;
  const best = bestPrice(position, bar);
  const line = chandelier(terms.trailing, position, best, bar.atr);
  if (line !== null && isNearerStop(side, line, stop) && !isNearerStop(side, bar.close, line)) {
    return { kind: 'close', reason: 'trailing' };
  }
  // A stop at or through the price would trigger at once: break-even waits until the price is beyond it again.
  const even = breakEvenPrice(terms.breakEven, position, best);
  const isUsable = even !== null && isNearerStop(side, bar.close, even);
  let wanted = stop;
  if (line !== null && isNearerStop(side, line, wanted)) wanted = line;
  if (isUsable && isNearerStop(side, even, wanted)) wanted = even;
  return wanted === stop ? { kind: 'stay' } : { kind: 'stop', price: wanted };
}

/** Whether a stop at `price` protects more than one at `stop`: higher for a long, lower for a short. */
export function isNearerStop(
  side: 'buy' | 'sell' | undefined,
  price: number,
  stop: number,
): boolean {
  return side === 'sell' ? price < stop : price > stop;
}

/** Where a stop so many percent from `price` lies: below it for a long, above it for a short. */
export function stopFrom(side: 'buy' | 'sell' | undefined, price: number, pct: number): number {
  return price * (1 - (signOf({ side }) * pct) / 100);
}

export function isInvalidated(
  invalidation: ExitTerms['invalidation'],
  watched: number | null,
): boolean {
  if (invalidation === null || watched === null) return false;
  const { comparator, level } = invalidation;
  return comparator === 'above' ? watched > level : watched < level;
}

/** Highest high less so many ATR, for a short lowest low and so many more; null while it does not apply. */
function chandelier(
  trailing: ExitTerms['trailing'],
  position: PositionAtClose,
  best: number,
  atr: number | null,
): number | null {
  if (trailing === null || atr === null) return null;
  if (reachedR(position, best) < trailing.afterR) return null;
  return best - signOf(position) * trailing.atr * atr;
}

/** Price of the break-even stop once it is due: after a rung, or a `best` price of so many R; else null. */
export function breakEvenPrice(
  breakEven: ExitTerms['breakEven'],
  position: PositionAtClose,
  best: number | null,
): number | null {
  if (breakEven === null) return null;
  const { afterRung, afterR, offsetPct } = breakEven;
  const isDue =
    (afterRung !== null && position.rungsSold >= afterRung) ||
    (afterR !== null && best !== null && reachedR(position, best) >= afterR);
  return isDue ? position.entryPrice * (1 + (signOf(position) * offsetPct) / 100) : null;
}

/** The best price seen for the position since its first fill. */
function bestPrice({ side }: PositionAtClose, { close, highest, lowest }: ClosedBar): number {
  return side === 'sell' ? (lowest ?? close) : highest;
}

/** How far a price lies on the winning side of the entry, in R. */
function reachedR(position: PositionAtClose, price: number): number {
  const { entryPrice, firstStop } = position;
  const sign = signOf(position);
  const risk = sign * (entryPrice - firstStop);
  return risk > 0 ? (sign * (price - entryPrice)) / risk : 0;
}

function signOf({ side }: { side?: 'buy' | 'sell' | undefined }): 1 | -1 {
  return side === 'sell' ? -1 : 1;
}

/** A stop price on the tick, rounded away from the price: a stop is never moved further than a rule says. */
export function stopOnTick(
  price: number,
  tick: DecimalText,
  side: 'buy' | 'sell' = 'buy',
): DecimalText {
  // Floats carry noise far below a tick, which must not cost one.
  const meant = new Decimal(price.toPrecision(14));
  const onTick = side === 'sell' ? ceilToStep : floorToStep;
  return onTick(meant, new Decimal(tick)).toFixed();
}
