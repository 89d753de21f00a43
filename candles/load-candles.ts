import type { CandleColumns } from '../shared/candle.ts';
import { timeframeMs } from '../shared/timeframe.ts';
import { readCandleBytes, type CandleFile } from './candle-files.ts';

const COMMA = 44;
const NEWLINE = 10;
const RETURN = 13;
const DOT = 46;
const ZERO = 48;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;

const POWERS = Array.from({ length: 23 }, (_, n) => 10 ** n);

/**
 * The candles of a file with open time in [`fromMs`, `toMs`), oldest first. Numbers equal `Number(text)`
 * exactly. Times may be unix seconds, milliseconds, microseconds or ISO 8601. Throws with file and line on a
 * damaged row: a field that is not a plain number, times that do not ascend or lie off the timeframe's grid,
 * prices that are not positive or not within low and high.
 */
export function loadCandles(
  file: CandleFile,
  range: { fromMs?: number; toMs?: number } = {},
): CandleColumns {
  return parseCandles(readCandleBytes(file), file, range);
}

/** As `loadCandles`, from bytes already in memory. */
export function parseCandles(
  bytes: Uint8Array,
  file: Pick<CandleFile, 'name' | 'timeframe' | 'format'>,
  range: { fromMs?: number; toMs?: number } = {},
): CandleColumns {
  const fromMs = range.fromMs ?? -Infinity;
  const toMs = range.toMs ?? Infinity;
  const step = timeframeMs(file.timeframe);
  const capacity = countLines(bytes);
  const columns = newColumns(capacity);
  const { timeMs, open, high, low, close, volume } = columns;
  const row = new Float64Array(6);
  let line = 0;
  let at = 0;
  let rows = 0;
  let previous = -Infinity;
  if (file.format === 'csv') {
    at = endOfLine(bytes, 0) + 1;
    line = 1;
  }
  while (at < bytes.length) {
    line += 1;
    if (bytes[at] === NEWLINE || (bytes[at] === RETURN && bytes[at + 1] === NEWLINE)) {
      at = endOfLine(bytes, at) + 1;
      continue;
    }
    const start = at;
    const next = parseRow(bytes, at, row);
    if (next < 0) throw damaged(file, line, bytes, start, 'is not six plain numbers');
    at = next;
    const time = row[0] as number;
    if (time <= previous) {
      throw damaged(file, line, bytes, start, 'has a time that is not after the row before it');
    }
    if (time % step !== 0) {
      throw damaged(
        file,
        line,
        bytes,
        start,
        `has a time that is not on the ${file.timeframe} grid`,
      );
    }
    previous = time;
    const o = row[1] as number;
    const h = row[2] as number;
    const l = row[3] as number;
    const c = row[4] as number;
    const v = row[5] as number;
    if (!(l > 0 && l <= o && l <= c && h >= o && h >= c && v >= 0)) {
      throw damaged(file, line, bytes, start, 'has prices outside low..high, or not positive');
    }
    if (time < fromMs) continue;
    if (time >= toMs) break;
    timeMs[rows] = time;
    open[rows] = o;
    high[rows] = h;
    low[rows] = l;
    close[rows] = c;
    volume[rows] = v;
    rows += 1;
  }
  return sliceColumns(columns, 0, rows);
}

/** Empty columns with room for `length` bars. */
export function newColumns(length: number): CandleColumns {
  return {
    timeMs: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  };
}

/** A copy of the bars [`from`, `to`) of `columns`, by index. */
export function sliceColumns(columns: CandleColumns, from: number, to: number): CandleColumns {
  return {
    timeMs: columns.timeMs.slice(from, to),
    open: columns.open.slice(from, to),
    high: columns.high.slice(from, to),
    low: columns.low.slice(from, to),
    close: columns.close.slice(from, to),
    volume: columns.volume.slice(from, to),
  };
}

function damaged(
  file: Pick<CandleFile, 'name'>,
  line: number,
  bytes: Uint8Array,
  start: number,
  what: string,
): Error {
  const text = Buffer.from(bytes.subarray(start, Math.min(endOfLine(bytes, start), start + 120)));
  return new Error(
    `${file.name} line ${line}: "${text.toString('utf8').trimEnd()}" ${what}; repair or remove the row`,
  );
}

function countLines(bytes: Uint8Array): number {
  let count = 1;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function endOfLine(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(NEWLINE, at);
  return end === -1 ? bytes.length : end;
}

/** Reads six fields into `row` (time in milliseconds); returns the start of the next line, or -1. */
function parseRow(bytes: Uint8Array, start: number, row: Float64Array): number {
  let at = start;
  for (let field = 0; field < 6; field += 1) {
    let mantissa = 0;
    let decimals = -1;
    let digits = 0;
    const fieldStart = at;
    let exact = true;
    let plain = true;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte === COMMA || byte === NEWLINE || byte === RETURN) break;
      if (byte === DOT && decimals === -1) {
        decimals = 0;
        continue;
      }
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) {
        plain = false;
        continue;
      }
      digits += 1;
      mantissa = mantissa * 10 + digit;
      if (mantissa > MAX_EXACT) exact = false;
      if (decimals >= 0) decimals += 1;
    }
    if (digits === 0) return -1;
    let value: number;
    if (plain && exact && decimals <= 22) {
      // Two exact doubles divided once round as Number(text) does.
      value = decimals > 0 ? mantissa / (POWERS[decimals] as number) : mantissa;
    } else {
      const text = Buffer.from(bytes.subarray(fieldStart, at)).toString('latin1');
      if (plain) value = Number(text);
      else if (field === 0) value = isoMs(text);
      else return -1;
    }
    if (field === 0) value = plain ? unixMs(value) : value;
    if (!Number.isFinite(value)) return -1;
    row[field] = value;
    const end = bytes[at];
    if (field < 5) {
      if (end !== COMMA) return -1;
      at += 1;
    } else if (end === COMMA) {
      // Kraken's archive carries the number of trades behind the volume.
      return endOfLine(bytes, at) + 1;
    }
  }
  return endOfLine(bytes, at) + 1;
}

function unixMs(value: number): number {
  if (value > 1e14) return Math.round(value / 1000);
  return value > 1e11 ? value : value * 1000;
}

const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function isoMs(text: string): number {
  if (!ISO.test(text)) return Number.NaN;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) && text.length > 10 ? text : `${text}Z`;
  return Date.parse(zoned.length === 11 ? text : zoned.replace(' ', 'T'));
}
