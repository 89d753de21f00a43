import { mapColumns, newColumns } from '../shared/candle-columns.ts';
import type { CandleColumns } from '../shared/candle.ts';
import { timeframeMs } from '../shared/timeframe.ts';
import type { CandleFile } from './candle-files.ts';
import { endOfLine, NEWLINE, parseRow, RETURN } from './candle-row.ts';

const COMMA = 44;
const ZERO = 48;
/** A byte with the bits of '0' turned over: 0 to 9 for digits, above 9 for everything else. */
const AFTER_COMMA = COMMA ^ ZERO;
const AFTER_DOT = 46 ^ ZERO;
const AFTER_NEWLINE = NEWLINE ^ ZERO;
const AFTER_RETURN = RETURN ^ ZERO;
/** Most digits of a mantissa that fit 32 bits for certain, and a double exactly. */
const SHORT_DIGITS = 9;
const EXACT_DIGITS = 15;
const SECONDS_DIGITS = 10;
const THREE = 51;
const MILLISECONDS_DIGITS = 13;
const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, n) => 10 ** n);

/**
 * Rows of a candle file to columns, fed block by block. Rows of the usual shape (six plain numbers of at most
 * 15 digits, time in seconds or milliseconds) go through one loop over the bytes; every other row is read
 * and judged by `parseRow`, which also tells what is wrong with it.
 */
export class CandleParser {
  /** Whether a row at or after the end of the range was seen. */
  done = false;
  private readonly file: Pick<CandleFile, 'name' | 'timeframe'>;
  private readonly fromMs: number;
  private readonly toMs: number;
  private readonly step: number;
  private columns: CandleColumns;
  private capacity: number;
  private rows = 0;
  private line: number;
  private previous = -Infinity;
  private readonly row = new Float64Array(6);
  private readonly cursor = new Float64Array(4);

  /** `capacity`: rows that are expected; more find room. `line`: lines before the first block. */
  constructor(
    file: Pick<CandleFile, 'name' | 'timeframe'>,
    range: { fromMs?: number; toMs?: number },
    capacity: number,
    line: number,
  ) {
    this.file = file;
    this.fromMs = range.fromMs ?? -Infinity;
    this.toMs = range.toMs ?? Infinity;
    this.step = timeframeMs(file.timeframe);
    this.capacity = Math.max(16, capacity);
    this.columns = newColumns(this.capacity);
    this.line = line;
  }

  /** Takes in whole rows; only the last block of a file may end without a line end. */
  feed(bytes: Uint8Array): void {
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.rows === this.capacity) this.grow();
      if (at < whole) at = this.plainRows(bytes, at, whole);
      if (this.rows === this.capacity || at >= bytes.length || this.done) continue;
      at = this.otherRow(bytes, at);
    }
  }

  /** The candles so far, as views of memory that is little larger. */
  finish(): CandleColumns {
    const { rows, columns } = this;
    const cut = (column: Float64Array): Float64Array => column.subarray(0, rows);
    return mapColumns(columns, rows * 8 < this.capacity * 7 ? (c) => c.slice(0, rows) : cut);
  }

  /** Reads rows until one is not of the usual shape or there is no room; returns where that row starts. */
  private plainRows(bytes: Uint8Array, from: number, end: number): number {
    const { cursor, columns, rows } = this;
    cursor[AT] = from;
    cursor[ROWS] = rows;
    cursor[SEEN] = 0;
    cursor[PREVIOUS] = this.previous;
    const fields = FIELDS.map((name) => columns[name]);
    readPlainRows(bytes, end, columns.timeMs, fields, this.step, this.fromMs, this.toMs, cursor);
    this.rows = cursor[ROWS]!;
    this.line += cursor[SEEN];
    this.previous = cursor[PREVIOUS]!;
    this.done = this.previous >= this.toMs;
    return cursor[AT];
  }

  /** Reads one row of whatever shape; returns the start of the next. Throws when it is damaged. */
  private otherRow(bytes: Uint8Array, start: number): number {
    this.line++;
    if (bytes[start] === NEWLINE || (bytes[start] === RETURN && bytes[start + 1] === NEWLINE)) {
      return endOfLine(bytes, start) + 1;
    }
    const { row } = this;
    const next = parseRow(bytes, start, row);
    if (next < 0) throw this.damaged(bytes, start, 'is not six plain numbers');
    const time = row[0]!;
    if (time <= this.previous) {
      throw this.damaged(bytes, start, 'has a time that is not after the row before it');
    }
    if (time % this.step !== 0) {
      throw this.damaged(bytes, start, `has a time that is not on the ${this.file.timeframe} grid`);
    }
    this.previous = time;
    const [, o, h, l, c, v] = row as unknown as [number, number, number, number, number, number]; // six fields
    if (!(l > 0 && l <= o && l <= c && h >= o && h >= c && v >= 0)) {
      throw this.damaged(bytes, start, 'has prices outside low..high, or not positive');
    }
    if (time < this.fromMs) return next;
    if (time >= this.toMs) {
      this.done = true;
      return next;
    }
    const { columns, rows } = this;
    columns.timeMs[rows] = time;
    FIELDS.forEach((name, f) => {
      columns[name][rows] = row[f + 1]!;
    });
    this.rows++;
    return next;
  }

  private damaged(bytes: Uint8Array, start: number, what: string): Error {
    const end = Math.min(endOfLine(bytes, start), start + 120);
    const text = Buffer.from(bytes.subarray(start, end)).toString('utf8').trimEnd();
    return new Error(
      `${this.file.name} line ${this.line}: "${text}" ${what}; repair or remove the row`,
    );
  }

  private grow(): void {
    this.capacity *= 2;
    const { capacity } = this;
    this.columns = mapColumns(this.columns, (column) => {
      const larger = new Float64Array(capacity);
      larger.set(column);
      return larger;
    });
  }
}

