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
import { isTimeframe, type Timeframe } from '../shared/timeframe.ts';
import type { WakeRequest } from './exchange.ts';
import type { Amendment } from './order-entry.ts';
import type { OrderRequest } from './order.ts';
import type { Fact, SystemMode } from './state.ts';

/** A command that changed the exchange, at the venue time at which it came. */
export type Command =
  | { do: 'attach'; at: number; timeframes: Timeframe[] }
  | { do: 'ack'; at: number; event: number }
  | { do: 'wake'; at: number; wake: WakeRequest }
  | { do: 'unwake'; at: number; id: string }
  | { do: 'run'; at: number }
  | { do: 'system'; at: number; system: SystemMode }
  | { do: 'partial-fills'; at: number; share: number; count: number }
  | { do: 'cancel-all-at'; at: number; atMs: number | null }
  | { do: 'place'; at: number; request: OrderRequest }
  | { do: 'amend'; at: number; order: string; change: Amendment }
  | { do: 'cancel'; at: number; order: string };

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
  readonly records: readonly (Command | Fact)[];
  /** Appends records; they are with the operating system when this returns. */
  append(records: readonly (Command | Fact)[]): void;
  /** Whether so much was written since the last checkpoint that a new one is due. */
  checkpointDue(): boolean;
  /** Saves `state` so that a restart need not go through older records. */
  saveCheckpoint(state: string): void;
  nonceFloor(): bigint;
  /** Raises the highest nonce used so far. */
  raiseNonce(nonce: bigint): void;
  close(): void;
}

/** The timeframe on which the market of the journal in `dir` moves, or null when there is no journal. */
export function journaledTimeframe(dir: string): Timeframe | null {
  const path = join(dir, 'journal.jsonl');
  if (!existsSync(path)) return null;
  const [first = ''] = readFileSync(path, 'utf8').split('\n', 1);
  const words = first === '' ? [] : (JSON.parse(first) as JournalHead).market.split(' ');
  return words.find((word): word is Timeframe => isTimeframe(word)) ?? null;
}

/** Bytes of journal after which a checkpoint is worth its price. */
const CHECKPOINT_BYTES = 2_000_000;
const NONCE_WIDTH = 24;

/**
 * Opens the journal in `dir` or begins one. The file only ever grows; a last line that a crash tore is cut
 * off. Throws when the journal there is about another market or account, or is damaged before its end.
 */
export function openJournal(dir: string, head: JournalHead): Journal {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'journal.jsonl');
  const checkpointPath = join(dir, 'checkpoint.json');
  const fd = openSync(path, existsSync(path) ? 'r+' : 'wx+');
  const text = readWhole(fd, path);
  let size = Buffer.byteLength(text);
  if (text === '') {
    size = writeSync(fd, `${JSON.stringify(head)}\n`, 0);
  } else {
    const first = JSON.parse(text.slice(0, text.indexOf('\n'))) as JournalHead;
    if (JSON.stringify(first) !== JSON.stringify(head)) {
      throw new Error(
        `the journal in ${dir} is about another market or account (${first.market}); ` +
          'start with the command it was begun with, or name another folder by --journal',
      );
    }
  }
  const saved = readCheckpoint(checkpointPath, size);
  const from = saved?.offset ?? Buffer.byteLength(`${JSON.stringify(head)}\n`);
  const records =
    text === '' ? [] : parseLines(Buffer.from(text).subarray(from).toString('utf8'), path);
  let sinceCheckpoint = size - from;
  const nonces = openSync(join(dir, 'nonce'), existsSync(join(dir, 'nonce')) ? 'r+' : 'wx+');
  let floor = BigInt(readWhole(nonces, 'nonce').trim() || '0');
  return {
    checkpoint: saved?.state ?? null,
    records,
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
      writeSync(nonces, nonce.toString().padEnd(NONCE_WIDTH), 0);
    },
    close() {
      closeSync(fd);
      closeSync(nonces);
    },
  };
}

/** The file's text up to its last complete line; the rest is cut off. */
function readWhole(fd: number, path: string): string {
  const { size } = fstatSync(fd);
  const buffer = Buffer.alloc(size);
  let read = 0;
  while (read < size) {
    const count = readSync(fd, buffer, read, size - read, read);
    if (count === 0) break;
    read += count;
  }
  if (path === 'nonce') return buffer.toString('utf8');
  const end = buffer.lastIndexOf(10) + 1;
  if (end < size) ftruncateSync(fd, end);
  return buffer.subarray(0, end).toString('utf8');
}

function readCheckpoint(path: string, size: number): { offset: number; state: string } | null {
  if (!existsSync(path)) return null;
  const saved = JSON.parse(readFileSync(path, 'utf8')) as { offset: number; state: string };
  return saved.offset <= size ? saved : null;
}

function parseLines(text: string, path: string): (Command | Fact)[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Command | Fact;
    } catch (cause) {
      throw new Error(
        `${path} is damaged ${index + 1} lines after its checkpoint: "${line.slice(0, 80)}"; ` +
          'restore the file, or start with another --journal folder',
        { cause },
      );
    }
  });
}
