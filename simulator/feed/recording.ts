import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { instrumentFor, type Instrument } from '../market/instruments.ts';

/**
 * A recorded session of a venue's public socket: JSON lines, of which the first is the head and each other one
 * is a message as it came over the wire, with the time of its arrival.
 */
const Text = z.string().regex(/^\d+(\.\d+)?$/);
const Head = z.object({
  recording: z.literal(1),
  /** Levels of the books as subscribed to. */
  depth: z.union([z.literal(10), z.literal(25), z.literal(100), z.literal(500), z.literal(1000)]),
  instruments: z
    .array(
      z.object({
        pair: z.string(),
        priceDecimals: z.int(),
        lotDecimals: z.int(),
        costDecimals: z.int().optional(),
        tick: Text.optional(),
        orderMin: Text.optional(),
        costMin: Text.optional(),
        leverages: z.array(z.int()).optional(),
        positionLimit: z.number().optional(),
      }),
    )
    .min(1),
});
type Head = z.infer<typeof Head>;

export interface Recording {
  depth: number;
  instruments: ReadonlyMap<Pair, Instrument>;
  /** Message `index`, from 0 on, or null behind the last. */
  message(index: number): { atMs: number; text: string } | null;
  /** Whether any message is one of that channel. */
  has(channel: string): boolean;
}

const LINE = /^\{"at":"?([^",]+)"?,"message":/;
const NEWLINE = 10;

/** Reads `file`, plain or gzipped. Throws with the line when it is damaged; a torn last line is left out. */
export function readRecording(file: string): Recording {
  let raw: Buffer;
  try {
    raw = readFileSync(file);
  } catch (cause) {
    throw new Error(`cannot read the recording: ${(cause as Error).message}`, { cause });
  }
  return parseRecording(file.endsWith('.gz') ? gunzipSync(raw) : raw, file);
}

/** Messages are found by their place in `bytes` and parsed when they are asked for: sessions are long. */
export function parseRecording(bytes: Buffer, name: string): Recording {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end !== at) starts.push(at);
    at = end < 0 ? bytes.length : end + 1;
  }
  // A recorder that was killed leaves a last line that is torn: the session ended before it.
  const last = starts.at(-1) ?? 0;
  const isTorn = bytes.indexOf(NEWLINE, last) < 0 && !bytes.toString('utf8', last).endsWith('}}');
  if (isTorn && starts.length > 1) starts.pop();
  const line = (index: number): string => {
    const start = starts[index] ?? bytes.length;
    const end = bytes.indexOf(NEWLINE, start);
    return bytes.toString('utf8', start, end < 0 ? bytes.length : end).trimEnd();
  };
  const head = headOf(line(0), name);
  return {
    depth: head.depth,
    instruments: new Map(head.instruments.map((row) => [row.pair, instrumentOf(row)])),
    message(index) {
      if (index + 1 >= starts.length) return null;
      const text = line(index + 1);
      const found = LINE.exec(text);
      const at = found?.[1] ?? '';
      const atMs = /^\d+$/.test(at) ? Number(at) : Date.parse(at);
      if (found === null || Number.isNaN(atMs) || !text.endsWith('}}')) {
        throw new Error(
          `${name} line ${index + 2} is not {"at":TIME,"message":{...}}: ${text.slice(0, 80)}`,
        );
      }
      return { atMs, text: text.slice(found[0].length, -1) };
    },
    has: (channel) => bytes.includes(`"message":{"channel":"${channel}"`),
  };
}

function headOf(text: string, name: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = Head.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${name} is not a recording: its first line must be like {"recording":1,"depth":10,` +
      `"instruments":[{"pair":"XRP/USDT","priceDecimals":5,"lotDecimals":8}]} ` +
      `(${z.prettifyError(parsed.error)})`,
  );
}

function instrumentOf(row: Head['instruments'][number]): Instrument {
  const usual = instrumentFor(row.pair, 1);
  return {
    ...usual,
    priceDecimals: row.priceDecimals,
    lotDecimals: row.lotDecimals,
    costDecimals: row.costDecimals ?? usual.costDecimals,
    tick: row.tick === undefined ? new Decimal(10).pow(-row.priceDecimals) : new Decimal(row.tick),
    orderMin: row.orderMin === undefined ? usual.orderMin : new Decimal(row.orderMin),
    costMin: row.costMin === undefined ? usual.costMin : new Decimal(row.costMin),
    leverages: row.leverages ?? usual.leverages,
    positionLimit: row.positionLimit ?? usual.positionLimit,
  };
}

export interface Recorder {
  begin(depth: number, instruments: ReadonlyMap<Pair, Instrument>): void;
  write(text: string, atMs: number): void;
  close(): void;
}

/** Writes a recording into `file`, which must not be there yet. */
export function createRecorder(file: string): Recorder {
  if (existsSync(file)) {
    throw new Error(`a recording is never written over another: ${file} is there; name a new file`);
  }
  const fd = openSync(file, 'wx');
  return {
    begin(depth, instruments) {
      const rows = [...instruments.values()].map((i) => ({
        pair: i.pair,
        priceDecimals: i.priceDecimals,
        lotDecimals: i.lotDecimals,
        costDecimals: i.costDecimals,
        tick: i.tick.toFixed(),
        orderMin: i.orderMin.toFixed(),
        costMin: i.costMin.toFixed(),
        leverages: i.leverages,
        positionLimit: i.positionLimit,
      }));
      writeSync(fd, `${JSON.stringify({ recording: 1, depth, instruments: rows })}\n`);
    },
    write: (text, atMs) => void writeSync(fd, `{"at":${atMs},"message":${text}}\n`),
    close: () => closeSync(fd),
  };
}
