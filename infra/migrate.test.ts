import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { databaseUrl } from '../test/support/services.ts';
import { migrate } from './migrate.ts';

let pool: pg.Pool;
let dir: string;
let schema: string;
let tests = 0;

beforeAll(() => {
  pool = new pg.Pool({ connectionString: databaseUrl() });
});
afterAll(() => pool.end());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-migrations-'));
  // Upper case and a dash show that the name is quoted everywhere.
  schema = `Migrate-test-${(tests += 1)}`;
});
afterEach(async () => {
  await pool.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`);
  rmSync(dir, { recursive: true, force: true });
});

function write(file: string, sql: string): void {
  writeFileSync(join(dir, file), sql);
}

function rowsOf(table: string): Promise<unknown[]> {
  return pool
    .query(`SELECT * FROM ${pg.escapeIdentifier(schema)}.${table}`)
    .then((result) => result.rows);
}

test('applies each file once, in order, inside the schema', async () => {
  write('0001-coins.sql', 'CREATE TABLE coins (name text);');
  write('0002-more.sql', "INSERT INTO coins VALUES ('XRP'); INSERT INTO coins VALUES ('BTC');");
  expect(await migrate(pool, { schema, dir })).toEqual(['0001-coins', '0002-more']);
  expect(await migrate(pool, { schema, dir })).toEqual([]);

  write('0003-late.sql', "INSERT INTO coins VALUES ('USDT');");
  expect(await migrate(pool, { schema, dir })).toEqual(['0003-late']);
  expect(await rowsOf('coins')).toEqual([{ name: 'XRP' }, { name: 'BTC' }, { name: 'USDT' }]);
});

test('two at once apply each file once', async () => {
  write('0001-coins.sql', "CREATE TABLE coins (name text); INSERT INTO coins VALUES ('XRP');");
  const applied = await Promise.all([1, 2, 3].map(() => migrate(pool, { schema, dir })));
  expect(applied.flat()).toEqual(['0001-coins']);
  expect(await rowsOf('coins')).toHaveLength(1);
});

test('a failing file leaves nothing of itself, and the earlier ones stay', async () => {
  write('0001-coins.sql', 'CREATE TABLE coins (name text);');
  write('0002-bad.sql', "INSERT INTO coins VALUES ('XRP'); SELECT nothing_like_it;");
  await expect(migrate(pool, { schema, dir })).rejects.toThrow(
    /migration 0002-bad failed on schema .*: column "nothing_like_it" does not exist/,
  );
  expect(await rowsOf('coins')).toEqual([]);

  write('0002-bad.sql', "INSERT INTO coins VALUES ('XRP');");
  expect(await migrate(pool, { schema, dir })).toEqual(['0002-bad']);
});

test('a database newer than the program is refused untouched', async () => {
  write('0001-coins.sql', 'CREATE TABLE coins (name text);');
  write('0002-more.sql', 'CREATE TABLE more (name text);');
  await migrate(pool, { schema, dir });
  rmSync(join(dir, '0002-more.sql'));
  await expect(migrate(pool, { schema, dir })).rejects.toThrow(
    /newer than this program: it has migration 0002-more.* \(newest known: 0001-coins\)/,
  );
});

test('a migration changed after the fact is refused, other line ends are not', async () => {
  write('0001-coins.sql', 'CREATE TABLE coins (\n  name text\n);');
  await migrate(pool, { schema, dir });
  write('0001-coins.sql', 'CREATE TABLE coins (\r\n  name text\r\n);');
  await migrate(pool, { schema, dir });
  write('0001-coins.sql', 'CREATE TABLE coins (\n  name varchar\n);');
  await expect(migrate(pool, { schema, dir })).rejects.toThrow(
    'migration 0001-coins has been changed after it was applied',
  );
});

test.each([
  { files: ['0001-a.sql', '0003-b.sql'], message: '0003-b stands where 0002 is due' },
  { files: ['0001-a.sql', '0001-b.sql'], message: '0001-b stands where 0002 is due' },
  { files: ['1-a.sql'], message: 'the name must look like 0001-some-words.sql' },
])('$files: $message', async ({ files, message }) => {
  for (const file of files) write(file, 'SELECT 1;');
  await expect(migrate(pool, { schema, dir })).rejects.toThrow(message);
});
