import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-lint-'));
  cpSync(join(root, '.oxlintrc.json'), join(dir, '.oxlintrc.json'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The rules that `code` breaks when it stands in `file`. */
function broken(file: string, code: string): string[] {
  const path = join(dir, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${code}\n`);
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'unix', path], {
    cwd: dir,
    encoding: 'utf8',
  });
  rmSync(path);
  return [...stdout.matchAll(/\[Error\/\w+\(([\w-]+)\)\]/g)].map((match) => match[1] ?? '');
}

// The arrows of the architecture: shared <- candles <- workflows, activities, simulator <- programs.
test.each([
  { from: 'shared/risk/a.ts', what: '../../activities/a.ts', allowed: false },
  { from: 'shared/risk/a.ts', what: '../../candles/a.ts', allowed: false },
  { from: 'shared/risk/a.ts', what: 'node:fs', allowed: false },
  { from: 'shared/risk/a.ts', what: 'pg', allowed: false },
  { from: 'shared/risk/a.ts', what: '../money.ts', allowed: true },
  { from: 'candles/a.ts', what: '../activities/a.ts', allowed: false },
  { from: 'candles/a.ts', what: '../shared/a.ts', allowed: true },
  { from: 'workflows/a.ts', what: '../activities/a.ts', allowed: false },
  { from: 'workflows/a.ts', what: 'node:crypto', allowed: false },
  { from: 'workflows/a.ts', what: 'openai', allowed: false },
  { from: 'workflows/a.ts', what: '@temporalio/client', allowed: false },
  { from: 'workflows/a.ts', what: '@temporalio/workflow', allowed: true },
  { from: 'activities/orders/a.ts', what: '../../simulator/a.ts', allowed: false },
  { from: 'activities/orders/a.ts', what: '../ledger/a.ts', allowed: true },
  { from: 'simulator/a.ts', what: '../activities/a.ts', allowed: false },
  { from: 'simulator/a.ts', what: '../candles/a.ts', allowed: true },
  { from: 'workers/a.ts', what: '../activities/a.ts', allowed: true },
])('$from imports $what: $allowed', ({ from, what, allowed }) => {
  const code = `import { a } from '${what}';\nexport const b = a;`;
  expect(broken(from, code)).toEqual(allowed ? [] : ['no-restricted-imports']);
});

test('workflows may name the types of activities', () => {
  const code = "import type { A } from '../activities/a.ts';\nexport type B = A;";
  expect(broken('workflows/a.ts', code)).toEqual([]);
});

test('only programs read the environment', () => {
  const code = 'export const a = process.env;';
  expect(broken('activities/a.ts', code)).toEqual(['no-process-env']);
  expect(broken('cli/a.ts', code)).toEqual([]);
});
