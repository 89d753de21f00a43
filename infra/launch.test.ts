import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: string;

/** A checkout with the launcher, one program and an npm that installs by a few lines. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-launch-'));
  mkdirSync(join(dir, 'infra'));
  cpSync(join(import.meta.dirname, 'launch.mjs'), join(dir, 'infra', 'launch.mjs'));
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(dir, 'package-lock.json'), '{ "packages": { "": {} } }');
  npm(`
    const bin = ${JSON.stringify(join(dir, 'node_modules', 'node', 'bin'))};
    fs.mkdirSync(bin, { recursive: true });
    fs.rmSync(bin + '/node', { force: true });
    fs.symlinkSync(${JSON.stringify(process.execPath)}, bin + '/node');
    console.log('npm says this on stdout');`);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function npm(code: string): void {
  const note = JSON.stringify(join(dir, 'installs'));
  mkdirSync(join(dir, 'npm'), { recursive: true });
  writeFileSync(
    join(dir, 'npm', 'npm-cli.js'),
    `const fs = require('node:fs'); fs.appendFileSync(${note}, 'x');${code}`,
  );
  writeFileSync(join(dir, 'npm', 'package.json'), '{}');
}

function installs(): number {
  const note = join(dir, 'installs');
  return existsSync(note) ? readFileSync(note, 'utf8').length : 0;
}

interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** `carried`: as on a Node that cannot hand the process over, so the launcher stays in between. */
function launch(
  args: string[],
  { carried = false, onOutput }: { carried?: boolean; onOutput?: (pid: number) => void } = {},
): Promise<Ended> {
  const flags = carried ? ['--import', 'data:text/javascript,delete process.execve'] : [];
  const child = spawn(process.execPath, [...flags, join(dir, 'infra', 'launch.mjs'), ...args], {
    cwd: tmpdir(),
    env: { ...process.env, npm_execpath: join(dir, 'npm', 'npm-cli.js') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.stdout += text;
    onOutput?.(child.pid ?? -1);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
  return new Promise((resolve) => {
    child.once('close', (status, signal) => resolve({ status, signal, ...ended }));
  });
}

function program(code: string): void {
  writeFileSync(join(dir, 'main.ts'), code);
}

test('installs once, says so on stderr only, and runs TypeScript', async () => {
  program('const args: string[] = process.argv.slice(2); console.log(JSON.stringify(args));');
  const first = await launch(['main.ts', '--json', 'two words']);
  expect(first).toMatchObject({ status: 0, stdout: '["--json","two words"]\n' });
  expect(first.stderr).toContain('installing the dependencies');

  const second = await launch(['main.ts']);
  expect(second).toMatchObject({ status: 0, stdout: '[]\n', stderr: '' });
  expect(installs()).toBe(1);
});

test('installs again when the lockfile has changed', async () => {
  program('');
  await launch(['main.ts']);
  writeFileSync(join(dir, 'package-lock.json'), '{ "packages": { "": {} }, "changed": true }');
  expect((await launch(['main.ts'])).stderr).toContain('installing');
  expect(installs()).toBe(2);
});

test('takes an installation that npm made by itself', async () => {
  program('');
  await launch(['main.ts']);
  rmSync(join(dir, 'node_modules', '.triplegain-installed'));
  writeFileSync(join(dir, 'node_modules', '.package-lock.json'), '{ "packages": {} }');
  expect((await launch(['main.ts'])).stderr).toBe('');
  expect(installs()).toBe(1);
});

test('of two at once one installs and both run', async () => {
  program('console.log("ran")');
  const both = await Promise.all([launch(['main.ts']), launch(['main.ts'])]);
  expect(both.map(({ stdout }) => stdout)).toEqual(['ran\n', 'ran\n']);
  expect(installs()).toBe(1);
});

test.each([
  { says: 'npm error code ENOTFOUND', advice: 'The package registry could not be reached' },
  { says: 'npm error code ENOSPC', advice: 'The disk is full' },
])('a failed installation shows what npm said and what to do ($says)', async ({ says, advice }) => {
  program('console.log("ran")');
  npm(`console.error('${says}'); process.exit(1);`);
  const ended = await launch(['main.ts']);
  expect(ended).toMatchObject({ status: 1, stdout: '' });
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).toContain(advice);
});

test('says so when install scripts are turned off', async () => {
  program('');
  npm('');
  const ended = await launch(['main.ts']);
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain('--ignore-scripts=false');
});

test.each([{ carried: false }, { carried: true }])(
  'status and signals pass through exactly (carried: $carried)',
  async ({ carried }) => {
    program('process.exit(Number(process.argv[2]))');
    expect(await launch(['main.ts', '3'], { carried })).toMatchObject({ status: 3, signal: null });

    program('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1e6)');
    expect(await launch(['main.ts'], { carried })).toMatchObject({ signal: 'SIGKILL' });

    program(`
      process.on('SIGTERM', () => process.exit(9));
      setInterval(() => {}, 1e6);
      console.log('up');`);
    const asked = await launch(['main.ts'], {
      carried,
      onOutput: (pid) => process.kill(pid, 'SIGTERM'),
    });
    expect(asked).toMatchObject({ status: 9, signal: null });
  },
);

test('runs tools of the checkout, scripts under its Node and others as they are', async () => {
  program('');
  await launch(['main.ts']);
  const bin = join(dir, 'node_modules', '.bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'script'), '#!/usr/bin/env node\nconsole.log(process.execPath)');
  writeFileSync(join(bin, 'native'), '#!/bin/sh\necho "native $1"; exit 4');
  chmodSync(join(bin, 'native'), 0o755);
  const script = await launch(['--run', 'script']);
  expect(script).toMatchObject({ status: 0, stdout: `${process.execPath}\n` });
  const native = await launch(['--run', 'native', 'arg']);
  expect(native).toMatchObject({ status: 4, stdout: 'native arg\n' });
});

test('wrong usage has status 2', async () => {
  program('');
  await launch(['main.ts']);
  expect(await launch([])).toMatchObject({ status: 2, stdout: '' });
  const ended = await launch(['--run', 'nothing-like-it']);
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain('there is no tool "nothing-like-it"');
});
