import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { findTemporal, type Obtain } from './temporal-cli.ts';
import { downloadTemporal } from './temporal-download.ts';

let dir: string;
let lines: string[];
const log = (line: string): void => void lines.push(line);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-find-'));
  lines = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const GOOD = 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)';

/** A program that says `version` when asked. */
function program(path: string, version = GOOD): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${version}'\n`);
  chmodSync(path, 0o755);
  return path;
}

function environment(path = ''): NodeJS.ProcessEnv {
  return { PATH: path, XDG_CACHE_HOME: join(dir, 'cache') };
}

const noWay: Obtain[] = [
  { name: 'download', how: 'downloaded', get: () => Promise.reject(new Error('no route to host')) },
  { name: 'build', how: 'built', get: () => Promise.reject(new Error('Go is not installed')) },
];

test('a folder of the PATH that cannot be looked into is passed over', async () => {
  const onPath = program(join(dir, 'bin', 'temporal'));
  // Too long a name fails as a folder of another user does, whoever runs the test.
  const env = environment(`/${'x'.repeat(5000)}:${join(dir, 'bin')}`);
  expect(await findTemporal({ log, env })).toMatchObject({ kind: 'binary', path: onPath });
});

function puts(version?: string): Obtain {
  return {
    name: 'build',
    how: 'built',
    get: ({ target }) => {
      program(target, version);
      return Promise.resolve();
    },
  };
}

test('a server that is named goes before everything, unless the program is needed', async () => {
  const onPath = program(join(dir, 'bin', 'temporal'));
  const env = { ...environment(join(dir, 'bin')), TEMPORAL_ADDRESS: 'temporal.example:7233' };
  expect(await findTemporal({ log, env })).toEqual({
    kind: 'address',
    address: 'temporal.example:7233',
  });
  expect(await findTemporal({ log, env, needBinary: true })).toEqual({
    kind: 'binary',
    path: onPath,
    how: 'on the PATH',
  });
});

test.each([
  'temporal version 0.11.0 (server 1.22.0)',
  'temporal version 1.1.0 (Server 1.25.0, UI 2.31.2)',
  'tempo, version 2.4.1',
])('passes over "%s" on the PATH and says why', async (version) => {
  program(join(dir, 'bin', 'temporal'), version);
  const env = environment(join(dir, 'bin'));
  await expect(findTemporal({ log, env, obtain: noWay })).rejects.toThrow(
    /bin\/temporal on the PATH: (it is not the Temporal CLI|its server 1\.25 is older than 1\.29)/,
  );
});

test('what was built once is found the next time', async () => {
  const first = await findTemporal({ log, env: environment(), obtain: [...noWay, puts()] });
  expect(first).toMatchObject({ kind: 'binary', how: 'built' });
  const second = await findTemporal({ log, env: environment(), obtain: noWay });
  expect(second).toMatchObject({ kind: 'binary', how: 'kept from an earlier start' });
});

test('of two that need it at once, one gets it and both have it', async () => {
  let builds = 0;
  const once: Obtain = {
    ...puts(),
    get: (options) => {
      builds += 1;
      return puts().get(options);
    },
  };
  const options = { log, env: environment(), obtain: [once] };
  const [a, b] = await Promise.all([findTemporal(options), findTemporal(options)]);
  expect(builds).toBe(1);
  expect(a.kind === 'binary' && b.kind === 'binary' && a.path === b.path).toBe(true);
});

test('when nothing works, one message lists what was tried and what helps', async () => {
  const message = await findTemporal({ log, env: environment(), obtain: noWay }).then(
    () => 'found',
    (error: Error) => error.message,
  );
  for (const part of [
    'TEMPORAL_ADDRESS: not set',
    '"temporal" on the PATH: none',
    "the SDK's cached download",
    'download: no route to host',
    'build: Go is not installed',
    'https://docs.temporal.io/cli',
    'https://go.dev/dl',
  ]) {
    expect(message).toContain(part);
  }
});

test('fetches a release the way the SDK does', async () => {
  program(join(dir, 'release', 'temporal'));
  execFileSync('tar', ['-czf', join(dir, 'a.tar.gz'), '-C', join(dir, 'release'), 'temporal']);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/a.tar.gz') response.end(readFileSync(join(dir, 'a.tar.gz')));
    else
      response.end(JSON.stringify({ archiveUrl: `${base()}/a.tar.gz`, fileToExtract: 'temporal' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = (): string => {
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  };
  try {
    const target = join(dir, 'fetched');
    await downloadTemporal({ target, log, infoUrl: `${base()}/cli` });
    expect(asked[0]).toMatch(/^\/cli\/v1\.8\.2\?arch=\w+&platform=\w+&format=tar\.gz$/);
    expect(execFileSync(target, ['--version'], { encoding: 'utf8' }).trim()).toBe(GOOD);
  } finally {
    server.close();
  }
});
