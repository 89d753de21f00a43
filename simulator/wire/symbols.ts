import type { Asset, Pair } from '../../shared/pair.ts';
import { assetInfo, type Instrument } from '../market/instruments.ts';

/** Finds a pair by any of its names: `BTC/USDT`, `XBT/USDT`, `XBTUSDT`, `XXRPXXBT`, `BTCUSDT`. */
export function findInstrument(
  instruments: ReadonlyMap<Pair, Instrument>,
  name: string,
): Instrument | null {
  const wanted = name.toUpperCase();
  for (const instrument of instruments.values()) {
    const { pair, restName, altname, wsname } = instrument;
    if ([pair, restName, altname, wsname, pair.replace('/', '')].includes(wanted))
      return instrument;
  }
  return null;
}

/** All assets that the pairs name, in a fixed order. */
export function assetsOf(instruments: ReadonlyMap<Pair, Instrument>): Asset[] {
  const assets = new Set<Asset>();
  for (const { base, quote } of instruments.values()) assets.add(base).add(quote);
  return [...assets].sort();
}

export const restAsset = (asset: Asset): string => assetInfo(asset).restName;
