import { Decimal, type DecimalText } from '../money.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../pair.ts';
import type { ReviewedAccount, ReviewedMargin, ReviewedMarket } from '../risk/entry-input.ts';
import { openRiskUsdt } from '../risk/open-risk.ts';
import type { Instrument } from '../venue.ts';
import type { Account } from './account.ts';

/** Positions and entries on their way between two bars; arrays are indexed by pair. */
export interface Holdings {
  pairs: readonly Pair[];
  account: Account;
  /** Base held, or owed, by the open position, 0 when flat. */
  quantity: ArrayLike<number>;
  /** Of the position or the entry on its way: 1 long, -1 short. */
  side: ArrayLike<number>;
  /** Of the same: 1 on spot. */
  leverage: ArrayLike<number>;
  entryPrice: ArrayLike<number>;
  /** 0 for none. */
  stopPrice: ArrayLike<number>;
  /** Base ordered and not yet filled, 0 for none. */
  ordered: ArrayLike<number>;
  /** Quote held back for that. */
  reserved: ArrayLike<number>;
  reservedRisk: readonly DecimalText[];
  reservedValue: readonly DecimalText[];
  reservedMargin: readonly DecimalText[];
}

/**
 * The account as a review reads it: plain decimals, the numeraire named USDT, which reviews reckon in. A short is
 * kept as base that is owed and quote that it brought; told is what a venue tells: neither of them, and the
 * unrealised result within the equity.
 */
export function reviewedHoldings(
  holdings: Holdings,
  instruments: readonly Instrument[],
): { account: ReviewedAccount; usdtPer: Record<Asset, DecimalText> } {
  const { account, pairs, quantity, reserved } = holdings;
  const named = reviewName(account.numeraire);
  const held = Float64Array.from(account.balance);
  const free = Float64Array.from(account.balance);
  let used = 0;
  const positions: ReviewedAccount['positions'] = [];
  const reservations: ReviewedAccount['reservations'] = [];
  for (let p = 0; p < pairs.length; p++) {
    const quote = account.quoteIndex[p]!;
    free[quote]! -= reserved[p]!;
    if (holdings.ordered[p]! > 0) {
      const isShort = holdings.side[p] === -1;
      reservations.push({
        pair: named.pair(pairs[p]!),
        ...(isShort ? { side: 'sell', marginUsdt: holdings.reservedMargin[p]! } : {}),
        riskUsdt: holdings.reservedRisk[p]!,
        notionalUsdt: holdings.reservedValue[p]!,
      });
    }
    if (quantity[p]! === 0) continue;
    const base = account.baseIndex[p]!;
    const isShort = holdings.side[p] === -1;
    const amount = decimalText(quantity[p]!);
    const stop = holdings.stopPrice[p]!;
    const riskUsdt = openRiskUsdt({
      side: isShort ? 'sell' : 'buy',
      quantity: amount,
      entryPrice: decimalText(holdings.entryPrice[p]!),
      stopPrice: stop > 0 && stop < Infinity ? decimalText(stop) : null,
      fee: instruments[p]!.takerFee,
      quoteUsdt: decimalText(account.price[quote]!),
    });
    if (isShort) {
      const brought = quantity[p]! * holdings.entryPrice[p]!;
      used += (brought * account.price[quote]!) / holdings.leverage[p]!;
      for (const balance of [held, free]) {
        balance[base]! += quantity[p]!;
        balance[quote]! -= brought;
      }
      // It settles in its quote: what its stop may lose of that is spoken for.
      free[quote]! -= Number(riskUsdt) / account.price[quote]!;
    } else free[base]! -= quantity[p]!;
    positions.push({
      pair: named.pair(pairs[p]!),
      side: isShort ? 'sell' : 'buy',
      riskUsdt,
      notionalUsdt: new Decimal(amount).mul(account.price[base]!).toFixed(),
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
      holdings: byAsset(held),
      bags: {},
      positions,
      reservations,
      restingEntries: reservations.map((r) => r.pair),
      margin: reviewedMargin(account.equity, used),
    },
    usdtPer: byAsset(account.price),
  };
}

function reviewedMargin(equity: number, used: number): ReviewedMargin {
  return {
    usedUsdt: decimalText(used),
    freeUsdt: decimalText(equity - used),
    levelPct: marginLevelPct(equity, used),
  };
}

/** Equity over what margin positions bind, percent; null without any. */
export function marginLevelPct(equity: number, used: number): number | null {
  return used > 0 ? (100 * Math.max(0, equity)) / used : null;
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
