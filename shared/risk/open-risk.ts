import { Decimal, type DecimalText } from '../money.ts';

/**
 * What the stop of a position would lose from its entry, in USDT, fees of both sides included: the
 * `riskUsdt` of a `ReviewedAccount`. Never below 0; without a stop the whole value is at risk.
 * `quantity` is base, prices are quote per base, `fee` a share of the value (0.004), `quoteUsdt` USDT per quote.
 */
export function openRiskUsdt(position: {
  side: 'buy' | 'sell';
  quantity: DecimalText;
  entryPrice: DecimalText;
  stopPrice: DecimalText | null;
  fee: number;
  quoteUsdt: DecimalText;
}): DecimalText {
  const entry = new Decimal(position.entryPrice);
  const value = new Decimal(position.quantity).mul(position.quoteUsdt);
  if (position.stopPrice === null) return value.mul(entry).toFixed();
  const stop = new Decimal(position.stopPrice);
  const lost = position.side === 'buy' ? entry.sub(stop) : stop.sub(entry);
  const perUnit = lost.add(entry.add(stop).mul(position.fee));
  return Decimal.max(0, perUnit.mul(value)).toFixed();
}
