import { Decimal, floorToStep, type DecimalText } from '../money.ts';
import type { Instrument } from '../venue.ts';

/**
 * The rungs of a take-profit ladder as quantities that the venue takes: each on the lot, together exactly
 * `quantity`, none below the venue's minimum. A rung that would be too small joins the next one further
 * out, the last one the one before it. Prices rise, shares are parts of the whole.
 */
export function ladderOf(
  quantity: DecimalText,
  targets: readonly { price: DecimalText; share: DecimalText }[],
  instrument: Pick<Instrument, 'lot' | 'minQuantity' | 'minCost'>,
): { price: DecimalText; quantity: DecimalText }[] {
  const lot = new Decimal(instrument.lot);
  const isEnough = (size: Decimal, price: DecimalText): boolean =>
    size.gte(instrument.minQuantity) && size.mul(price).gte(instrument.minCost);
  const rungs: { price: DecimalText; size: Decimal }[] = [];
  let left = new Decimal(quantity);
  let joined = new Decimal(0);
  targets.forEach((target, i) => {
    const isLast = i === targets.length - 1;
    const own = isLast ? left : floorToStep(new Decimal(quantity).mul(target.share), lot);
    left = left.minus(own);
    const size = own.plus(joined);
    if (isEnough(size, target.price)) {
      rungs.push({ price: target.price, size });
      joined = new Decimal(0);
    } else {
      joined = size;
    }
  });
  const last = rungs.at(-1);
  if (last !== undefined) last.size = last.size.plus(joined);
  return rungs.map((r) => ({ price: r.price, quantity: r.size.toFixed() }));
}
