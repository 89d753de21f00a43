import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePortBase } from '../../infra/free-port-base.ts';
import { lockHome, openHome } from '../../infra/home.ts';

const SCRIPT = join(import.meta.dirname, '..', 'start.ts');

test('a start that finds the home in use leaves its ports as they are', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'run-start-'));
  const home = openHome({ dir, portBase: 21_000 });
  const lock = lockHome(home);
  try {
    const child = spawn(process.execPath, [SCRIPT, '--home', dir, '--port-base', '22000']);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(stderr).toContain(`is in use by process ${process.pid}`);
    expect(openHome({ dir }).portBase).toBe(21_000);
  } finally {
    lock.release();
    rmSync(dir, { recursive: true, force: true });
  }
}, 30_000);

test('stopped while it waits for a server that never answers, it ends at once with status 130 and leaves nothing running', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'run-start-'));
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const base = String(await freePortBase());
  const child = spawn(process.execPath, [SCRIPT, '--home', dir, '--port-base', base, '--json'], {
    env: { ...process.env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const exited = once(child, 'exit');
  try {
    await once(silent, 'connection');
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    expect(stdout).toBe('');
    expect(started(dir)).toEqual([]);
  } finally {
    child.kill('SIGKILL');
    silent.close();
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);

/** Command lines that name the folder (Linux). */
function started(dir: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(dir) ? [line] : [];
    } catch {
      return [];
    }
  });
}
