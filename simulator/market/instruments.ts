import { Decimal } from '../../shared/money.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../../shared/pair.ts';

/**
 * What the venue knows of a pair. Stands in for the tables that Kraken publishes by `AssetPairs` and
 * `instrument`; clients load it from there and never from here.
 */
export interface Instrument {
  pair: Pair;
  base: Asset;
  quote: Asset;
  /** REST result key, e.g. `XXRPXXBT`. */
  restName: string;
  altname: string;
  wsname: string;
  priceDecimals: number;
  lotDecimals: number;
  costDecimals: number;
  tick: Decimal;
  orderMin: Decimal;
  costMin: Decimal;
  leverages: number[];
  positionLimit: number;
  /** Half of the spread as a share of the price. */
  halfSpread: number;
  /** Further adverse share paid by a triggered stop. */
  stopSlippage: number;
  /** Share of the price between two levels of the drawn book. */
  levelStep: number;
  /** Base quantity at the first level of the drawn book. */
  levelQuantity: number;
}

export interface AssetInfo {
  asset: Asset;
  /** Name in REST answers, e.g. `XXBT`. */
  restName: string;
  altname: string;
  decimals: number;
  displayDecimals: number;
  /** Rate per four hours charged on what is borrowed, in percent. */
  marginRate: number;
}

const BP = 0.0001;

type Row = [
  priceDecimals: number,
  costDecimals: number,
  orderMin: string,
  costMin: string,
  maxLeverage: number,
  positionLimit: number,
  halfSpreadBp: number,
];

/** Precisions and minimums as captured from Kraken (2023 to 2025); spreads are typical of quiet hours. */
const TABLE: Record<Pair, Row> = {
  'BTC/USDT': [1, 5, '0.00005', '0.5', 10, 80, 1],
  'XRP/USDT': [5, 8, '2', '0.5', 5, 260_000, 3],
  'XRP/BTC': [8, 10, '2', '0.00002', 3, 230_000, 5],
  'BTC/USD': [1, 5, '0.00005', '0.5', 10, 300, 1],
  'XRP/USD': [5, 8, '2', '0.5', 5, 2_000_000, 2],
  'ETH/USDT': [2, 5, '0.002', '0.5', 10, 800, 1],
  'ETH/USD': [2, 5, '0.002', '0.5', 10, 2_700, 1],
  'ETH/BTC': [5, 10, '0.002', '0.00002', 5, 1_000, 3],
  'SOL/USDT': [2, 6, '0.05', '0.5', 3, 20_000, 3],
};

const OLD_NAMES: Record<Asset, string> = {
  BTC: 'XXBT',
  XRP: 'XXRP',
  ETH: 'XETH',
  LTC: 'XLTC',
  USD: 'ZUSD',
  EUR: 'ZEUR',
  GBP: 'ZGBP',
};

const ASSET_DECIMALS: Record<Asset, [decimals: number, display: number, marginRate: number]> = {
  BTC: [10, 5, 0.01],
  USDT: [8, 4, 0.02],
  XRP: [8, 5, 0.02],
  ETH: [10, 5, 0.02],
  USD: [4, 2, 0.025],
  EUR: [4, 2, 0.025],
};

const altnameOf = (asset: Asset): string => (asset === 'BTC' ? 'XBT' : asset);

/** What the venue knows of an asset; usual values for one that the table lacks. */
export function assetInfo(asset: Asset): AssetInfo {
  const [decimals, displayDecimals, marginRate] = ASSET_DECIMALS[asset] ?? [8, 5, 0.02];
  return {
    asset,
    restName: OLD_NAMES[asset] ?? asset,
    altname: altnameOf(asset),
    decimals,
    displayDecimals,
    marginRate,
  };
}

/**
 * The instrument of a pair. A pair outside the table gets a tick of five significant digits at `price` and
 * a minimum worth about half a unit of a dollar-like quote.
 */
export function instrumentFor(pair: Pair, price: number): Instrument {
  const row = TABLE[pair] ?? derivedRow(price);
  const [priceDecimals, costDecimals, orderMin, costMin, maxLeverage, positionLimit, bp] = row;
  const base = baseOf(pair);
  const quote = quoteOf(pair);
  const altname = altnameOf(base) + altnameOf(quote);
  const bothOld = OLD_NAMES[base] !== undefined && OLD_NAMES[quote] !== undefined;
  return {
    pair,
    base,
    quote,
    restName: bothOld ? assetInfo(base).restName + assetInfo(quote).restName : altname,
    altname,
    wsname: `${altnameOf(base)}/${altnameOf(quote)}`,
    priceDecimals,
    lotDecimals: 8,
    costDecimals,
    tick: new Decimal(10).pow(-priceDecimals),
    orderMin: new Decimal(orderMin),
    costMin: new Decimal(costMin),
    leverages: Array.from({ length: maxLeverage - 1 }, (_, i) => i + 2),
    positionLimit,
    halfSpread: bp * BP,
    stopSlippage: 2 * bp * BP,
    levelStep: Math.max(bp * BP, 10 ** -priceDecimals / price),
    levelQuantity: new Decimal(quote === 'BTC' || quote === 'ETH' ? 2 : 100_000)
      .div(price)
      .toSignificantDigits(3)
      .toNumber(),
  };
}

function derivedRow(price: number): Row {
  const decimals = Math.min(10, Math.max(0, 4 - Math.floor(Math.log10(price))));
  const orderMin = new Decimal(1).div(price).toSignificantDigits(1).toFixed();
  return [decimals, 8, orderMin, '0.00002', 3, 1_000_000, 5];
}

/** Fee schedule: 30-day volume in dollars, then taker and maker percent (Kraken, November 2025). */
export const FEE_TIERS: readonly [volume: number, taker: number, maker: number][] = [
  [0, 0.4, 0.25],
  [10_000, 0.35, 0.2],
  [50_000, 0.24, 0.14],
  [100_000, 0.22, 0.12],
  [250_000, 0.2, 0.1],
  [500_000, 0.18, 0.08],
  [1_000_000, 0.16, 0.06],
  [2_500_000, 0.14, 0.04],
  [5_000_000, 0.12, 0.02],
  [10_000_000, 0.1, 0],
];

/** `1.23` from 1.2345 and so on: `price` to the pair's tick, against whoever takes liquidity. */
export function takerTick(price: number, side: 'buy' | 'sell', instrument: Instrument): Decimal {
  // Floats such as 100 * 1.0001 carry noise far below a tick, which must not cost one.
  const clean = new Decimal(price).toDecimalPlaces(instrument.priceDecimals + 6);
  const rounding = side === 'buy' ? Decimal.ROUND_UP : Decimal.ROUND_DOWN;
  return Decimal.max(instrument.tick, clean.toDecimalPlaces(instrument.priceDecimals, rounding));
}
