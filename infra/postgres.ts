import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { Client } from 'pg';

import type { ChildProcess } from 'node:child_process';
import { assertPortsFree } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { choosePostgresUser, type PostgresUser, type PostgresUserRoute } from './postgres-user.ts';
import { describeProcess, endProcess, identify } from './process-identity.ts';
import { serverEnvironment } from './server-environment.ts';
import type { Log, Supervisor } from './supervise.ts';

export interface PostgresServer {
  /** Connection URL of the project's database, password included: not for logs. */
  url: string;
  /** The server's process; another one after a restart. */
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

const USER = 'triplegain';
const DATABASE = 'triplegain';
/** Crash recovery of a large write-ahead log may take a while. */
const READY_TIMEOUT_MS = 180_000;

/**
 * Starts the embedded PostgreSQL with its cluster in `<dataDir>/cluster`, listening on 127.0.0.1
 * only, and resolves when the database can be used. The password is made on first start and kept
 * in `<dataDir>/password`. The supervisor starts it again, on the same data, should it die.
 *
 * `settings` are server settings (`-c name=value`): tests turn `fsync` off. `routes` limits the ways
 * in which root runs it (postgres-user.ts).
 */
export async function startPostgres({
  supervisor,
  dataDir,
  port,
  settings = {},
  routes,
  log,
}: {
  supervisor: Supervisor;
  dataDir: string;
  port: number;
  settings?: Readonly<Record<string, string>>;
  routes?: readonly PostgresUserRoute[];
  log: Log;
}): Promise<PostgresServer> {
  mkdirSync(dataDir, { recursive: true });
  const user = choosePostgresUser({
    dataDir,
    binaries: postgresBinaries(),
    ...(routes === undefined ? {} : { routes }),
    log,
  });
  const cluster = join(user.dataDir, 'cluster');
  const exists = existsSync(join(cluster, 'PG_VERSION'));
  const password = readOrMakePassword(join(dataDir, 'password'), { make: !exists });
  if (!exists) {
    log('creating the database cluster');
    createCluster({ user, cluster, password });
  }
  checkVersion(cluster, user);

  const args = ['-D', cluster, '-p', String(port)];
  const allSettings = {
    listen_addresses: '127.0.0.1',
    // No socket file: below a long path its name would not fit, and nobody needs it.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_checkpoints: 'off',
    ...settings,
  };
  for (const [name, value] of Object.entries(allSettings)) args.push('-c', `${name}=${value}`);

  const url = (database: string): string =>
    `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
  const child = await supervisor.run({
    name: 'postgres',
    ...user.wrap(user.binaries.postgres, args),
    // PG* variables of the user's shell must not bend our server.
    env: serverEnvironment(process.env, (name) => /^(PG|LC_|LANG)/.test(name)),
    dataDir: cluster,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients to leave.
    stopSignal: 'SIGINT',
    graceMs: 20_000,
    beforeStart: async () => {
      await endOrphans(cluster, log);
      await assertPortsFree([{ name: 'PostgreSQL', port }]);
    },
    ready: async (_, signal) => {
      await waitUntilServing(url('postgres'), { signal, log });
      await createDatabase(url('postgres'));
    },
  });
  return {
    url: url(DATABASE),
    get process() {
      return child.process;
    },
    stop: () => child.stop(),
  };
}

function readOrMakePassword(file: string, { make }: { make: boolean }): string {
  if (existsSync(file)) {
    const password = readFileSync(file, 'utf8').trim();
    if (!/^[0-9a-f]{48}$/.test(password)) {
      throw new Error(`${file} is damaged: it should hold the database's password, 48 hex digits`);
    }
    return password;
  }
  if (!make) {
    throw new Error(
      `${file} is missing: it holds the password of the database beside it, which cannot be entered without. Restore it, or start with another --home`,
    );
  }
  const password = randomBytes(24).toString('hex');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${password}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return password;
}

