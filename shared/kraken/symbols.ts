import type { Asset, Pair } from '../pair.ts';
import { baseOf, quoteOf } from '../pair.ts';

/**
 * Kraken's names against ours. Its oldest assets carry a class letter in REST (`XXBT`, `ZUSD`) and two have
 * names of their own (XBT is BTC, XDG is DOGE); everything newer is plain. The letter must not be
 * stripped blindly: XRP begins with an X. WebSocket v2 uses our names.
 */
const LEGACY: Readonly<Record<string, Asset>> = {
  XXBT: 'BTC',
  XBT: 'BTC',
  XXDG: 'DOGE',
  XDG: 'DOGE',
  XETC: 'ETC',
  XETH: 'ETH',
  XLTC: 'LTC',
  XMLN: 'MLN',
  XREP: 'REP',
  XXLM: 'XLM',
  XXMR: 'XMR',
  XXRP: 'XRP',
  XZEC: 'ZEC',
  ZAUD: 'AUD',
  ZCAD: 'CAD',
  ZEUR: 'EUR',
  ZGBP: 'GBP',
  ZJPY: 'JPY',
  ZUSD: 'USD',
};

const OWN_NAME: Readonly<Record<Asset, string>> = { BTC: 'XBT', DOGE: 'XDG' };

/** Quote assets by which an undivided name is split, longest first. */
const QUOTES = [
  ...['PYUSD', 'USDT', 'USDC', 'USDG', 'RLUSD', 'EURT', 'EURR', 'XXBT', 'XETH', 'ZUSD', 'ZEUR'],
  ...['ZGBP', 'ZCAD', 'ZJPY', 'ZAUD', 'USD', 'EUR', 'GBP', 'CAD', 'JPY', 'AUD', 'CHF', 'AED'],
  ...['DAI', 'XBT', 'BTC', 'ETH', 'DOT'],
];

/**
 * Our name of an asset as REST writes it. A suffix that tells how it is held (`.F` earning, `.S` staked, ...)
 * stays: such a balance cannot be traded and must not be taken for the plain one.
 */
export function assetOf(name: string): Asset {
  const dot = name.indexOf('.');
  const plain = dot < 0 ? name : name.slice(0, dot);
  return (LEGACY[plain] ?? plain) + (dot < 0 ? '' : name.slice(dot));
}

/** The name to ask REST for, e.g. `XRPXBT` for XRP/BTC. */
export function restName(pair: Pair): string {
  return restAsset(baseOf(pair)) + restAsset(quoteOf(pair));
}

/** The name of an asset to ask REST for, e.g. `XBT` for BTC. */
export const restAsset = (asset: Asset): string => OWN_NAME[asset] ?? asset;

/**
 * Our name of a pair as REST writes it: key (`XXRPXXBT`), altname (`XRPXBT`), v1 name (`XRP/XBT`) or our
 * own. Null when the name cannot be divided into base and quote.
 */
export function pairOf(name: string): Pair | null {
  const slash = name.indexOf('/');
  if (slash > 0) return `${assetOf(name.slice(0, slash))}/${assetOf(name.slice(slash + 1))}`;
  const head = name.slice(0, 4);
  const tail = name.slice(4);
  if (LEGACY[head] !== undefined && LEGACY[tail] !== undefined && name.length === 8) {
    return `${LEGACY[head]}/${LEGACY[tail]}`;
  }
  const quote = QUOTES.find((each) => name.endsWith(each) && name.length - each.length >= 2);
  if (quote === undefined) return null;
  return `${assetOf(name.slice(0, -quote.length))}/${assetOf(quote)}`;
}
