import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { escapeIdentifier, type Pool, type PoolClient } from 'pg';

export interface Migration {
  number: number;
  /** File name without ".sql", e.g. "0001-ledger". */
  name: string;
  sql: string;
  hash: string;
}

/**
 * Brings `schema` up to the files `NNNN-name.sql` of `dir`: in order, each in a transaction of its
 * own with `search_path` set to the schema (so the files name no schema), recorded in
 * `<schema>.migrations`. Two at once wait for each other. Returns the names of those applied.
 *
 * Throws, with nothing changed, when the database is newer than the files or an applied file has
 * been changed; on a failing file the earlier ones stay applied.
 */
export async function migrate(
  pool: Pool,
  { schema, dir }: { schema: string; dir: string },
): Promise<string[]> {
  const migrations = readMigrations(dir);
  const client = await pool.connect();
  const lockKey = advisoryKey(schema);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    try {
      return await applyAll(client, { schema, migrations });
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [lockKey]);
    }
  } finally {
    // Not back to the pool: the search path was changed.
    client.release(true);
  }
}

function readMigrations(dir: string): Migration[] {
  const files = readdirSync(dir).filter((file) => file.endsWith('.sql'));
  const migrations = files.map((file): Migration => {
    const match = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(file);
    if (match === null) {
      throw new Error(`migration ${join(dir, file)}: the name must look like 0001-some-words.sql`);
    }
    const sql = readFileSync(join(dir, file), 'utf8');
    return {
      number: Number(match[1]),
      name: file.slice(0, -'.sql'.length),
      sql,
      // Line ends may change on the way through git; the content does not.
      hash: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex'),
    };
  });
  migrations.sort((a, b) => a.number - b.number);
  for (const [index, migration] of migrations.entries()) {
    if (migration.number !== index + 1) {
      throw new Error(
        `migrations in ${dir} must be numbered 0001, 0002, ... without gap or repeat: ` +
          `${migration.name} stands where ${String(index + 1).padStart(4, '0')} is due`,
      );
    }
  }
  return migrations;
}

async function applyAll(
  client: PoolClient,
  { schema, migrations }: { schema: string; migrations: readonly Migration[] },
): Promise<string[]> {
  const quoted = escapeIdentifier(schema);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${quoted}.migrations (
       number integer PRIMARY KEY,
       name text NOT NULL,
       hash text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  const { rows: applied } = await client.query<{ number: number; name: string; hash: string }>(
    `SELECT number, name, hash FROM ${quoted}.migrations ORDER BY number`,
  );
  for (const row of applied) {
    const file = migrations[row.number - 1];
    if (file === undefined) {
      throw new Error(
        `the database (schema ${schema}) is newer than this program: it has migration ${row.name}, ` +
          `which is not known here (newest known: ${migrations.at(-1)?.name ?? 'none'}). ` +
          'Update the program, or start with another --home',
      );
    }
    if (file.hash !== row.hash) {
      throw new Error(
        `migration ${file.name} has been changed after it was applied to the database (schema ${schema}` +
          `${row.name === file.name ? '' : `, there called ${row.name}`}): undo the change and write a new migration instead`,
      );
    }
  }
  await client.query(`SET search_path TO ${quoted}, public`);
  const names: string[] = [];
  for (const migration of migrations.slice(applied.length)) {
    await apply(client, { schema, migration });
    names.push(migration.name);
  }
  return names;
}

async function apply(
  client: PoolClient,
  { schema, migration }: { schema: string; migration: Migration },
): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO ${escapeIdentifier(schema)}.migrations (number, name, hash) VALUES ($1, $2, $3)`,
      [migration.number, migration.name, migration.hash],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(
      `migration ${migration.name} failed on schema ${schema}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** A positive 32-bit number that belongs to the schema's name. */
function advisoryKey(schema: string): number {
  return (
    createHash('sha256').update(`triplegain migrations ${schema}`).digest().readUInt32BE(0) >>> 1
  );
}
