import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';

import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

export interface Lock {
  release(): void;
}

export type LockAttempt =
  { kind: 'locked'; lock: Lock } | { kind: 'held'; holder: ProcessIdentity };

/**
 * Takes the lock file at `path` for this process. A lock whose holder has died counts as free, so
 * a killed process leaves nothing to clean up.
 */
export function tryLock(path: string): LockAttempt {
  const self = identify(process.pid);
  if (self === null) throw new Error(`cannot read the start time of this process (${process.pid})`);
  const mine = JSON.stringify(self);
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A hard link appears at once and with its content, so nobody reads a half-written lock.
        linkSync(draft, path);
        return { kind: 'locked', lock: { release: () => release(path, mine) } };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const found = read(path);
      if (found === null) continue;
      const holder = parse(found);
      if (holder !== null && isAlive(holder)) return { kind: 'held', holder };
      setAside(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Runs `work` under the lock at `path`, waiting for its present holder (told by `onWait`, once). */
export async function withLock<T>(
  path: string,
  { onWait }: { onWait?: (holder: ProcessIdentity) => void },
  work: () => Promise<T>,
): Promise<T> {
  let attempt = tryLock(path);
  if (attempt.kind === 'held') onWait?.(attempt.holder);
  while (attempt.kind === 'held') {
    await new Promise((resolve) => setTimeout(resolve, 250));
    attempt = tryLock(path);
  }
  try {
    return await work();
  } finally {
    attempt.lock.release();
  }
}

function release(path: string, mine: string): void {
  if (read(path) === mine) rmSync(path, { force: true });
}

/** Removes a dead holder's lock; should another have been quicker, its fresh lock is put back. */
function setAside(path: string, expected: string): void {
  const aside = `${path}.dead-${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== expected) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parse(text: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { pid, startTime } = value as Record<string, unknown>;
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : null;
  } catch {
    return null;
  }
}
