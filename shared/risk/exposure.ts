import { Decimal, type DecimalText } from '../money.ts';
import { baseOf, quoteOf, type Asset } from '../pair.ts';

const ZERO = new Decimal(0);

/**
 * What the account stands to win or lose by each asset, USDT, the two sides apart: one side earns the other no
 * credit. Positions and orders are taken apart into legs: a short on XRP/BTC is short XRP and long BTC. USDT is
 * what everything is reckoned in and has no side.
 */
export class Exposure {
  readonly #long = new Map<Asset, Decimal>();
  readonly #short = new Map<Asset, Decimal>();

  /** A purchase makes its base longer; what it gives away lowers a holding and is no short. */
  addPurchase(pair: string, value: Decimal): void {
    add(this.#long, baseOf(pair), value);
  }

  addShort(pair: string, value: Decimal): void {
    add(this.#short, baseOf(pair), value);
    add(this.#long, quoteOf(pair), value);
  }

  addHolding(asset: Asset, value: Decimal): void {
    add(this.#long, asset, value);
  }

  long(asset: Asset): Decimal {
    return this.#long.get(asset) ?? ZERO;
  }

  short(asset: Asset): Decimal {
    return this.#short.get(asset) ?? ZERO;
  }

  /** The leg of an entry that is nearest to its bound: the asset, and what is there of it on that side already. */
  nearest(
    pair: string,
    side: 'buy' | 'sell',
  ): { asset: Asset; side: 'long' | 'short'; taken: Decimal } {
    const base = baseOf(pair);
    const quote = quoteOf(pair);
    if (side === 'buy') return { asset: base, side: 'long', taken: this.long(base) };
    const sold = { asset: base, side: 'short' as const, taken: this.short(base) };
    const kept = { asset: quote, side: 'long' as const, taken: this.long(quote) };
    return quote !== 'USDT' && kept.taken.gt(sold.taken) ? kept : sold;
  }
}

function add(side: Map<Asset, Decimal>, asset: Asset, value: Decimal): void {
  side.set(asset, (side.get(asset) ?? ZERO).add(value));
}

/** Value of what is held outside of bags, never below nothing. */
export function heldValue(held: Decimal, bag: Decimal, price: Decimal | DecimalText): Decimal {
  return Decimal.max(0, held.sub(bag)).mul(price);
}
