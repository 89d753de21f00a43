import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { CandleColumns } from '../../shared/candle.ts';

/**
 * A file of candle columns as raw little-endian doubles: magic and number of bars, then time, open, high,
 * low, close, volume one after the other. The fastest form to read: straight into memory that threads share.
 */
const MAGIC = 0x5447_434f_4c31; // "TGCOL1"
const HEAD = 2;
const NAMES = ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const;

export function writeColumnFile(path: string, columns: CandleColumns): void {
  const bars = columns.timeMs.length;
  const all = new Float64Array(HEAD + NAMES.length * bars);
  all[0] = MAGIC;
  all[1] = bars;
  NAMES.forEach((name, k) => all.set(columns[name], HEAD + k * bars));
  writeFileSync(path, new Uint8Array(all.buffer));
}

/** Reads into shared memory. Throws with the path when it is no whole column file. */
export function readColumnFile(path: string): CandleColumns {
  const fd = openSync(path, 'r');
  try {
    const head = new Float64Array(HEAD);
    readFully(fd, new Uint8Array(head.buffer), 0, path);
    const bars = head[1]!;
    if (head[0] !== MAGIC || !Number.isInteger(bars) || bars < 0) {
      throw new Error(`${path} is not a file of candle columns; remove it, it is built anew`);
    }
    const bytes = NAMES.length * bars * Float64Array.BYTES_PER_ELEMENT;
    const memory = new SharedArrayBuffer(bytes);
    readFully(fd, new Uint8Array(memory), head.byteLength, path);
    const column = (k: number): Float64Array =>
      new Float64Array(memory, k * bars * Float64Array.BYTES_PER_ELEMENT, bars);
    return {
      timeMs: column(0),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    };
  } finally {
    closeSync(fd);
  }
}

function readFully(fd: number, into: Uint8Array, from: number, path: string): void {
  let at = 0;
  while (at < into.length) {
    const read = readSync(fd, into, at, into.length - at, from + at);
    if (read === 0) throw new Error(`${path} ends early; remove it, it is built anew`);
    at += read;
  }
}
