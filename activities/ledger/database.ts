import pg from 'pg';

export type Queryable = pg.Pool | pg.PoolClient;

/**
 * Connections to one desk's schema. Amounts (numeric) and ids (int8) come back as text, so no decimal
 * is ever rounded by a float on the way.
 */
export function connectDatabase(options: {
  url: string;
  schema: string;
  maxConnections?: number;
  onError?: (error: Error) => void;
}): pg.Pool {
  const config: pg.PoolConfig & { pipeline: boolean } = {
    connectionString: options.url,
    max: options.maxConnections ?? 8,
    options: `-c search_path=${options.schema} -c timezone=UTC`,
    application_name: 'triplegain',
    // What is asked at once goes out at once: the reads of a transaction take one round trip together.
    pipeline: true,
  };
  const pool = new pg.Pool(config);
  // An idle connection that breaks is replaced on the next query; without a listener it ends the process.
  pool.on('error', (error) => options.onError?.(error));
  return pool;
}

/** Runs `work` in one transaction; any throw rolls it back whole. Its queries run in the order of their calls. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    const begun = client.query('begin');
    // Its answer comes with that of the first query, which fails too where no transaction can begin.
    begun.catch(() => undefined);
    const result = await work(client);
    await begun;
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