/** Made beside its final place and renamed, so an interrupted start leaves no half cluster. */
function createCluster({
  user,
  cluster,
  password,
}: {
  user: PostgresUser;
  cluster: string;
  password: string;
}): void {
  const parent = dirname(cluster);
  for (const entry of readdirSync(parent)) {
    if (entry.startsWith('new-')) rmSync(join(parent, entry), { recursive: true, force: true });
  }
  const draft = mkdtempSync(join(parent, 'new-'));
  try {
    chmodSync(draft, 0o700);
    const passwordFile = join(draft, 'password');
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    user.own(draft);
    user.own(passwordFile);
    const made = join(draft, 'cluster');
    // "C" sorts by bytes on every machine alike.
    user.runSync(user.binaries.initdb, [
      ...['-D', made, '--username', USER, '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale'],
    ]);
    renameSync(made, cluster);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function checkVersion(cluster: string, user: PostgresUser): void {
  const have = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  const need = /(\d+)(\.|\s|$)/.exec(user.runSync(user.binaries.postgres, ['--version']))?.[1];
  if (have !== need) {
    throw new Error(
      `the database in ${cluster} is of PostgreSQL ${have}, the server that comes with the project is ${need}: ` +
        'dump it with the version that made it, or start with another --home',
    );
  }
}

/**
 * Ends what a killed server left of itself (the server, or its helpers that have not noticed yet):
 * a new one would refuse to share their memory. Only processes that work in this cluster's folder.
 */
async function endOrphans(cluster: string, log: Log): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const recorded = existsSync(pidFile)
    ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    : undefined;
  const pids = process.platform === 'linux' ? workingIn(cluster) : [];
  if (process.platform !== 'linux' && recorded !== undefined) {
    if (describeProcess(recorded).includes(cluster)) pids.push(recorded);
  }
  // The server first: its helpers then end by themselves.
  pids.sort((a, b) => Number(b === recorded) - Number(a === recorded));
  for (const pid of pids) {
    const identity = identify(pid);
    if (identity === null) continue;
    log(`ending PostgreSQL process ${pid}, left running by a killed start`);
    await endProcess(identity, { first: 'SIGQUIT', graceMs: 5000 });
  }
  // The recorded number may belong to a foreign process by now, or to a dead one that nobody has
  // reaped yet; the server would take either for a living twin. With no process at work in the folder
  // the file means nothing.
  const isIdle = process.platform === 'linux' && workingIn(cluster).length === 0;
  const isForeign =
    recorded !== undefined && !pids.includes(recorded) && identify(recorded) !== null;
  if (isIdle || isForeign) rmSync(pidFile, { force: true });
}

function workingIn(folder: string): number[] {
  const real = realpathSync(folder);
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readlinkSync(`/proc/${entry}/cwd`) !== real) continue;
      // A shell that merely stands in the folder is none of ours.
      if (/postgres/.test(readFileSync(`/proc/${entry}/comm`, 'utf8'))) pids.push(Number(entry));
    } catch {
      // Another user's process, or one that ended meanwhile.
    }
  }
  return pids;
}

async function waitUntilServing(
  url: string,
  { signal, log }: { signal: AbortSignal; log: Log },
): Promise<void> {
  const begun = performance.now();
  let nextWord = 5000;
  for (;;) {
    try {
      await withClient(url, (client) => client.query('SELECT 1'));
      return;
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      // 57P03: starting up or recovering; the rest: nobody listens yet, or not any more.
      const passing = ['57P03', 'ECONNREFUSED', 'ECONNRESET'].includes(code ?? '');
      const waited = performance.now() - begun;
      signal.throwIfAborted();
      if (!passing && !/terminated|closed/i.test(message)) throw error;
      if (waited > READY_TIMEOUT_MS) {
        throw new Error(`PostgreSQL did not get ready within ${READY_TIMEOUT_MS / 1000} s`, {
          cause: error,
        });
      }
      if (waited > nextWord) {
        log(`PostgreSQL is getting ready, ${Math.round(waited / 1000)} s: ${message}`);
        nextWord += 5000;
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

async function createDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [
      DATABASE,
    ]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // An end of the connection outside a query is reported here and by the next query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
