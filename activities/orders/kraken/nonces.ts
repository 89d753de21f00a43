import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';

/**
 * One strictly increasing sequence of nonces for one API key. `use` hands one to `send` and starts the next
 * only when `send` has ended: signing and sending are one step, so requests cannot overtake each other.
 * Urgent calls go before those that wait.
 */
export interface NonceSource {
  use<T>(send: (nonce: string) => Promise<T>, urgent?: boolean): Promise<T>;
}

/** Runs one task at a time, urgent ones first, otherwise in the order given. */
function oneAtATime(): <T>(task: () => Promise<T>, urgent: boolean) => Promise<T> {
  const urgentTasks: (() => Promise<void>)[] = [];
  const otherTasks: (() => Promise<void>)[] = [];
  let running = false;
  const work = async (): Promise<void> => {
    running = true;
    for (;;) {
      const task = urgentTasks.shift() ?? otherTasks.shift();
      if (task === undefined) break;
      await task();
    }
    running = false;
  };
  return (task, urgent) =>
    new Promise((resolve, reject) => {
      const queue = urgent ? urgentTasks : otherTasks;
      queue.push(() => task().then(resolve, reject));
      if (!running) void work();
    });
}

/** Microseconds of the wall clock: one scale for ever, finer than calls can be made. */
const microseconds = (nowMs: number): bigint => BigInt(Math.floor(nowMs)) * 1000n;

const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** For a key that only this process uses. `floor`: the highest nonce the key is known to have used. */
export function processNonces(floor = '0', now: () => number = Date.now): NonceSource {
  const enqueue = oneAtATime();
  let last = BigInt(floor);
  return {
    use: (send, urgent = false) =>
      enqueue(() => {
        last = higher(last + 1n, microseconds(now()));
        return send(String(last));
      }, urgent),
  };
}

const STALE_LOCK_MS = 60_000;
const POLL_MS = 5;

/**
 * For a key that several processes share: `file` holds the highest nonce used, and a lock beside it is held
 * from signing to the answer. The lock of a process that is gone, or that holds it for a minute, is taken
 * over. No directory is created.
 */
export function fileNonces(file: string, now: () => number = Date.now): NonceSource {
  const enqueue = oneAtATime();
  const lock = `${file}.lock`;
  let counter = 0;

  // The files are tiny and local: synchronous calls cost a tenth of what a thread each would.
  const take = async (): Promise<string> => {
    const mine = `${lock}.${process.pid}.${++counter}`;
    const content = JSON.stringify({ pid: process.pid, at: now() });
    writeFileSync(mine, content);
    try {
      while (!linked(mine, lock)) {
        if (!freeStale(lock, now())) await pause(POLL_MS);
      }
    } finally {
      unlinkSync(mine);
    }
    return content;
  };

  return {
    use: (send, urgent = false) =>
      enqueue(async () => {
        const held = await take();
        try {
          const last = BigInt(readOr(file, '0').trim() || '0');
          const nonce = String(higher(last + 1n, microseconds(now())));
          // Written before it is sent: a nonce that is lost does no harm, one used twice does.
          writeFileSync(`${file}.new`, nonce);
          renameSync(`${file}.new`, file);
          return await send(nonce);
        } finally {
          if (readOr(lock, '') === held) unlinkSync(lock);
        }
      }, urgent),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

/** Whether the lock came to be: linking fails when it exists, on every file system. */
function linked(from: string, lock: string): boolean {
  try {
    linkSync(from, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}

/** Frees a lock whose holder is gone; true when it may be tried again at once. */
function freeStale(lock: string, nowMs: number): boolean {
  const seen = readOr(lock, '');
  if (seen === '') return true;
  const holder = JSON.parse(seen) as { pid: number; at: number };
  if (isAlive(holder.pid) && nowMs - holder.at < STALE_LOCK_MS) return false;
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
  // Another process may have freed it and a third taken it in between: what was moved is then put back.
  if (readFileSync(aside, 'utf8') !== seen) linked(aside, lock);
  unlinkSync(aside);
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
