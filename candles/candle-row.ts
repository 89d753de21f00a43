const COMMA = 44;
export const NEWLINE = 10;
export const RETURN = 13;
const DOT = 46;
const ZERO = 48;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;

const POWERS = Array.from({ length: 23 }, (_, n) => 10 ** n);

/** Index of the line end at or after `at`, or the end of the bytes. */
export function endOfLine(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(NEWLINE, at);
  return end === -1 ? bytes.length : end;
}

/** Reads six fields into `row` (time in milliseconds); returns the start of the next line, or -1. */
export function parseRow(bytes: Uint8Array, start: number, row: Float64Array): number {
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
