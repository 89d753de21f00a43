import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { homeDir, lockHome, openHome } from './home.ts';
import { identify } from './process-identity.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-home-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test.each([
  { name: 'the flag goes first', flag: '/a', env: { TRIPLEGAIN_HOME: '/b' }, expected: '/a' },
  { name: 'then the variable', flag: undefined, env: { TRIPLEGAIN_HOME: '/b' }, expected: '/b' },
  { name: 'else the checkout', flag: undefined, env: {}, expected: '/root-of/.triplegain' },
  {
    name: 'an empty variable is none',
    flag: undefined,
    env: { TRIPLEGAIN_HOME: '' },
    expected: '/root-of/.triplegain',
  },
  {
    name: 'a relative path starts at the checkout',
    flag: 'x/y',
    env: {},
    expected: '/root-of/x/y',
  },
])('$name', ({ flag, env, expected }) => {
  expect(homeDir({ flag, env, root: '/root-of' })).toBe(expected);
});

test('a home keeps its id and the port base it was last given', () => {
  const first = openHome({ dir: join(dir, 'home') });
  expect(first.id).toMatch(/^[0-9a-f]{6}$/);
  expect(first.ports).toMatchObject({ temporal: 17000, postgres: 17002, dashboard: 17007 });

  const moved = openHome({ dir: join(dir, 'home'), portBase: 19000 });
  expect(moved.id).toBe(first.id);
  expect(moved.ports.temporalUi).toBe(19001);
  expect(openHome({ dir: join(dir, 'home') }).portBase).toBe(19000);
});

test('two homes have different ids', () => {
  const ids = ['a', 'b'].map((name) => openHome({ dir: join(dir, name) }).id);
  expect(new Set(ids).size).toBe(2);
});

test.each([0, 80, 65501, 1.5, Number.NaN])('port base %d is refused by name', (portBase) => {
  expect(() => openHome({ dir, portBase })).toThrow('--port-base must be a whole number');
});

test.each(['', '{', '{"id": "xyz", "portBase": 17000}', '{"id": "abcdef", "portBase": "17000"}'])(
  'a damaged home.json (%j) is named',
  (content) => {
    writeFileSync(join(dir, 'home.json'), content);
    expect(() => openHome({ dir })).toThrow(`${join(dir, 'home.json')} is damaged`);
    // What is there stays for a person to look at.
    expect(readFileSync(join(dir, 'home.json'), 'utf8')).toBe(content);
  },
);

test('a second start of a home is told who holds it', () => {
  const home = openHome({ dir });
  const lock = lockHome(home);
  expect(() => lockHome(home)).toThrow(`${dir} is in use by process ${process.pid}`);
  lock.release();
  lockHome(home).release();
});

test('the lock of a dead process is free, even when its number lives again', () => {
  const home = openHome({ dir });
  const self = identify(process.pid);
  const reused = JSON.stringify({ pid: self?.pid, startTime: 'long ago' });
  for (const left of [reused, 'cut sho', '{"pid": 4000000, "startTime": "1"}']) {
    writeFileSync(join(dir, 'home.lock'), left);
    lockHome(home).release();
  }
});
