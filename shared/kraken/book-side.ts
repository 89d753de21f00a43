import { crcJoin, crcShift } from './crc32.ts';

/** Levels of each side that the checksum covers, whatever the depth. */
const CHECKED = 10;
/** Numbers kept of a level: price, quantity, register and length of its checksum digits. */
const STRIDE = 4;
/** Above this many levels a place is looked for by halves. */
const SHORT = 24;

/**
 * One side of a book, best level first, in one flat array. Prices and quantities are integers scaled by the
 * pair's precision: comparison and deletion are exact.
 */
export class BookSide {
  count = 0;
  readonly #sign: 1 | -1;
  #levels = new Float64Array(64 * STRIDE);
  /** The checksum's register before each checked level, and after the last. */
  readonly #registers = new Int32Array(CHECKED + 1);
  #changedFrom = 0;

  constructor(side: 'bids' | 'asks') {
    this.#sign = side === 'asks' ? 1 : -1;
  }

  price(index: number): number {
    return this.#levels[index * STRIDE] ?? NaN;
  }

  quantity(index: number): number {
    return this.#levels[index * STRIDE + 1] ?? NaN;
  }

  /** The quantity at `price`, 0 when there is no such level. */
  quantityOf(price: number): number {
    const index = this.#placeOf(price);
    return index < this.count && this.price(index) === price ? this.quantity(index) : 0;
  }

  clear(): void {
    this.count = 0;
    this.#changedFrom = 0;
  }

  /** Sets a level to `quantity`, or takes it away when that is 0. */
  set(price: number, quantity: number, register: number, length: number): void {
    const levels = this.#levels;
    const index = this.#placeOf(price);
    const at = index * STRIDE;
    const exists = index < this.count && levels[at] === price;
    if (quantity === 0) {
      if (!exists) return;
      levels.copyWithin(at, at + STRIDE, this.count * STRIDE);
      this.count -= 1;
    } else {
      if (!exists) this.#insert(at);
      const target = this.#levels;
      target[at] = price;
      target[at + 1] = quantity;
      target[at + 2] = register;
      target[at + 3] = length;
    }
    if (index < this.#changedFrom) this.#changedFrom = index;
  }

  /** Drops what lies deeper than the depth subscribed to: the venue sends no deletion for it. */
  truncate(depth: number): void {
    if (this.count > depth) this.count = depth;
  }

  /** The checksum's register after this side's checked levels, given that before them. */
  register(before: number): number {
    const registers = this.#registers;
    const levels = this.#levels;
    const checked = this.count < CHECKED ? this.count : CHECKED;
    let index = this.#changedFrom;
    if (registers[0] !== before) {
      registers[0] = before;
      index = 0;
    }
    let register = registers[index < checked ? index : checked] ?? 0;
    for (; index < checked; index++) {
      const at = index * STRIDE;
      register = crcJoin(register, crcShift(levels[at + 3] ?? 0), levels[at + 2] ?? 0);
      registers[index + 1] = register;
    }
    this.#changedFrom = CHECKED;
    return register;
  }

  #placeOf(price: number): number {
    const levels = this.#levels;
    const sign = this.#sign;
    let low = 0;
    if (this.count > SHORT) {
      let high = this.count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (sign * (price - (levels[middle * STRIDE] ?? 0)) > 0) low = middle + 1;
        else high = middle;
      }
      return low;
    }
    while (low < this.count && sign * (price - (levels[low * STRIDE] ?? 0)) > 0) low++;
    return low;
  }

  #insert(at: number): void {
    const end = this.count * STRIDE;
    if (end + STRIDE > this.#levels.length) {
      const larger = new Float64Array(this.#levels.length * 2);
      larger.set(this.#levels);
      this.#levels = larger;
    }
    this.#levels.copyWithin(at + STRIDE, at, end);
    this.count += 1;
  }
}
