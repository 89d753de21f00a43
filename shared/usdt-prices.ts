import { Decimal, type DecimalText } from './money.ts';
import { baseOf, quoteOf, type Asset, type Pair } from './pair.ts';

/**
 * USDT per unit of each asset that the pairs' prices lead to, directly (`BTC/USDT`) or over another
 * asset (`XRP/BTC`, then `BTC/USDT`), by the shortest chain. Assets that no chain reaches are absent.
 */
export function usdtPrices(closes: Record<Pair, number>): Record<Asset, DecimalText> {
  const prices = new Map<Asset, Decimal>([['USDT', new Decimal(1)]]);
  const pairs = Object.entries(closes).sort(([a], [b]) => (a < b ? -1 : 1));
  for (let round = 0; round < pairs.length; round++) {
    const known = new Map(prices);
    for (const [pair, close] of pairs) {
      const quote = known.get(quoteOf(pair));
      if (quote !== undefined && !prices.has(baseOf(pair))) {
        prices.set(baseOf(pair), quote.mul(close));
      }
    }
  }
  return Object.fromEntries([...prices].map(([asset, price]) => [asset, price.toFixed()]));
}

/** Worth of the balances in USDT, to the cent's hundredth; assets without a price count as nothing. */
export function worthInUsdt(
  balances: Record<Asset, DecimalText>,
  usdtPer: Record<Asset, DecimalText>,
): DecimalText {
  let sum = new Decimal(0);
  for (const [asset, amount] of Object.entries(balances)) {
    const price = usdtPer[asset];
    if (price !== undefined) sum = sum.plus(new Decimal(amount).mul(price));
  }
  return sum.toFixed(4, Decimal.ROUND_HALF_EVEN);
}
