import { crc32 } from 'node:zlib';
import type { Level } from './book-levels.ts';

/** Kraken's CRC32 over the ten best levels of each side, digits without point and leading zeros. */
export function bookChecksum(
  book: { asks: readonly Level[]; bids: readonly Level[] },
  priceDecimals: number,
  lotDecimals: number,
): number {
  const digits = (value: Level['price'], decimals: number): string =>
    value.toFixed(decimals).replace('.', '').replace(/^0+/, '');
  const side = (levels: readonly Level[]): string =>
    levels
      .slice(0, 10)
      .map((l) => digits(l.price, priceDecimals) + digits(l.quantity, lotDecimals))
      .join('');
  return crc32(side(book.asks) + side(book.bids));
}
