import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

import { describeProcess } from './process-identity.ts';

export interface PortUse {
  /** What is to listen there, as a user would call it: "PostgreSQL". */
  name: string;
  port: number;
}

/**
 * Throws when a port on 127.0.0.1 is taken, naming the port, the process as far as it can be found,
 * and what to do.
 */
export async function assertPortsFree(uses: readonly PortUse[]): Promise<void> {
  const taken: PortUse[] = [];
  for (const use of uses) if (!(await isFree(use.port))) taken.push(use);
  if (taken.length === 0) return;
  const lines = taken.map(({ name, port }) => `  ${port} (for ${name}): ${listenerOn(port)}`);
  throw new Error(
    `${taken.length === 1 ? 'a port that is needed is' : 'ports that are needed are'} in use by another program:\n` +
      `${lines.join('\n')}\nstop it, or choose other ports with --port-base N`,
  );
}

/** A port on 127.0.0.1 that was free a moment ago. For tests and one-off servers. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('the system gave no port'));
      });
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else
        reject(new Error(`cannot listen on 127.0.0.1:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function listenerOn(port: number): string {
  const pid = process.platform === 'linux' ? linuxListener(port) : lsofListener(port);
  if (pid === null) return 'a process that this user may not see';
  const command = describeProcess(pid);
  return `process ${pid}${command === '' ? '' : ` (${command})`}`;
}

function linuxListener(port: number): number | null {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      const fields = line.trim().split(/\s+/);
      // Columns: local address, state (0A is LISTEN), inode.
      if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === '0A' && fields[9] !== undefined) {
        inodes.add(`socket:[${fields[9]}]`);
      }
    }
  }
  if (inodes.size === 0) return null;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const fd of readdirSync(`/proc/${entry}/fd`)) {
        if (inodes.has(readlinkSync(`/proc/${entry}/fd/${fd}`))) return Number(entry);
      }
    } catch {
      // Another user's process, or one that ended meanwhile.
    }
  }
  return null;
}

function lsofListener(port: number): number | null {
  try {
    const out = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = Number.parseInt(out, 10);
    return Number.isNaN(pid) ? null : pid;
  } catch {
    return null;
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}
