import { crcByte } from './crc32.ts';
import type { BookSide } from './book-side.ts';

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const COMMA = 44;
const OPEN_BRACE = 123;
const CLOSE_BRACKET = 93;

/**
 * Reads the levels of a book message straight from its text. A level becomes two scaled integers and the
 * checksum of its digits: price and quantity with exactly their decimals, without point and leading zeros.
 */
export class LevelScanner {
  /** Where reading goes on; -1 when the text is not of the expected shape. */
  position = 0;
  /** A deletion has no digits and takes no part in a checksum. */
  #value = 0;
  #register = 0;
  #length = 0;

  /** Sets one level from plain decimal texts. False when one has more decimals than the pair. */
  setLevel(
    side: BookSide,
    price: string,
    quantity: string,
    priceDecimals: number,
    quantityDecimals: number,
  ): boolean {
    this.#register = 0;
    this.#length = 0;
    if (this.#number(price, 0, priceDecimals) !== price.length) return false;
    const scaled = this.#value;
    if (this.#number(quantity, 0, quantityDecimals) !== quantity.length) return false;
    side.set(scaled, this.#value, this.#register, this.#length);
    return true;
  }

  /** Reads `{"price":..,"qty":..},...]` from `position` and sets each level; leaves it behind the bracket. */
  readLevels(
    text: string,
    side: BookSide,
    priceDecimals: number,
    quantityDecimals: number,
  ): boolean {
    let at = this.position;
    if (text.charCodeAt(at) === CLOSE_BRACKET) {
      this.position = at + 1;
      return true;
    }
    for (;;) {
      if (text.charCodeAt(at) !== OPEN_BRACE || !text.startsWith('"price":', at + 1)) return false;
      this.#register = 0;
      this.#length = 0;
      at = this.#number(text, at + 9, priceDecimals);
      if (at < 0 || !text.startsWith(',"qty":', at)) return false;
      const price = this.#value;
      at = this.#number(text, at + 7, quantityDecimals);
      if (at < 0 || text.charCodeAt(at) !== OPEN_BRACE + 2) return false;
      side.set(price, this.#value, this.#register, this.#length);
      const next = text.charCodeAt(at + 1);
      if (next === CLOSE_BRACKET) {
        this.position = at + 2;
        return true;
      }
      if (next !== COMMA) return false;
      at += 2;
    }
  }

  /** Reads a plain decimal into `#value` and its digits into the register; -1 when it is none. */
  #number(text: string, start: number, decimals: number): number {
    let at = start;
    let value = 0;
    let register = this.#register;
    let length = this.#length;
    let isLeading = true;
    let fraction = -1;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code >= ZERO && code <= NINE) {
        value = value * 10 + (code - ZERO);
        if (fraction >= 0) fraction++;
        if (isLeading && code === ZERO) continue;
        isLeading = false;
        register = crcByte(register, code);
        length++;
      } else if (code === DOT && fraction < 0) {
        fraction = 0;
      } else if (code === 101 || code === 69) {
        return -1;
      } else {
        break;
      }
    }
    if (at === start || fraction > decimals) return -1;
    for (let left = fraction < 0 ? decimals : decimals - fraction; left > 0; left--) {
      value *= 10;
      if (isLeading) continue;
      register = crcByte(register, ZERO);
      length++;
    }
    this.#value = value;
    this.#register = register;
    this.#length = length;
    return at;
  }
}
