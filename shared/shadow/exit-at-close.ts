import { exitAfterBar, stopOnTick } from '../guard/exit-after-bar.ts';
import type { DecimalText } from '../money.ts';
import type { ShadowExit, ShadowPosition } from './shadow-types.ts';

/**
 * What the last close means for a position, by the guard's own rules: why it is left at the next open, or null.
 * Raises its stop where they say so.
 */
export function exitAtClose(
  position: ShadowPosition,
  of: { close: number; atr: number | null; watched: number | null; tick: DecimalText },
): ShadowExit | null {
  const { exits, entryPrice, firstStop, stop, rungsSold, highest } = position;
  const { close, atr, watched } = of;
  const move = exitAfterBar(
    exits,
    { entryPrice, firstStop, stop, rungsSold },
    { close, highest, atr, watched },
  );
  if (move.kind === 'close') return move.reason;
  if (move.kind === 'stop') raiseStop(position, move.price, of.tick);
  return null;
}

/** Brings the stop nearer, never further away. */
export function raiseStop(position: ShadowPosition, price: number, tick: DecimalText): void {
  const wanted = Number(stopOnTick(price, tick));
  if (wanted > position.stop) position.stop = wanted;
}
