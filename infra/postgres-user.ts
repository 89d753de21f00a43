import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { PostgresBinaries } from './postgres-binaries.ts';
import type { Log } from './supervise.ts';

/** As whom, and therefore where, PostgreSQL runs: it refuses to run as root. */
export interface PostgresUser {
  kind: 'self' | 'user-namespace' | 'other-user';
  /** Folder for the cluster: the one asked for, unless the other user cannot enter it. */
  dataDir: string;
  binaries: PostgresBinaries;
  /** The command that runs a program as that user. */
  wrap(command: string, args: readonly string[]): { command: string; args: string[] };
  /** Runs a program as that user to its end and returns its stdout; throws with its stderr. */
  runSync(command: string, args: readonly string[]): string;
  /** Gives a file or folder to that user. */
  own(path: string): void;
}

/** Where root keeps clusters and programs that another user must reach. */
const SHARED_ROOT = '/var/lib/triplegain';

/** The ways in which root runs PostgreSQL, in the order in which they are tried. */
export type PostgresUserRoute = Exclude<PostgresUser['kind'], 'self'>;

/**
 * Picks the way to run PostgreSQL by trying: as the present user; for root, in a user namespace
 * (root looks like an ordinary user to PostgreSQL and still enters every folder), else as user
 * `postgres` or `nobody`, with data and programs outside closed folders.
 */
export function choosePostgresUser({
  dataDir,
  binaries,
  routes = ['user-namespace', 'other-user'],
  log,
}: {
  dataDir: string;
  binaries: PostgresBinaries;
  routes?: readonly PostgresUserRoute[];
  log: Log;
}): PostgresUser {
  if (process.getuid?.() !== 0) return asSelf(dataDir, binaries);
  const tried: string[] = [];
  for (const route of routes) {
    try {
      return route === 'user-namespace'
        ? inUserNamespace(dataDir, binaries)
        : asOtherUser(dataDir, binaries, log);
    } catch (error) {
      tried.push(`${route}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and no way round it worked:\n' +
      tried.map((line) => `  ${line}\n`).join('') +
      'start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own',
  );
}

function asSelf(dataDir: string, binaries: PostgresBinaries): PostgresUser {
  return {
    kind: 'self',
    dataDir,
    binaries,
    wrap: (command, args) => ({ command, args: [...args] }),
    runSync: (command, args) => runSync(command, args),
    own: () => undefined,
  };
}

function inUserNamespace(dataDir: string, binaries: PostgresBinaries): PostgresUser {
  const wrap: PostgresUser['wrap'] = (command, args) => ({
    command: 'unshare',
    args: ['-U', '--map-user=1000', '--map-group=1000', '--', command, ...args],
  });
  const run: PostgresUser['runSync'] = (command, args) => {
    const wrapped = wrap(command, args);
    return runSync(wrapped.command, wrapped.args);
  };
  run(binaries.postgres, ['--version']);
  return { kind: 'user-namespace', dataDir, binaries, wrap, runSync: run, own: () => undefined };
}

function asOtherUser(dataDir: string, binaries: PostgresBinaries, log: Log): PostgresUser {
  const { name, uid, gid } = unprivileged();
  // The process must stay the direct child, so that signals and pid files mean PostgreSQL itself.
  const wrap: PostgresUser['wrap'] = (command, args) => ({
    command: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', command, ...args],
  });
  const run: PostgresUser['runSync'] = (command, args) => {
    const wrapped = wrap(command, args);
    return runSync(wrapped.command, wrapped.args);
  };
  const own: PostgresUser['own'] = (path) => chownSync(path, uid, gid);
  const enters = (path: string): boolean => {
    const wrapped = wrap('test', ['-x', path]);
    return spawnSync(wrapped.command, wrapped.args).status === 0;
  };

  let reachable = binaries;
  if (!enters(binaries.postgres)) {
    reachable = copyBinaries(binaries);
    if (!enters(reachable.postgres))
      throw new Error(`user ${name} cannot run ${reachable.postgres}`);
  }
  let place = dataDir;
  own(dataDir);
  if (!enters(dataDir)) {
    const key = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
    place = join(SHARED_ROOT, key);
    mkdirSync(place, { recursive: true, mode: 0o755 });
    own(place);
    if (!enters(place)) throw new Error(`user ${name} can enter neither ${dataDir} nor ${place}`);
    log(`the database lies in ${place}: user ${name} cannot enter ${dataDir}`);
  }
  run(reachable.postgres, ['--version']);
  return {
    kind: 'other-user',
    dataDir: place,
    binaries: reachable,
    wrap,
    runSync: run,
    own,
  };
}

function unprivileged(): { name: string; uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => {
      const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
      return status === 0 ? Number(stdout.trim()) : Number.NaN;
    });
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { name, uid, gid };
  }
  throw new Error('there is neither a user "postgres" nor "nobody"');
}

function copyBinaries(binaries: PostgresBinaries): PostgresBinaries {
  const key = createHash('sha256').update(binaries.root).digest('hex').slice(0, 12);
  const root = join(SHARED_ROOT, `programs-${key}`);
  if (!existsSync(root)) {
    const draft = `${root}.${process.pid}`;
    mkdirSync(SHARED_ROOT, { recursive: true, mode: 0o755 });
    cpSync(binaries.root, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, root);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(root)) throw error;
    }
  }
  const moved = (path: string): string => path.replace(binaries.root, root);
  return { root, initdb: moved(binaries.initdb), postgres: moved(binaries.postgres) };
}

function runSync(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
      // The working folder may be closed to the other user.
      cwd: '/',
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${command} failed: ${(stderr ?? '').trim() || message}`, { cause: error });
  }
}
