import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { levelsFrom, type Level } from '../market/book-levels.ts';
import { takerTick } from '../market/instruments.ts';
import type { Side } from '../state/order.ts';
import { instrumentOf, standingPrice, type Core } from '../state/state.ts';

/**
 * What a taker of `side` finds, best first: the venue's book less what was taken out of it here, or the book
 * drawn from `from` on where candles drive the prices.
 */
export function* offers(core: Core, pair: Pair, side: Side, from: Decimal): Generator<Level> {
  const { books } = core.market;
  if (books === undefined) {
    yield* levelsFrom(instrumentOf(core, pair), side, from, core.state.candleMs);
    return;
  }
  for (let index = 0; ; index += 1) {
    const shown = books.level(pair, sideTaken(side), index);
    if (shown === null) return;
    const price = new Decimal(shown.price);
    const quantity = new Decimal(shown.quantity).minus(
      takenAt(core, pair, side, price, shown.quantity),
    );
    if (quantity.gt(0)) yield { price, quantity };
  }
}

/** The first offer of a venue's book, or null: none is left, the pair is away, or there is no such book. */
export function bestOffer(core: Core, pair: Pair, side: Side): Decimal | null {
  if (core.market.books === undefined) return null;
  for (const { price } of offers(core, pair, side, new Decimal(0))) return price;
  return null;
}

/** What a taker pays (buy) or gets (sell) at the standing price. */
export function touchPrice(core: Core, pair: string, side: 'buy' | 'sell'): Decimal {
  const best = bestOffer(core, pair, side);
  if (best !== null) return best;
  const instrument = instrumentOf(core, pair);
  const sign = side === 'buy' ? 1 : -1;
  return takerTick(
    standingPrice(core, pair) * (1 + sign * instrument.halfSpread),
    side,
    instrument,
  );
}

/**
 * Notes what an order took from a venue's book: it is gone until the venue tells of another quantity there.
 * A drawn book forgets.
 */
export function noteTaken(
  core: Core,
  pair: Pair,
  side: Side,
  price: Decimal,
  quantity: Decimal,
): void {
  const { books } = core.market;
  const shown = books?.quantityAt(pair, sideTaken(side), price.toFixed());
  if (shown === undefined || shown === null) return;
  const taken = takenAt(core, pair, side, price, shown).plus(quantity);
  core.state.taken.set(keyOf(pair, side, price), { shown: new Decimal(shown), taken });
}

/** Forgets what was taken at levels that the venue has changed since. */
export function forgetTaken(core: Core, pair: Pair): void {
  for (const key of core.state.taken.keys()) {
    const [of = '', side, price = ''] = key.split(' ');
    if (of !== pair) continue;
    takenAt(core, pair, side as Side, new Decimal(price), shownAt(core, pair, side as Side, price));
  }
}

const shownAt = (core: Core, pair: Pair, side: Side, price: string): string | null =>
  core.market.books?.quantityAt(pair, sideTaken(side), price) ?? null;

function takenAt(
  core: Core,
  pair: Pair,
  side: Side,
  price: Decimal,
  shown: string | null,
): Decimal {
  const key = keyOf(pair, side, price);
  const entry = core.state.taken.get(key);
  if (entry === undefined) return new Decimal(0);
  if (shown !== null && entry.shown.eq(shown)) return entry.taken;
  core.state.taken.delete(key);
  return new Decimal(0);
}

const keyOf = (pair: Pair, side: Side, price: Decimal): string =>
  `${pair} ${side} ${price.toFixed()}`;

/** The side of the book that a taker of `side` takes from. */
const sideTaken = (side: Side): 'bids' | 'asks' => (side === 'buy' ? 'asks' : 'bids');
