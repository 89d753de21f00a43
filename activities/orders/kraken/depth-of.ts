import type { BookLevel } from '../../../shared/kraken/book.ts';
import { Decimal, type DecimalText } from '../../../shared/money.ts';
import type { VenueDepth } from '../../../shared/venue.ts';

/** Best prices of a book and the value in quote shown within 1 % of each; null when a side is empty. */
export function depthOf(bids: readonly BookLevel[], asks: readonly BookLevel[]): VenueDepth | null {
  const bid = bids[0]?.price;
  const ask = asks[0]?.price;
  if (bid === undefined || ask === undefined) return null;
  return { bid, ask, bidDepth: shown(bids, bid), askDepth: shown(asks, ask) };
}

function shown(levels: readonly BookLevel[], best: DecimalText): DecimalText {
  const reach = new Decimal(best).div(100);
  return levels
    .filter(({ price }) => new Decimal(price).sub(best).abs().lte(reach))
    .reduce((sum, { price, quantity }) => sum.add(new Decimal(price).mul(quantity)), new Decimal(0))
    .toFixed();
}
