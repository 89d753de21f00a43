import type { DecimalText } from '../money.ts';
import type { Pair } from '../pair.ts';
import { BookSide } from './book-side.ts';
import { LevelScanner } from './book-scan.ts';
import { CRC_START, crcValue } from './crc32.ts';
import { parseJson } from './json.ts';
import { BookMessage } from './socket-messages.ts';

/**
 * `applied`: the book is what the venue has. `mismatch`: the checksum differs, the book is empty until the
 * next snapshot. `ignored`: an update without a snapshot before it, or of a pair that is not followed.
 */
export type BookOutcome = 'applied' | 'mismatch' | 'ignored';

export interface BookLevel {
  price: DecimalText;
  quantity: DecimalText;
}

export interface BookView {
  readonly pair: Pair;
  /** Whether the checksum of the latest message was right; nothing may be read from a book that is not. */
  isLive(): boolean;
  /** The best `count` levels, best first. */
  levels(side: 'bids' | 'asks', count: number): BookLevel[];
  /** The level at `index`, 0 being the best, or null behind the last. */
  level(side: 'bids' | 'asks', index: number): BookLevel | null;
  /** The quantity at a price, "0" when there is no such level. */
  quantityAt(side: 'bids' | 'asks', price: DecimalText): DecimalText;
}

export interface BookReader {
  /** Takes the text of one message of the book channel; tells the outcome for each pair in it. */
  read(text: string): void;
  book(pair: Pair): BookView | undefined;
  /** The connection is gone: no book is to be read until its next snapshot. */
  drop(): void;
}

export interface BookReaderOptions {
  books: readonly { pair: Pair; priceDecimals: number; quantityDecimals: number }[];
  /** As subscribed to: levels pushed out of it are dropped without a word from the venue. */
  depth: number;
  onOutcome: (pair: Pair, outcome: BookOutcome) => void;
}

interface Book extends BookView {
  priceDecimals: number;
  quantityDecimals: number;
  bids: BookSide;
  asks: BookSide;
  live: boolean;
  /** Follows the pair's name in a message of the usual shape. */
  head: string;
}

const HEAD = '{"channel":"book","type":"';
const UPDATE = 'update","data":[{"symbol":"';
const SNAPSHOT = 'snapshot","data":[{"symbol":"';
const ASKS = ',"asks":[';
const CHECKSUM = ',"checksum":';
const TIMESTAMP = '"timestamp":"';

/** Local books of several pairs, checked against the venue's checksum with every message. */
export function bookReader(options: BookReaderOptions): BookReader {
  const { depth, onOutcome } = options;
  const books = options.books.map(createBook);
  const scanner = new LevelScanner();

  const settle = (book: Book, checksum: number): void => {
    // Once a message, after all of its levels: within it a side may be deeper for a while.
    book.bids.truncate(depth);
    book.asks.truncate(depth);
    const register = book.bids.register(book.asks.register(CRC_START));
    book.live = crcValue(register) === checksum;
    onOutcome(book.pair, book.live ? 'applied' : 'mismatch');
  };

  const begin = (book: Book, isSnapshot: boolean): boolean => {
    if (isSnapshot) {
      book.bids.clear();
      book.asks.clear();
      return true;
    }
    if (!book.live) onOutcome(book.pair, 'ignored');
    return book.live;
  };

  /** The usual shape, read without building objects; false leaves the message to `readAny`. */
  const readUsual = (text: string): boolean => {
    if (!text.startsWith(HEAD)) return false;
    const isSnapshot = !text.startsWith(UPDATE, HEAD.length);
    if (isSnapshot && !text.startsWith(SNAPSHOT, HEAD.length)) return false;
    const symbolAt = HEAD.length + (isSnapshot ? SNAPSHOT : UPDATE).length;
    for (const book of books) {
      if (!text.startsWith(book.head, symbolAt)) continue;
      const { priceDecimals, quantityDecimals, bids, asks } = book;
      const checksumAt = text.lastIndexOf(CHECKSUM);
      const checksum = checksumIn(text, checksumAt + CHECKSUM.length);
      if (checksumAt < 0 || checksum < 0) return false;
      if (!book.live && !isSnapshot) return begin(book, false) || true;
      if (isSnapshot) begin(book, true);
      scanner.position = symbolAt + book.head.length;
      if (!scanner.readLevels(text, bids, priceDecimals, quantityDecimals)) return false;
      if (!text.startsWith(ASKS, scanner.position)) return false;
      scanner.position += ASKS.length;
      if (!scanner.readLevels(text, asks, priceDecimals, quantityDecimals)) return false;
      if (scanner.position !== checksumAt) return false;
      settle(book, checksum);
      return true;
    }
    return false;
  };

  const readAny = (text: string): void => {
    const message = BookMessage.parse(parseJson(text));
    for (const row of message.data) {
      const book = books.find((each) => each.pair === row.symbol);
      if (book === undefined) {
        onOutcome(row.symbol, 'ignored');
        continue;
      }
      if (!begin(book, message.type === 'snapshot')) continue;
      const { priceDecimals, quantityDecimals } = book;
      let fits = true;
      for (const side of ['bids', 'asks'] as const) {
        for (const { price, qty } of row[side]) {
          fits &&= scanner.setLevel(book[side], price, qty, priceDecimals, quantityDecimals);
        }
      }
      // More decimals than the pair has: our precision is out of date, as wrong as a wrong checksum.
      settle(book, fits ? row.checksum : -1);
    }
  };

  return {
    // A level says what is, not what changed: what was read before the shape broke off is set again.
    read: (text) => {
      if (!readUsual(text)) readAny(text);
    },
    book: (pair) => books.find((each) => each.pair === pair),
    drop: () => {
      for (const book of books) book.live = false;
    },
  };
}

/** The checksum that ends a message of one pair, with a timestamp behind it or without; -1 if it does not. */
function checksumIn(text: string, start: number): number {
  let at = start;
  let value = 0;
  for (; ; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  if (text.startsWith('}]}', at)) return at + 3 === text.length ? value : -1;
  const quote = at + 1 + TIMESTAMP.length;
  if (!text.startsWith(TIMESTAMP, at + 1) || !text.endsWith('"}]}')) return -1;
  return text.indexOf('"', quote) === text.length - 4 ? value : -1;
}

function createBook(options: BookReaderOptions['books'][number]): Book {
  const sides = { bids: new BookSide('bids'), asks: new BookSide('asks') };
  const book: Book = {
    ...options,
    ...sides,
    live: false,
    head: `${options.pair}","bids":[`,
    isLive: () => book.live,
    levels: (name, count) =>
      Array.from({ length: Math.min(count, sides[name].count) }, (_, index) =>
        levelOf(sides[name], index),
      ),
    level: (name, index) => (index < sides[name].count ? levelOf(sides[name], index) : null),
    quantityAt(name, price) {
      const scaled = Math.round(Number(price) * 10 ** options.priceDecimals);
      return decimalOf(sides[name].quantityOf(scaled), options.quantityDecimals);
    },
  };
  return book;

  function levelOf(side: BookSide, index: number): BookLevel {
    return {
      price: decimalOf(side.price(index), options.priceDecimals),
      quantity: decimalOf(side.quantity(index), options.quantityDecimals),
    };
  }
}

/** A scaled integer as decimal text, e.g. 15 with 4 decimals is "0.0015". */
function decimalOf(scaled: number, decimals: number): DecimalText {
  const digits = BigInt(scaled)
    .toString()
    .padStart(decimals + 1, '0');
  if (decimals === 0) return digits;
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
