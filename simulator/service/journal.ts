import {
  closeSync,
  existsSync,
  ftruncateSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Pair } from '../../shared/pair.ts';
import { isTimeframe, type Timeframe } from '../../shared/timeframe.ts';
import type { WakeRequest } from '../exchange/exchange.ts';
import type { Amendment } from '../exchange/order-entry.ts';
import type { OrderRequest } from '../state/order.ts';
import type { DeltaRecord } from '../state/state-delta.ts';
import type { Fact, SystemMode } from '../state/state.ts';

/** A command that changed the exchange, at the venue time at which it came. */
export type Command =
  | { do: 'attach'; at: number; timeframes: Timeframe[] }
  | { do: 'ack'; at: number; event: number }
  | { do: 'wake'; at: number; wake: WakeRequest }
  | { do: 'unwake'; at: number; id: string }
  | { do: 'run'; at: number }
  | { do: 'system'; at: number; system: SystemMode }
  | { do: 'partial-fills'; at: number; share: number; count: number }
  | { do: 'index'; at: number; pair: Pair; ratio: number | 'out' }
  | { do: 'cancel-all-at'; at: number; atMs: number | null }
  | { do: 'place'; at: number; request: OrderRequest }
  | { do: 'amend'; at: number; order: string; change: Amendment }
  | { do: 'cancel'; at: number; order: string };

export type JournalRecord = Command | Fact | DeltaRecord;

/** First line of a journal: which market and account it is about. */
export interface JournalHead {
  journal: 1;
  market: string;
  deposits: Record<string, string>;
}

export interface Journal {
  /** State text of the newest checkpoint, or null. */
  readonly checkpoint: string | null;
  /** What was written after the checkpoint, oldest first. */
  readonly records: readonly JournalRecord[];
  /** Where the clock stood when that was last noted, or 0. */
  readonly clockMs: number;
  /** Appends records; they are with the operating system when this returns. */
  append(records: readonly JournalRecord[]): void;
  /** Whether so much was written since the last checkpoint that a new one is due. */
  checkpointDue(): boolean;
  /** Saves `state` so that a restart need not go through older records. */
  saveCheckpoint(state: string): void;
  nonceFloor(): bigint;
  /** Raises the highest nonce used so far. */
  raiseNonce(nonce: bigint): void;
  /** Notes where the clock is about to stand, for moments in which nothing else is written. */
  noteClock(ms: number): void;
  close(): void;
}

/** The timeframe on which the market of the journal in `dir` moves, or null when there is no journal. */
export function journaledTimeframe(dir: string): Timeframe | null {
  const path = join(dir, 'journal.jsonl');
  if (!existsSync(path)) return null;
  const [first = ''] = readFileSync(path, 'utf8').split('\n', 1);
  const words = first === '' ? [] : parseHead(first, path).market.split(' ');
  return words.find((word): word is Timeframe => isTimeframe(word)) ?? null;
}

/** Bytes of journal after which a checkpoint is worth its price. */
const CHECKPOINT_BYTES = 2_000_000;
const NUMBER_WIDTH = 24;
const NEWLINE = 10;

/**
 * Opens the journal in `dir` or begins one. The file only ever grows; a last line that a crash tore is cut
 * off; with `endsInDelta` so is all that follows the last delta. Throws when the journal there is about another market or account, or is damaged before its end.
 */
