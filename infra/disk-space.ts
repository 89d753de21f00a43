import { statfsSync } from 'node:fs';

/** What servers and journal of a short run take; below it a start would fail in the middle. */
const START_BYTES = 100_000_000;
/** Left for what must still be written while a person makes room. */
const LOW_BYTES = 25_000_000;
const LOOK_MS = 5_000;
const SAY_AGAIN_MS = 60_000;

/** Throws when the disk that holds `dir` is too full for a start. */
export function assertRoom(dir: string, free: (dir: string) => number = freeBytes): void {
  const left = free(dir);
  if (left >= START_BYTES) return;
  throw new Error(
    `the disk that holds ${dir} has ${megabytes(left)} MB left, a start needs ${megabytes(START_BYTES)}: ` +
      `make room, or choose another folder with --home`,
  );
}

/**
 * Says so while the disk that holds `dir` is as good as full, once a minute, and when there is room again:
 * servers that cannot write stop or wait, and go on by themselves. Returns what ends the watch.
 */
export function watchDisk(
  dir: string,
  log: (line: string) => void,
  free: (dir: string) => number = freeBytes,
): () => void {
  let saidAt: number | null = null;
  const look = (): void => {
    const left = free(dir);
    if (left >= LOW_BYTES) {
      if (saidAt !== null) log(`the disk that holds ${dir} has room again: the desk goes on`);
      saidAt = null;
    } else if (saidAt === null || performance.now() - saidAt > SAY_AGAIN_MS) {
      saidAt = performance.now();
      log(
        `the disk that holds ${dir} is full (${megabytes(left)} MB left): make room, the desk waits and ` +
          `goes on by itself`,
      );
    }
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}
