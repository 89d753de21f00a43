import { z } from 'zod';
import { Decimal } from '../money.ts';
import { isRawNumber, rawNumber, type RawNumber } from './json.ts';

/**
 * Codecs between Kraken's JSON, read by `parseJson`, and typed values. `decode` reads the wire, `encode`
 * writes it back; in between a price or quantity is its decimal text with every digit kept.
 */
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const EXPONENT = /[eE]/;

const wireNumber = z.custom<string | RawNumber>(
  (value) => (typeof value === 'string' ? NUMBER.test(value) : isRawNumber(value)),
  'a number is expected here',
);

function plain(value: string | RawNumber): string {
  const text = typeof value === 'string' ? value : value.rawJSON;
  return EXPONENT.test(text) ? new Decimal(text).toFixed() : text;
}

/** A JSON number (or a string that holds one) as plain decimal text. */
export const decimalNumber = z.codec(wireNumber, z.string(), {
  decode: plain,
  encode: (text) => rawNumber(text),
});

/** A decimal that Kraken writes as a JSON string, kept as it is. */
export const decimalString = z.string().regex(NUMBER, 'a decimal is expected here');

/** A small JSON number (count, interval, request id) as a number. */
export const integer = z.codec(wireNumber, z.number().int(), {
  decode: (value) => Number(plain(value)),
  encode: (value) => rawNumber(String(value)),
});

export const side = z.enum(['buy', 'sell']);

/** Unix milliseconds of seconds with a fraction, e.g. "1688667796.8802". */
export function millisecondsOf(seconds: string): number {
  return Math.round(Number(seconds) * 1000);
}