export function openJournal(
  dir: string,
  head: JournalHead,
  options: { endsInDelta?: boolean } = {},
): Journal {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'journal.jsonl');
  const checkpointPath = join(dir, 'checkpoint.json');
  const fd = openFile(path);
  const first = `${JSON.stringify(head)}\n`;
  let size = cutTornLine(fd);
  if (size === 0) size = writeSync(fd, first, 0);
  const begun = readRange(fd, 0, Math.min(size, HEAD_MOST)).split('\n', 1)[0] ?? '';
  if (`${begun}\n` !== first) {
    const { market } = parseHead(begun, path);
    throw new Error(
      `the journal in ${dir} is about another market or account (${market}); ` +
        'start with the command it was begun with, or name another folder by --journal',
    );
  }
  const saved = readCheckpoint(checkpointPath, size);
  const from = saved?.offset ?? Buffer.byteLength(first);
  if (options.endsInDelta === true) {
    size = from + endOfDeltas(readRange(fd, from, size));
    ftruncateSync(fd, size);
  }
  const records = parseLines(readRange(fd, from, size), path);
  let sinceCheckpoint = size - from;
  const nonces = openFile(join(dir, 'nonce'));
  const clock = openFile(join(dir, 'clock'));
  let floor = BigInt(readNumber(nonces));
  return {
    checkpoint: saved?.state ?? null,
    records,
    clockMs: Number(readNumber(clock)),
    append(lines) {
      if (lines.length === 0) return;
      const chunk = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      for (let written = 0; written < chunk.length;) {
        written += writeSync(fd, chunk, written, chunk.length - written, size + written);
      }
      size += chunk.length;
      sinceCheckpoint += chunk.length;
    },
    checkpointDue: () => sinceCheckpoint > CHECKPOINT_BYTES,
    saveCheckpoint(state) {
      const draft = `${checkpointPath}.draft`;
      writeFileSync(draft, JSON.stringify({ offset: size, state }));
      renameSync(draft, checkpointPath);
      sinceCheckpoint = 0;
    },
    nonceFloor: () => floor,
    raiseNonce(nonce) {
      floor = nonce;
      writeNumber(nonces, nonce.toString());
    },
    noteClock: (ms) => writeNumber(clock, String(ms)),
    close() {
      for (const file of [fd, nonces, clock]) closeSync(file);
    },
  };
}

/** Longest head of a journal: its market and deposits in one line. */
const HEAD_MOST = 65_536;

const openFile = (path: string): number => openSync(path, existsSync(path) ? 'r+' : 'wx+');

/** A number that is written over and over in one place. */
function writeNumber(fd: number, text: string): void {
  writeSync(fd, text.padEnd(NUMBER_WIDTH), 0);
}

function readNumber(fd: number): string {
  return readRange(fd, 0, Math.min(NUMBER_WIDTH, fstatSync(fd).size)).trim() || '0';
}

function readRange(fd: number, from: number, to: number): string {
  const buffer = Buffer.alloc(to - from);
  for (let read = 0; read < buffer.length;) {
    const count = readSync(fd, buffer, read, buffer.length - read, from + read);
    if (count === 0) break;
    read += count;
  }
  return buffer.toString('utf8');
}

/** Cuts off what follows the last complete line; returns the size that is left. */
function cutTornLine(fd: number): number {
  const { size } = fstatSync(fd);
  const chunk = Buffer.alloc(1);
  let end = size;
  while (end > 0) {
    readSync(fd, chunk, 0, 1, end - 1);
    if (chunk[0] === NEWLINE) break;
    end -= 1;
  }
  if (end < size) ftruncateSync(fd, end);
  return end;
}

function parseHead(line: string, path: string): JournalHead {
  try {
    const head = JSON.parse(line) as Partial<JournalHead>;
    if (typeof head.market === 'string') return head as JournalHead;
  } catch {
    // Said below, like a line that is JSON but no head.
  }
  throw new Error(
    `${path} does not begin as a journal does: "${line.slice(0, 80)}"; ` +
      'restore the file, or start with another --journal folder (npm start: another --home)',
  );
}

function readCheckpoint(path: string, size: number): { offset: number; state: string } | null {
  if (!existsSync(path)) return null;
  let saved: { offset: number; state: string };
  try {
    saved = JSON.parse(readFileSync(path, 'utf8')) as typeof saved;
  } catch {
    // It only saves time: the journal itself tells everything.
    return null;
  }
  return saved.offset <= size ? saved : null;
}

/** Bytes up to the end of the last delta. */
function endOfDeltas(text: string): number {
  const lines = text.split('\n');
  const last = lines.findLastIndex((line) => line.startsWith('{"delta"'));
  return last < 0 ? 0 : Buffer.byteLength(`${lines.slice(0, last + 1).join('\n')}\n`);
}

function parseLines(text: string, path: string): JournalRecord[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as JournalRecord;
    } catch (cause) {
      throw new Error(
        `${path} is damaged ${index + 1} lines after its checkpoint: "${line.slice(0, 80)}"; ` +
          'restore the file, or start with another --journal folder (npm start: another --home)',
        { cause },
      );
    }
  });
}
