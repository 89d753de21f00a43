import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { ReplaySummary } from '../../activities/ledger/records/replay-summary.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = ['--disable-warning=ExperimentalWarning'];

/** One call of `npm start`, as a person would type it, and what became of it. */
export interface DeskRun {
  readonly pid: number;
  /** Everything it printed on stderr so far. */
  said(): string;
  /** Resolves at its end: status (null when killed) and the summary, if it printed one. */
  readonly ended: Promise<{ status: number | null; summary: ReplaySummary | null }>;
  isOver(): boolean;
}

export function startDesk(
  args: readonly string[],
  crashFolder: string | null,
  env: Record<string, string> = {},
): DeskRun {
  const child = runNode(['cli/start.ts', ...args], {
    ...(crashFolder === null ? {} : { TRIPLEGAIN_CRASH_AT: crashFolder }),
    ...env,
  });
  let stdout = '';
  let stderr = '';
  let over = false;
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const ended = new Promise<{ status: number | null; summary: ReplaySummary | null }>((done) => {
    child.once('close', (status) => {
      over = true;
      done({
        status,
        summary: stdout.trim() === '' ? null : (JSON.parse(stdout) as ReplaySummary),
      });
    });
  });
  if (child.pid === undefined) throw new Error('npm start did not start');
  return { pid: child.pid, said: () => stderr, ended, isOver: () => over };
}

/** What `npm run desk -- status` says, or why it says nothing. */
export function deskStatus(home: string): Promise<string> {
  const child = runNode(['cli/desk.ts', 'status', '--home', home], {});
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), 15_000);
  return new Promise((done) => {
    child.once('close', () => {
      clearTimeout(limit);
      done(text);
    });
  });
}

function runNode(args: readonly string[], env: Record<string, string>): ChildProcess {
  // Servers of the caller's own are not ours to kill.
  const {
    DATABASE_URL: _database,
    TEMPORAL_ADDRESS: _temporal,
    TRIPLEGAIN_HOME: _home,
    ...rest
  } = process.env;
  return spawn(process.execPath, [...NODE, ...args], {
    cwd: ROOT,
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