/** What a call of `readPlainRows` starts from and leaves. */
const AT = 0;
const ROWS = 1;
/** Rows read, those before the range included. */
const SEEN = 2;
const PREVIOUS = 3;

/** The loop over rows of the usual shape, from `cursor` on; a function of plain values, which compiles best. */
function readPlainRows(
  b: Uint8Array,
  end: number,
  times: Float64Array,
  fields: readonly Float64Array[],
  step: number,
  fromMs: number,
  toMs: number,
  cursor: Float64Array,
): void {
  const capacity = times.length;
  let start = cursor[AT]! | 0;
  let row = cursor[ROWS]! | 0;
  let seen = 0;
  let previous = cursor[PREVIOUS]!;
  rows: while (start < end && row < capacity) {
    let at = start;
    let digit = 0;
    let seconds = 0;
    while ((digit = b[at]! ^ ZERO) < 10) {
      seconds = (Math.imul(seconds, 10) + digit) | 0;
      at++;
    }
    if (digit !== AFTER_COMMA) break;
    let time = 1000 * (seconds >>> 0);
    // Ten digits fit 32 bits without a sign below 4,000,000,000: the year 2096.
    if (at - start === MILLISECONDS_DIGITS) time = longMantissa(b, start, at);
    else if (at - start !== SECONDS_DIGITS || b[start]! > THREE) break;
    if (time !== previous + step && (time <= previous || time % step !== 0)) break;
    for (let f = 0; f < 5; f++) {
      const first = ++at;
      let mantissa = 0;
      let decimals = 0;
      while ((digit = b[at]! ^ ZERO) < 10) {
        mantissa = (Math.imul(mantissa, 10) + digit) | 0;
        at++;
      }
      let digits = at - first;
      if (digit === AFTER_DOT) {
        const point = ++at;
        while ((digit = b[at]! ^ ZERO) < 10) {
          mantissa = (Math.imul(mantissa, 10) + digit) | 0;
          at++;
        }
        decimals = at - point;
        digits += decimals;
      }
      if (digits === 0 || digits > EXACT_DIGITS) break rows;
      if (f < 4 && digit !== AFTER_COMMA) break rows;
      // Two exact doubles divided once round as Number(text) does.
      fields[f]![row] =
        digits > SHORT_DIGITS
          ? longMantissa(b, first, at) / POWERS[decimals]!
          : mantissa / POWERS[decimals]!;
    }
    if (digit === AFTER_RETURN) digit = b[++at]! ^ ZERO;
    // Kraken's archive carries the number of trades behind the volume.
    else if (digit === AFTER_COMMA) {
      at = b.indexOf(NEWLINE, at);
      digit = AFTER_NEWLINE;
    }
    if (digit !== AFTER_NEWLINE) break;
    const o = fields[0]![row]!;
    const h = fields[1]![row]!;
    const l = fields[2]![row]!;
    const c = fields[3]![row]!;
    if (!(l > 0 && l <= o && l <= c && h >= o && h >= c)) break;
    seen++;
    start = at + 1;
    previous = time;
    if (time < fromMs) continue;
    if (time >= toMs) break;
    times[row] = time;
    row++;
  }
  cursor[AT] = start;
  cursor[ROWS] = row;
  cursor[SEEN] = seen;
  cursor[PREVIOUS] = previous;
}

/** The digits from `from` to `to` as one integer, exact up to 15 of them; a point among them is passed over. */
function longMantissa(bytes: Uint8Array, from: number, to: number): number {
  let mantissa = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! ^ ZERO;
    if (digit < 10) mantissa = mantissa * 10 + digit;
  }
  return mantissa;
}
