import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { tryLock } from '../../infra/lock.ts';
import { freePort } from '../../infra/ports.ts';
import { startPostgres } from '../../infra/postgres.ts';
import { createSupervisor } from '../../infra/supervise.ts';
import { findTemporal } from '../../infra/temporal-cli.ts';
import { prepareNamespace, startTemporal } from '../../infra/temporal-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
    databaseUrl: string;
  }
}

const log = (line: string): void => void process.stderr.write(`${line}\n`);
const quiet = (): void => undefined;

/** One Temporal server and one PostgreSQL for the whole run, in a folder that goes with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = join(tmpdir(), `triplegain-tests-${process.getuid?.() ?? 'user'}`);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  await clearKilledRuns(root);

  const dir = mkdtempSync(join(root, 'run-'));
  const lock = tryLock(join(dir, 'lock'));
  const supervisor = createSupervisor({ dir, log: quiet });
  const teardown = async (): Promise<void> => {
    await supervisor.stopAll();
    if (lock.kind === 'locked') lock.lock.release();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [temporalAddress, databaseUrl] = await Promise.all([temporal(), postgres()]);
    project.provide('temporalAddress', temporalAddress);
    project.provide('databaseUrl', databaseUrl);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;

  async function temporal(): Promise<string> {
    const found = await findTemporal({ log });
    if (found.kind === 'address') {
      await prepareNamespace({ address: found.address, timeoutMs: 10_000, log });
      return found.address;
    }
    const ports = { grpc: await freePort(), ui: await freePort() };
    const dataDir = join(dir, 'temporal');
    const binary = found.path;
    return (await startTemporal({ supervisor, binary, dataDir, ports, log })).address;
  }

  async function postgres(): Promise<string> {
    const port = await freePort();
    // What a test writes need not outlive a power cut.
    const settings = { fsync: 'off' };
    const dataDir = join(dir, 'postgres');
    return (await startPostgres({ supervisor, dataDir, port, settings, log: quiet })).url;
  }
}

/** Ends the servers of runs that were killed, and removes their folders. */
async function clearKilledRuns(root: string): Promise<void> {
  for (const entry of readdirSync(root)) {
    const dir = join(root, entry);
    if (tryLock(join(dir, 'lock')).kind === 'held') continue;
    await createSupervisor({ dir, log: quiet }).endLeftovers();
    rmSync(dir, { recursive: true, force: true });
  }
}
