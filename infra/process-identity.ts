import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A process that cannot be mistaken for a later one with the same number: `startTime` is an opaque
 * string that two processes of one pid never share.
 */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** The identity of a living process, or null when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
  return startTime === null ? null : { pid, startTime };
}

/** Whether exactly this process, not another that got its pid, still runs. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return identify(pid)?.startTime === startTime;
}

/** The command line of a process as far as the system tells it, for messages. */
export function describeProcess(pid: number): string {
  try {
    const text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    const line = text.trim();
    return line.length > 120 ? `${line.slice(0, 117)}...` : line;
  } catch {
    return '';
  }
}

/** Sends `signal`, unless the process has ended or its pid belongs to another by now. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    // ESRCH: it ended between the two lines.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends a process: `first`, then SIGKILL when it still runs after `graceMs`. Resolves once gone. */
export async function endProcess(
  identity: ProcessIdentity,
  { first = 'SIGTERM', graceMs = 5000 }: { first?: NodeJS.Signals; graceMs?: number } = {},
): Promise<void> {
  signalProcess(identity, first);
  if (await goneWithin(identity, graceMs)) return;
  signalProcess(identity, 'SIGKILL');
  if (await goneWithin(identity, 5000)) return;
  throw new Error(
    `process ${identity.pid} (${describeProcess(identity.pid)}) does not end, not even by SIGKILL`,
  );
}

async function goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (isAlive(identity)) {
    if (performance.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

let bootId: string | undefined;

function linuxStartTime(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field is the program's name in brackets and may itself hold brackets and blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  // Field 22 counts ticks since boot, so the boot belongs to it.
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return `${bootId}:${fields[19]}`;
}

function psStartTime(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    if (line === '' || line.startsWith('Z')) return null;
    return line.replace(/^\S+\s+/, '');
  } catch {
    return null;
  }
}
