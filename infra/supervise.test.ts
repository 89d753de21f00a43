import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { endProcess, identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { createSupervisor, type ChildSpec, type Supervisor } from './supervise.ts';

let dir: string;
let supervisor: Supervisor;
let lines: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-supervise-'));
  lines = [];
  supervisor = createSupervisor({ dir, log: (line) => lines.push(line) });
});
afterEach(async () => {
  await supervisor.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

/** A Node child that runs `code`, says 'ready' over its channel, and lives until told to end. */
function nodeChild(name: string, code = ''): ChildSpec {
  return {
    name,
    command: process.execPath,
    args: ['-e', `${code}; setInterval(() => {}, 1e6); process.send('ready')`],
    ipc: true,
    ready: (child) => new Promise((resolve) => child.once('message', () => resolve())),
  };
}

function identityOf(pid: number | undefined): ProcessIdentity {
  const identity = identify(pid ?? -1);
  if (identity === null) throw new Error(`no process ${pid}`);
  return identity;
}

function restarted(spec: ChildSpec): { spec: ChildSpec; again: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { spec: { ...spec, onRestarted: resolve }, again: promise };
}

test('records a child on disk, and forgets it when it is stopped', async () => {
  const child = await supervisor.run({ ...nodeChild('worker'), dataDir: '/some/where' });
  const record: unknown = JSON.parse(readFileSync(join(dir, 'pids', 'worker.json'), 'utf8'));
  expect(record).toMatchObject({ ...identityOf(child.process.pid), dataDir: '/some/where' });

  const identity = identityOf(child.process.pid);
  await child.stop();
  expect(isAlive(identity)).toBe(false);
  expect(readdirSync(join(dir, 'pids'))).toEqual([]);
});

test('starts a killed child again and says so', async () => {
  const { spec, again } = restarted(nodeChild('worker'));
  const child = await supervisor.run(spec);
  const first = child.process.pid;
  child.process.kill('SIGKILL');
  await again;
  expect(child.process.pid).not.toBe(first);
  expect(child.restarts).toBe(1);
  expect(lines).toEqual(['worker was ended by SIGKILL; starting it again', 'worker runs again']);
});

test('a child that may not restart only reports its end', async () => {
  const { promise: how, resolve } = Promise.withResolvers<string>();
  const spec = nodeChild('once', "process.on('message', () => process.exit(7))");
  const child = await supervisor.run({ ...spec, restart: false, onExit: resolve });
  child.process.send('go');
  expect(await how).toBe('ended with status 7');
});

test('a child that ends before it is ready fails its start, with the end of its log', async () => {
  const spec = nodeChild('broken', "console.error('no such table: coins'); process.exit(3)");
  await expect(supervisor.run(spec)).rejects.toThrow(
    /broken ended with status 3 before it was ready \(log: .*broken\.log\)\nno such table: coins/,
  );
});

test('a child that is killed before it is ready is started again', async () => {
  const spec = nodeChild('worker');
  let lives = 0;
  const child = await supervisor.run({
    ...spec,
    ready: (process, signal) => {
      lives += 1;
      if (lives < 3) process.kill('SIGKILL');
      return lives < 3 ? new Promise(() => {}) : (spec.ready?.(process, signal) as Promise<void>);
    },
  });
  expect(lives).toBe(3);
  expect(isAlive(identityOf(child.process.pid))).toBe(true);
  expect(lines).toEqual(
    Array.from({ length: 2 }, () =>
      expect.stringMatching(/^worker was ended by SIGKILL .*; starting it again$/),
    ),
  );
});

test('a child that is killed at every start fails it, saying what to look for', async () => {
  const spec = nodeChild('doomed');
  const start = supervisor.run({
    ...spec,
    ready: (process) => {
      process.kill('SIGKILL');
      return new Promise(() => {});
    },
  });
  await expect(start).rejects.toThrow(
    /doomed was ended by SIGKILL before it was ready[^]*started 5 times[^]*what kills processes here/,
  );
});

test('a child that fails because one that it needs was killed is started again', async () => {
  const needed = await supervisor.run(nodeChild('database'));
  const spec = nodeChild('worker', "process.on('message', () => process.exit(1))");
  let lives = 0;
  await supervisor.run({
    ...spec,
    ready: (process, signal) => {
      lives += 1;
      if (lives > 1) return spec.ready?.(process, signal) as Promise<void>;
      needed.process.once('exit', () => process.send('the database is gone'));
      needed.process.kill('SIGKILL');
      return new Promise(() => {});
    },
  });
  expect(lives).toBe(2);
});

test('a command that does not exist fails the start by name', async () => {
  const spec = { name: 'ghost', command: '/no/such/program', args: [] };
  await expect(supervisor.run(spec)).rejects.toThrow(/ghost did not start: .*ENOENT/);
});

test('a child that does not get ready is ended', async () => {
  let identity: ProcessIdentity | undefined;
  const spec: ChildSpec = {
    ...nodeChild('slow'),
    ready: (child) => {
      identity = identityOf(child.pid);
      return Promise.reject(new Error('no answer on port 1'));
    },
  };
  await expect(supervisor.run(spec)).rejects.toThrow('no answer on port 1');
  expect(identity !== undefined && isAlive(identity)).toBe(false);
});

test('stops the last started first, and kills what does not listen', async () => {
  const note = join(dir, 'ends');
  const noteEnd = (name: string): string =>
    `process.on('SIGTERM', () => { require('fs').appendFileSync(${JSON.stringify(note)}, '${name} '); process.exit() })`;
  await supervisor.run(nodeChild('first', noteEnd('first')));
  const deaf = await supervisor.run({
    ...nodeChild('deaf', "process.on('SIGTERM', () => {})"),
    graceMs: 50,
  });
  const identity = identityOf(deaf.process.pid);
  await supervisor.run(nodeChild('last', noteEnd('last')));
  await supervisor.stopAll();
  expect(readFileSync(note, 'utf8')).toBe('last first ');
  expect(isAlive(identity)).toBe(false);
});

test('a stop during a restart is final', async () => {
  const { promise: starting, resolve } = Promise.withResolvers<void>();
  let starts = 0;
  const child = await supervisor.run({
    ...nodeChild('worker'),
    beforeStart: () => {
      if ((starts += 1) === 2) resolve();
      return Promise.resolve();
    },
  });
  child.process.kill('SIGKILL');
  await starting;
  await child.stop();
  expect(readdirSync(join(dir, 'pids'))).toEqual([]);
});

test('ends what a killed supervisor left, by record and by mark, and nothing else', async () => {
  // A supervisor in another process, killed while its children run.
  const program = `
    import { createSupervisor } from ${JSON.stringify(join(import.meta.dirname, 'supervise.ts'))};
    const supervisor = createSupervisor({ dir: ${JSON.stringify(dir)}, log: () => {} });
    const sleeper = (name) => ({ name, command: 'sleep', args: ['1000'] });
    const pids = [];
    for (const name of ['a', 'b']) pids.push((await supervisor.run(sleeper(name))).process.pid);
    process.send(pids);
    setInterval(() => {}, 1e6);`;
  const killed = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const pids = await new Promise<number[]>((resolve) =>
    killed.once('message', (message) => resolve(message as number[])),
  );
  const left = pids.map(identityOf);
  killed.kill('SIGKILL');
  await new Promise((resolve) => killed.once('exit', resolve));
  expect(left.map(isAlive)).toEqual([true, true]);

  // As if the kill had come before the second record was written.
  const spared = process.platform === 'linux' ? 'b' : 'none';
  rmSync(join(dir, 'pids', `${spared}.json`), { force: true });
  // A record whose number belongs to a foreign process by now.
  const foreign = spawn('sleep', ['1000']);
  const { pid } = identityOf(foreign.pid);
  writeFileSync(
    join(dir, 'pids', 'foreign.json'),
    JSON.stringify({ name: 'foreign', pid, startTime: 'long ago' }),
  );
  try {
    const ended = await supervisor.endLeftovers();
    expect(ended.map(({ name }) => name).sort()).toEqual(['a', 'b']);
    expect(left.map(isAlive)).toEqual([false, false]);
    expect(isAlive(identityOf(foreign.pid))).toBe(true);
    expect(readdirSync(join(dir, 'pids'))).toEqual([]);
  } finally {
    await endProcess(identityOf(foreign.pid));
  }
});
