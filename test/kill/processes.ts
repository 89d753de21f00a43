import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  endProcess,
  identify,
  isAlive,
  signalProcess,
  type ProcessIdentity,
} from '../../infra/process-identity.ts';

/** The processes that `npm start` runs beside itself, by the name of their pid file. */
export const CHILDREN = ['worker', 'simulator', 'temporal', 'postgres'] as const;
export type Child = (typeof CHILDREN)[number];

/** The living process of a child of `home`, or null while there is none. */
export function childOf(home: string, name: Child): ProcessIdentity | null {
  const file = join(home, 'pids', `${name}.json`);
  try {
    const { pid, startTime } = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
    return isAlive({ pid, startTime }) ? { pid, startTime } : null;
  } catch {
    // Not written yet, or being replaced.
    return null;
  }
}

/** Everything that a start of `home` has started, helpers of the servers included. */
export function processesOf(home: string): ProcessIdentity[] {
  const byMark = process.platform === 'linux' ? marked(home) : [];
  const byFile = CHILDREN.map((name) => childOf(home, name)).filter((found) => found !== null);
  return [...new Map([...byFile, ...byMark].map((found) => [found.pid, found])).values()];
}

/** SIGKILL to all at once; resolves when they are gone. */
export async function killAll(processes: readonly ProcessIdentity[]): Promise<void> {
  for (const found of processes) signalProcess(found, 'SIGKILL');
  await Promise.all(processes.map((found) => endProcess(found, { first: 'SIGKILL' })));
}

function marked(home: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !existsSync(`/proc/${entry}/environ`)) continue;
    try {
      const variables = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      if (!variables.some((v) => v.startsWith(`TRIPLEGAIN_SUPERVISED_BY=${home}#`))) continue;
    } catch {
      // Another user's process, or one that ended meanwhile.
      continue;
    }
    const identity = identify(Number(entry));
    if (identity !== null) found.push(identity);
  }
  return found;
}
