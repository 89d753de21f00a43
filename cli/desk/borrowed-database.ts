import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { lockHome, openHome } from '../../infra/home.ts';
import { startPostgres } from '../../infra/postgres.ts';
import { createSupervisor } from '../../infra/supervise.ts';
import type { DeskEntry } from '../desk-address.ts';

export interface BorrowedDatabase {
  /** Stops what was started; the database is then as it was found. */
  giveBack(): Promise<void>;
}

/**
 * Starts the home's own PostgreSQL for a command that only reads, where nobody runs it: what a desk has
 * recorded can be read after it was stopped. Null when it runs, is another's server, or somebody is starting
 * the home just now.
 */
export async function borrowDatabase(
  dir: string,
  { databaseUrl }: Pick<DeskEntry, 'databaseUrl'>,
  log: (line: string) => void,
): Promise<BorrowedDatabase | null> {
  const { hostname, port } = new URL(databaseUrl);
  if (!existsSync(join(dir, 'postgres', 'password')) || hostname !== '127.0.0.1') return null;
  const home = openHome({ dir });
  if (String(home.ports.postgres) !== port || (await answers(hostname, Number(port)))) return null;
  let lock: ReturnType<typeof lockHome>;
  try {
    lock = lockHome(home);
  } catch {
    return null;
  }
  const supervisor = createSupervisor({ dir, log });
  const giveBack = async (): Promise<void> => {
    await supervisor.stopAll();
    lock.release();
  };
  try {
    await startPostgres({
      ...{ supervisor, log, port: Number(port) },
      dataDir: home.path('postgres'),
    });
  } catch (error) {
    await giveBack();
    throw error;
  }
  return { giveBack };
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
