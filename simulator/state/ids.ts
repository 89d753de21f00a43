import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The venue's id of an order, trade or ledger entry in Kraken's form, e.g. `OABCDE-12345-FGHIJK`. A function
 * of `key` alone (client order id, place in the order's life), never of the time of arrival.
 */
export function venueId(prefix: 'O' | 'T' | 'L', key: string): string {
  const bytes = createHash('sha256').update(`${prefix} ${key}`).digest();
  let text: string = prefix;
  for (let i = 0; i < 16; i += 1) {
    if (i === 5 || i === 10) text += '-';
    text += ALPHABET[(bytes[i] as number) % 32] as string;
  }
  return text;
}
