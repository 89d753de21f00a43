import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, constants as zlibConstants } from 'node:zlib';
import { isPair, type Pair } from '../shared/pair.ts';
import { isTimeframe, TIMEFRAMES, timeframeMinutes, type Timeframe } from '../shared/timeframe.ts';

/** One file of candles as found in a data folder; `format` tells its columns. */
export interface CandleFile {
  path: string;
  name: string;
  pair: Pair;
  timeframe: Timeframe;
  /** `csv`: our header; `ohlcvt`: Kraken's own archive, no header. */
  format: 'csv' | 'ohlcvt';
}

export const CANDLE_HEADER = 'time,open,high,low,close,volume';

const OWN_NAME = /^([A-Z0-9]{4,20})-([0-9]+[mhd])(?:-.*)?\.csv(?:\.gz)?$/;
const KRAKEN_NAME = /^([A-Z0-9]{5,20})_([0-9]+)\.csv(?:\.gz)?$/;
/** Longest first, so that `BTCUSDT` is not read as `BTCUSD` + `T`. */
const QUOTES = ['USDT', 'USDC', 'FDUSD', 'TUSD', 'BUSD', 'DAI', 'USD', 'EUR', 'GBP', 'BTC', 'ETH'];

/**
 * The candle files of a folder, ordered by pair and timeframe. Only files named
 * `<BASE><QUOTE>-<timeframe>[-anything].csv[.gz]` or, from Kraken's archive, `<ALTNAME>_<minutes>.csv[.gz]`
 * count; `pairs` narrows them. A file with another header is skipped with one line to `log`. Throws when
 * two files offer the same pair and timeframe, or when the folder cannot be read.
 */
export function findCandleFiles(
  dir: string,
  options: { pairs?: readonly Pair[]; log?: (line: string) => void } = {},
): CandleFile[] {
  const log = options.log ?? (() => undefined);
  let names: string[];
  try {
    names = readdirSync(dir).sort();
  } catch (cause) {
    throw new Error(
      `cannot read the data folder ${dir}: ${(cause as Error).message}; name a folder with candle files by --data`,
      { cause },
    );
  }
  const found = new Map<string, CandleFile>();
  for (const name of names) {
    const file = candidate(dir, name, options.pairs, log);
    if (file === null || !hasCandleColumns(file, log)) continue;
    const key = `${file.pair} ${file.timeframe}`;
    const other = found.get(key);
    if (other !== undefined) {
      throw new Error(
        `two candle files for ${key} in ${dir}: ${other.name} and ${file.name}; keep one of them`,
      );
    }
    found.set(key, file);
  }
  return [...found.values()].sort(
    (a, b) =>
      a.pair.localeCompare(b.pair) ||
      TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe),
  );
}

function candidate(
  dir: string,
  name: string,
  pairs: readonly Pair[] | undefined,
  log: (line: string) => void,
): CandleFile | null {
  const own = OWN_NAME.exec(name);
  if (own !== null) {
    const pair = splitSymbol(own[1] ?? '', pairs);
    const timeframe = own[2] ?? '';
    if (pair === null || !isTimeframe(timeframe)) return null;
    return { path: join(dir, name), name, pair, timeframe, format: 'csv' };
  }
  const kraken = KRAKEN_NAME.exec(name);
  if (kraken === null) return null;
  const pair = splitSymbol((kraken[1] ?? '').replace('XBT', 'BTC'), pairs);
  if (pair === null) return null;
  const timeframe = TIMEFRAMES.find((t) => timeframeMinutes(t) === Number(kraken[2]));
  if (timeframe === undefined) {
    log(`skipped ${name}: ${kraken[2]} minutes is not a timeframe (${TIMEFRAMES.join(', ')})`);
    return null;
  }
  return { path: join(dir, name), name, pair, timeframe, format: 'ohlcvt' };
}

/** `BTCUSDT` as `BTC/USDT`: one of `pairs`, or split at a well-known quote asset; null when neither fits. */
function splitSymbol(symbol: string, pairs: readonly Pair[] | undefined): Pair | null {
  if (pairs !== undefined) return pairs.find((p) => p.replace('/', '') === symbol) ?? null;
  for (const quote of QUOTES) {
    if (!symbol.endsWith(quote)) continue;
    const pair = `${symbol.slice(0, -quote.length)}/${quote}`;
    if (isPair(pair)) return pair;
  }
  return null;
}

function hasCandleColumns(file: CandleFile, log: (line: string) => void): boolean {
  const first = firstLine(file.path);
  if (file.format === 'ohlcvt') {
    const fields = first.split(',');
    if (fields.length >= 6 && /^\d+$/.test(fields[0] ?? '')) return true;
    log(`skipped ${file.name}: not Kraken's OHLCVT columns (first line "${first.slice(0, 60)}")`);
    return false;
  }
  if (first === CANDLE_HEADER) return true;
  log(`skipped ${file.name}: header "${first.slice(0, 60)}" is not "${CANDLE_HEADER}"`);
  return false;
}

function firstLine(path: string): string {
  const head = firstBytes(path);
  const text = path.endsWith('.gz') ? gunzipHead(head, path) : head.toString('latin1');
  return (text.split('\n', 1)[0] ?? '').replace('\r', '').replace(/^\u00ef\u00bb\u00bf/, '');
}

function firstBytes(path: string): Buffer {
  const buffer = Buffer.alloc(4096);
  try {
    const fd = openSync(path, 'r');
    try {
      return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw new Error(
      `cannot read candle file ${path}: ${(cause as Error).message}; get it anew, or remove it`,
      { cause },
    );
  }
}

function gunzipHead(head: Buffer, path: string): string {
  try {
    // A sync flush returns what the first bytes hold instead of failing at the cut.
    return gunzipSync(head, { finishFlush: zlibConstants.Z_SYNC_FLUSH }).toString('latin1');
  } catch (cause) {
    throw new Error(`cannot unpack ${path}: ${(cause as Error).message}; fetch the file again`, {
      cause,
    });
  }
}

/** The bytes of a candle file, unpacked. Throws with the file's name when it cannot be read or unpacked. */
export function readCandleBytes(file: CandleFile): Buffer {
  try {
    const bytes = readFileSync(file.path);
    return file.path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  } catch (cause) {
    throw new Error(
      `cannot read candle file ${file.path}: ${(cause as Error).message}; get it anew, or remove it`,
      { cause },
    );
  }
}
