import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { freePort } from './ports.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';
import type { PostgresUserRoute } from './postgres-user.ts';
import { endProcess, identify } from './process-identity.ts';
import { createSupervisor, type Supervisor } from './supervise.ts';

let dir: string;
let supervisor: Supervisor;
let lines: string[];

beforeEach(() => {
  // A folder that no other user may enter, like the home of root.
  dir = mkdtempSync(join(tmpdir(), 'triplegain-postgres-'));
  chmodSync(dir, 0o700);
  supervisor = createSupervisor({ dir, log: () => undefined });
  lines = [];
});
afterEach(async () => {
  await supervisor.stopAll();
  // The cluster of another user lies elsewhere, which is logged.
  const elsewhere = /the database lies in (\S+):/.exec(lines.join('\n'))?.[1];
  if (elsewhere !== undefined) rmSync(elsewhere, { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
});

async function start(
  options: { supervisor?: Supervisor; routes?: readonly PostgresUserRoute[] } = {},
): Promise<PostgresServer> {
  const dataDir = join(dir, 'postgres');
  const port = await freePort();
  const log = (line: string): void => void lines.push(line);
  const settings = { fsync: 'off' };
  return startPostgres({ supervisor, dataDir, port, settings, log, ...options });
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const isRoot = process.getuid?.() === 0;
const routes: (PostgresUserRoute | 'as it comes')[] = isRoot
  ? ['user-namespace', 'other-user']
  : ['as it comes'];

test.each(routes)('keeps what was committed over a kill and a new start (%s)', async (route) => {
  const options = route === 'as it comes' ? {} : { routes: [route] };
  const first = await start(options);
  await query(first.url, 'CREATE TABLE coins (name text)');
  await query(first.url, "INSERT INTO coins VALUES ('XRP')");

  // Everything that would start it again is gone too: a supervisor that knows of no child.
  const identity = identify(first.process.pid ?? -1);
  if (identity === null) throw new Error('the server has no process');
  const other = createSupervisor({ dir: join(dir, 'other'), log: () => undefined });
  try {
    const stopped = supervisor.stopAll();
    await endProcess(identity, { first: 'SIGKILL' });
    await stopped;
    const second = await start({ ...options, supervisor: other });
    expect(await query(second.url, 'SELECT name FROM coins')).toEqual([{ name: 'XRP' }]);
  } finally {
    await other.stopAll();
  }
});

test('a server that was left running is ended, its successor takes over the data', async () => {
  const left = await start();
  await query(left.url, 'CREATE TABLE coins (name text)');
  const identity = identify(left.process.pid ?? -1);
  const other = createSupervisor({ dir: join(dir, 'other'), log: () => undefined });
  try {
    // The first supervisor starts its server again meanwhile, so it is stopped beside it.
    const stopped = supervisor.stopAll();
    const second = await start({ supervisor: other });
    await stopped;
    expect(await query(second.url, 'SELECT name FROM coins')).toEqual([]);
    expect(identify(identity?.pid ?? -1)).toBeNull();
  } finally {
    await other.stopAll();
  }
});

test('a lock file that names a foreign process does not stop it', async () => {
  const first = await start();
  await first.stop();
  const lines = [process.pid, join(dir, 'postgres', 'cluster'), 1, 5432, '', '127.0.0.1'];
  writeFileSync(join(dir, 'postgres', 'cluster', 'postmaster.pid'), lines.join('\n'));
  const second = await start();
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('what an interrupted creation left is cleared', async () => {
  mkdirSync(join(dir, 'postgres', 'new-abc', 'cluster'), { recursive: true });
  const server = await start();
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(statSync(join(dir, 'postgres', 'new-abc'), { throwIfNoEntry: false })).toBeUndefined();
});

test('only the right password opens it, and only its owner may read that', async () => {
  const server = await start();
  const url = new URL(server.url);
  url.password = 'postgres';
  await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  expect(statSync(join(dir, 'postgres', 'password')).mode & 0o777).toBe(0o600);
});

test('a lost password is told as such', async () => {
  const server = await start();
  await server.stop();
  rmSync(join(dir, 'postgres', 'password'));
  await expect(start()).rejects.toThrow(`${join(dir, 'postgres', 'password')} is missing`);
});

test('a cluster of another PostgreSQL version is refused by number', async () => {
  const server = await start();
  await server.stop();
  writeFileSync(join(dir, 'postgres', 'cluster', 'PG_VERSION'), '9\n');
  await expect(start()).rejects.toThrow(/is of PostgreSQL 9, the server .* is \d+/);
});
