import {
  closeSync,
  copyFileSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';

/** A log that a child appends to by itself, kept to a bounded size. */
export interface LogFile {
  readonly path: string;
  size(): number;
  /** Moves the log to `<path>.1` when it has grown past the limit; for use while nobody writes. */
  rotate(): void;
  /** The last lines written since byte `from`, or since a later cut. */
  tail(from: number): string;
  close(): void;
}

const CHECK_EVERY_MS = 30_000;
const TAIL_BYTES = 4000;
const TAIL_LINES = 15;

/** Two files of about `limitBytes` each are kept at most: `path` and `path.1`. */
export function createLogFile(path: string, limitBytes = 20 * 1024 * 1024): LogFile {
  const size = (): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

  // The child holds the file open for appending, so it is copied and cut rather than renamed.
  const timer = setInterval(() => {
    if (size() <= limitBytes) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
  }, CHECK_EVERY_MS);
  timer.unref();

  return {
    path,
    size,
    rotate() {
      if (size() > limitBytes) renameSync(path, `${path}.1`);
    },
    tail(from) {
      const end = size();
      const start = Math.max(from <= end ? from : 0, end - TAIL_BYTES);
      if (end === start) return '';
      const buffer = Buffer.alloc(end - start);
      const fd = openSync(path, 'r');
      const read = readSync(fd, buffer, 0, buffer.length, start);
      closeSync(fd);
      return buffer.toString('utf8', 0, read).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    },
    close: () => clearInterval(timer),
  };
}
