import { exitAfterBar, isNearerStop, stopOnTick } from '../guard/exit-after-bar.ts';
import type { DecimalText } from '../money.ts';
import type { ShadowExit, ShadowPosition } from './shadow-types.ts';

/**
 * What the last close means for a position, by the guard's own rules: why it is left at the next open, or null.
 * Brings its stop nearer where they say so.
 */
export function exitAtClose(
  position: ShadowPosition,
  of: { close: number; atr: number | null; watched: number | null; tick: DecimalText },
): ShadowExit | null {
  const { exits, entryPrice, firstStop, stop, rungsSold, highest, short } = position;
  const { close, atr, watched } = of;
  const move = exitAfterBar(
    exits,
    { side: sideOf(position), entryPrice, firstStop, stop, rungsSold },
    { close, highest, ...(short === undefined ? {} : { lowest: short.lowest }), atr, watched },
  );
  if (move.kind === 'close') return move.reason;
  if (move.kind === 'stop') tightenStop(position, move.price, of.tick);
  return null;
}

/** Brings the stop nearer, never further away. */
export function tightenStop(position: ShadowPosition, price: number, tick: DecimalText): void {
  const side = sideOf(position);
  const wanted = Number(stopOnTick(price, tick, side));
  if (isNearerStop(side, wanted, position.stop)) position.stop = wanted;
}

/** Side that opens it. */
export function sideOf({ short }: { short?: object | undefined }): 'buy' | 'sell' {
  return short === undefined ? 'buy' : 'sell';
}
