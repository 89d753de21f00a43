import { Decimal, type DecimalText } from '../money.ts';
import type { Asset } from '../pair.ts';
import type { BagSettings } from './settings.ts';

/**
 * What goes into the bag of a period's realised profit (USDT, after costs): its share, in the wished assets as
 * far as they are free, the rest in USDT as far as that is. Nothing is traded for it. Amounts by asset, rounded
 * down to 8 decimals; empty when nothing was won or nothing is free.
 */
export function planSweep(of: {
  profitUsdt: DecimalText;
  free: Readonly<Record<Asset, DecimalText>>;
  usdtPer: Readonly<Record<Asset, DecimalText>>;
  settings: BagSettings;
}): Record<Asset, DecimalText> {
  const { settings } = of;
  const total = Decimal.max(0, of.profitUsdt).mul(settings.sharePct).div(100);
  const priceOf = (asset: Asset): Decimal =>
    asset === 'USDT' ? new Decimal(1) : new Decimal(of.usdtPer[asset] ?? 0);
  const freeOf = (asset: Asset): Decimal => Decimal.max(0, new Decimal(of.free[asset] ?? 0));
  const taken = new Map<Asset, Decimal>();
  let rest = total.mul(settings.assets['USDT'] ?? 0);
  for (const [asset, part] of Object.entries(settings.assets)) {
    if (asset === 'USDT') continue;
    const price = priceOf(asset);
    const wanted = total.mul(part);
    const most = price.gt(0) ? Decimal.min(wanted.div(price), freeOf(asset)) : new Decimal(0);
    const amount = most.toDecimalPlaces(8, Decimal.ROUND_DOWN);
    taken.set(asset, amount);
    rest = rest.add(wanted.sub(amount.mul(price)));
  }
  const usdt = Decimal.min(rest, freeOf('USDT')).toDecimalPlaces(8, Decimal.ROUND_DOWN);
  // what rounding has left of an asset is no reason to put a crumb of USDT aside
  if (usdt.gte('0.01')) taken.set('USDT', usdt);
  return Object.fromEntries(
    [...taken]
      .filter(([, amount]) => amount.gt(0))
      .map(([asset, amount]) => [asset, amount.toFixed()]),
  );
}
