import { Decimal, type DecimalText } from '../money.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../pair.ts';
import type { ReviewedAccount, ReviewedMarket } from '../risk/entry-input.ts';
import { openRiskUsdt } from '../risk/open-risk.ts';
import type { Instrument } from '../venue.ts';
import type { Account } from './account.ts';

/** Positions and entries on their way between two bars; arrays are indexed by pair. */
export interface Holdings {
  pairs: readonly Pair[];
  account: Account;
  /** Base held by the open position, 0 when flat. */
  quantity: ArrayLike<number>;
  entryPrice: ArrayLike<number>;
  /** 0 for none. */
  stopPrice: ArrayLike<number>;
  /** Base ordered and not yet filled, 0 for none. */
  ordered: ArrayLike<number>;
  /** Quote held back for that. */
  reserved: ArrayLike<number>;
  reservedRisk: readonly DecimalText[];
  reservedValue: readonly DecimalText[];
}

/** The account as a review reads it: plain decimals, the numeraire named USDT, which reviews reckon in. */
export function reviewedHoldings(
  holdings: Holdings,
  instruments: readonly Instrument[],
): { account: ReviewedAccount; usdtPer: Record<Asset, DecimalText> } {
  const { account, pairs, quantity, reserved } = holdings;
  const named = reviewName(account.numeraire);
  const free = Float64Array.from(account.balance);
  const positions: ReviewedAccount['positions'] = [];
  const reservations: ReviewedAccount['reservations'] = [];
  for (let p = 0; p < pairs.length; p++) {
    const quote = account.quoteIndex[p]!;
    free[quote]! -= reserved[p]!;
    if (holdings.ordered[p]! > 0) {
      reservations.push({
        pair: named.pair(pairs[p]!),
        riskUsdt: holdings.reservedRisk[p]!,
        notionalUsdt: holdings.reservedValue[p]!,
      });
    }
    if (quantity[p]! === 0) continue;
    const base = account.baseIndex[p]!;
    free[base]! -= quantity[p]!;
    const held = decimalText(quantity[p]!);
    const stop = holdings.stopPrice[p]!;
    positions.push({
      pair: named.pair(pairs[p]!),
      side: 'buy',
      riskUsdt: openRiskUsdt({
        side: 'buy',
        quantity: held,
        entryPrice: decimalText(holdings.entryPrice[p]!),
        stopPrice: stop > 0 ? decimalText(stop) : null,
        fee: instruments[p]!.takerFee,
        quoteUsdt: decimalText(account.price[quote]!),
      }),
      notionalUsdt: new Decimal(held).mul(account.price[base]!).toFixed(),
    });
  }
  const byAsset = (values: Float64Array): Record<Asset, DecimalText> =>
    Object.fromEntries(
      account.assets.map((asset, a) => [named.asset(asset), decimalText(values[a]!)]),
    );
  return {
    account: {
      ...equityMarks(account),
      free: byAsset(free),
      holdings: byAsset(account.balance),
      bags: {},
      positions,
      reservations,
      restingEntries: reservations.map((r) => r.pair),
    },
    usdtPer: byAsset(account.price),
  };
}

/** How a review names assets and pairs of an account that is valued in `numeraire`. */
export function reviewName(numeraire: Asset): {
  asset: (asset: Asset) => Asset;
  pair: (pair: Pair) => Pair;
} {
  const asset = (name: Asset): Asset => (name === numeraire ? 'USDT' : name);
  return { asset, pair: (pair) => `${asset(baseOf(pair))}/${asset(quoteOf(pair))}` };
}

/** Best prices around `price`, on the tick against the desk. */
export function quoteAround(
  price: number,
  halfSpread: number,
  { priceDecimals }: Instrument,
): Pick<ReviewedMarket, 'bid' | 'ask'> {
  const mid = new Decimal(price);
  const half = new Decimal(halfSpread);
  return {
    bid: mid.mul(half.neg().add(1)).toDecimalPlaces(priceDecimals, Decimal.ROUND_DOWN).toFixed(),
    ask: mid.mul(half.add(1)).toDecimalPlaces(priceDecimals, Decimal.ROUND_UP).toFixed(),
  };
}

export function equityMarks(
  account: Account,
): Pick<
  ReviewedAccount,
  'equity' | 'peakEquity' | 'dayStartEquity' | 'weekStartEquity' | 'monthStartEquity'
> {
  return {
    equity: decimalText(account.equity),
    peakEquity: decimalText(account.peakEquity),
    dayStartEquity: decimalText(account.dayStartEquity),
    weekStartEquity: decimalText(account.weekStartEquity),
    monthStartEquity: decimalText(account.monthStartEquity),
  };
}

/** A float as plain decimal text. */
export function decimalText(value: number): DecimalText {
  const plain = String(value);
  return plain.includes('e') ? new Decimal(value).toFixed() : plain;
}
