import { Decimal } from '../../shared/money.ts';
import type { Instrument } from './instruments.ts';

export interface Level {
  price: Decimal;
  quantity: Decimal;
}

/**
 * The levels of the book that a taker of `side` meets, best first, starting at `from`: steps and quantities
 * that are typical of the pair and grow with the distance. A function of its arguments alone, so what is
 * shown is what is filled.
 */
export function* levelsFrom(
  instrument: Instrument,
  side: 'buy' | 'sell',
  from: Decimal,
  candleMs: number,
): Generator<Level> {
  const { pair, tick, lotDecimals, priceDecimals } = instrument;
  const sign = side === 'buy' ? 1 : -1;
  const step = Math.max(from.toNumber() * instrument.levelStep, tick.toNumber());
  let price = from;
  for (let i = 0; price.gt(0); i += 1) {
    const noise = unit(`${pair} ${side} ${candleMs} ${i}`);
    const quantity = new Decimal(instrument.levelQuantity * (0.5 + noise) * (1 + i / 5))
      .toDecimalPlaces(lotDecimals)
      .add(instrument.orderMin);
    yield { price, quantity };
    const distance = new Decimal(
      step * (0.5 + unit(`${pair} ${side} step ${candleMs} ${i}`)),
    ).toDecimalPlaces(priceDecimals, Decimal.ROUND_UP);
    price = price.plus(Decimal.max(distance, tick).mul(sign));
  }
}

/** A number in [0, 1) that depends on `key` alone (FNV-1a). */
function unit(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
