import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { CandleColumns } from '../shared/candle.ts';
import { timeframeMs } from '../shared/timeframe.ts';
import { readCandleBytes, type CandleFile } from './candle-files.ts';
import { CandleParser } from './candle-parser.ts';
import { endOfLine, NEWLINE } from './candle-row.ts';

/** Fits the processor's cache beside the columns' ends: larger blocks are slower. */
const BLOCK_BYTES = 1 << 18;
/** The first rows are read by themselves: they tell how long a row is, and the loop is compiled knowing its end. */
const HEAD_BYTES = 1 << 12;
/** No row of six numbers is shorter. */
const SHORTEST_ROW = 22;

interface Range {
  fromMs?: number;
  toMs?: number;
}

/**
 * The candles of a file with open time in [`fromMs`, `toMs`), oldest first. Numbers equal `Number(text)`
 * exactly. Times may be unix seconds, milliseconds, microseconds or ISO 8601. Throws with file and line on a
 * damaged row: a field that is not a plain number, times that do not ascend or lie off the timeframe's grid,
 * prices that are not positive or not within low and high.
 */
export function loadCandles(file: CandleFile, range: Range = {}): CandleColumns {
  if (file.path.endsWith('.gz')) return parseCandles(readCandleBytes(file), file, range);
  let fd: number;
  try {
    fd = openSync(file.path, 'r');
  } catch (cause) {
    throw new Error(
      `cannot read candle file ${file.path}: ${(cause as Error).message}; get it anew, or remove it`,
      { cause },
    );
  }
  try {
    return readBlocks(fd, file, range);
  } finally {
    closeSync(fd);
  }
}

/** Parses block by block: the file as a whole would have to be fetched from memory again. */
function readBlocks(fd: number, file: CandleFile, range: Range): CandleColumns {
  const bytes = fstatSync(fd).size;
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  let parser: CandleParser | null = null;
  let kept = 0;
  for (let from = 0; parser === null || !parser.done;) {
    const wanted = from === 0 ? HEAD_BYTES : block.length - kept;
    const read = readSync(fd, block, kept, wanted, from);
    from += read;
    const filled = kept + read;
    // At the end of the file what is left is a row without a line end.
    const whole = read === 0 ? filled : block.lastIndexOf(NEWLINE, filled - 1) + 1;
    if (whole === 0 && read > 0) {
      if (filled === block.length) block = Buffer.concat([block, Buffer.alloc(block.length)]);
      kept = filled;
      continue;
    }
    const rows = block.subarray(0, whole);
    if (parser === null) parser = started(rows, bytes, file, range);
    else parser.feed(rows);
    if (read === 0) break;
    block.copyWithin(0, whole, filled);
    kept = filled - whole;
  }
  return parser.finish();
}

/** As `loadCandles`, from bytes already in memory. */
function parseCandles(
  bytes: Uint8Array,
  file: Pick<CandleFile, 'name' | 'timeframe' | 'format'>,
  range: Range = {},
): CandleColumns {
  const head = bytes.lastIndexOf(NEWLINE, HEAD_BYTES) + 1 || bytes.length;
  const parser = started(bytes.subarray(0, head), bytes.length, file, range);
  parser.feed(bytes.subarray(head));
  return parser.finish();
}

/** A parser that has taken in the first rows of a file of `size` bytes. */
function started(
  head: Uint8Array,
  size: number,
  file: Pick<CandleFile, 'name' | 'timeframe' | 'format'>,
  range: Range,
): CandleParser {
  const header = file.format === 'csv' ? endOfLine(head, 0) + 1 : 0;
  const capacity = capacityFor(head, size, file, range);
  const parser = new CandleParser(file, range, capacity, header > 0 ? 1 : 0);
  parser.feed(head.subarray(header));
  return parser;
}

/** Rows to make room for: as many as the first lines let expect, never more than the range has bars. */
function capacityFor(
  head: Uint8Array,
  size: number,
  file: Pick<CandleFile, 'timeframe'>,
  { fromMs = -Infinity, toMs = Infinity }: Range,
): number {
  const lines = head.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 1);
  const perLine = Math.max(SHORTEST_ROW, head.length / lines);
  return Math.min(
    Math.ceil((1.02 * size) / perLine) + 1,
    Math.ceil((toMs - fromMs) / timeframeMs(file.timeframe)),
  );
}
