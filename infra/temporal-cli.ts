import { existsSync, mkdirSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

import { withLock } from './lock.ts';
import type { Log } from './supervise.ts';
import { buildTemporal, TEMPORAL_CLI_VERSION } from './temporal-build.ts';
import { downloadTemporal } from './temporal-download.ts';

export type FoundTemporal =
  { kind: 'address'; address: string } | { kind: 'binary'; path: string; how: string };

/** A way to put the CLI where `target` says. Throws when it is not open here. */
export interface Obtain {
  name: string;
  how: string;
  get(options: { target: string; env: NodeJS.ProcessEnv; log: Log }): Promise<void>;
}

const OBTAIN: readonly Obtain[] = [
  { name: 'download of the official release', how: 'downloaded', get: downloadTemporal },
  { name: 'build with Go', how: 'built with Go', get: buildTemporal },
];

/** Older servers lack what the desk relies on. */
const OLDEST_SERVER = [1, 29] as const;

/**
 * Finds a Temporal server, or the CLI that can run one: TEMPORAL_ADDRESS; `temporal` on the PATH;
 * the SDK's own cached download; what an earlier start built or fetched; a download of the
 * official release; a build with Go, some three minutes. What is built or fetched is kept per user
 * in `$XDG_CACHE_HOME/triplegain` (else `~/.cache/triplegain`).
 *
 * `needBinary` passes over TEMPORAL_ADDRESS. Throws one error that lists what was tried.
 */
export async function findTemporal({
  log,
  env = process.env,
  needBinary = false,
  obtain = OBTAIN,
}: {
  log: Log;
  env?: NodeJS.ProcessEnv;
  needBinary?: boolean;
  obtain?: readonly Obtain[];
}): Promise<FoundTemporal> {
  const tried: string[] = [];
  const address = env['TEMPORAL_ADDRESS'];
  if (!needBinary) {
    if (address !== undefined && address !== '') return { kind: 'address', address };
    tried.push('TEMPORAL_ADDRESS: not set');
  }

  const onPath = findOnPath(env);
  if (onPath === null) tried.push('"temporal" on the PATH: none');
  else {
    const problem = await problemWith(onPath);
    if (problem === null) return { kind: 'binary', path: onPath, how: 'on the PATH' };
    tried.push(`${onPath} on the PATH: ${problem}`);
  }

  const ofSdk = join(tmpdir(), `temporal-sdk-typescript-${sdkVersion()}${exe()}`);
  const sdkProblem = existsSync(ofSdk) ? await problemWithShared(ofSdk) : 'none';
  if (sdkProblem === null) return { kind: 'binary', path: ofSdk, how: "the SDK's download" };
  tried.push(`the SDK's cached download (${ofSdk}): ${sdkProblem}`);

  const cache = cacheDir(env);
  const kept = join(
    cache,
    `temporal-${TEMPORAL_CLI_VERSION}-${process.platform}-${process.arch}${exe()}`,
  );
  if (await works(kept)) return { kind: 'binary', path: kept, how: 'kept from an earlier start' };

  mkdirSync(cache, { recursive: true });
  return withLock(
    `${kept}.lock`,
    {
      onWait: ({ pid }) => log(`waiting for process ${pid}, which is getting the Temporal server`),
    },
    async () => {
      if (await works(kept))
        return { kind: 'binary', path: kept, how: 'kept from an earlier start' };
      for (const { name, how, get } of obtain) {
        try {
          await get({ target: kept, env, log });
          const problem = await problemWith(kept);
          if (problem === null) return { kind: 'binary', path: kept, how };
          tried.push(`${name}: ${problem}`);
        } catch (error) {
          tried.push(`${name}: ${(error as Error).message}`);
        }
      }
      throw new Error(
        'no Temporal server was found, and none could be had. Tried:\n' +
          tried.map((line) => `  - ${line.replaceAll('\n', '\n    ')}\n`).join('') +
          'Any one of these helps: install the Temporal CLI (https://docs.temporal.io/cli), so that "temporal" is on the PATH; ' +
          'install Go 1.21 or newer (https://go.dev/dl), then the next start builds it; ' +
          'or set TEMPORAL_ADDRESS=host:port to a Temporal server that runs',
      );
    },
  );
}

/** Where built and fetched programs are kept for this user, outside any checkout. */
function cacheDir(env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_CACHE_HOME'];
  const base = xdg !== undefined && xdg.startsWith('/') ? xdg : join(homedir(), '.cache');
  return join(base, 'triplegain');
}

function findOnPath(env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, `temporal${exe()}`);
    if (isFile(path)) return path;
  }
  return null;
}

/** False also for what this user may not look at: a PATH may name folders of others. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function works(path: string): Promise<boolean> {
  try {
    await access(path);
  } catch {
    return false;
  }
  return (await problemWith(path)) === null;
}

/** Why the program at `path` will not do, or null. */
async function problemWith(path: string): Promise<string | null> {
  let out: string;
  try {
    ({ stdout: out } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 }));
  } catch (error) {
    return `it does not run (${(error as Error).message.split('\n')[0]})`;
  }
  const version = /Server (\d+)\.(\d+)/.exec(out);
  if (version === null) return `it is not the Temporal CLI ("${out.trim().slice(0, 60)}")`;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const [oldMajor, oldMinor] = OLDEST_SERVER;
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return null;
  return `its server ${major}.${minor} is older than ${oldMajor}.${oldMinor}`;
}

/** As `problemWith`, for a file in a folder where every user may put things. */
async function problemWithShared(path: string): Promise<string | null> {
  const { uid, mode } = statSync(path);
  const mine = process.getuid?.();
  if (mine !== undefined && uid !== mine && uid !== 0) return 'it belongs to another user';
  if (process.platform !== 'win32' && (mode & 0o022) !== 0) return 'others may write to it';
  return problemWith(path);
}

function sdkVersion(): string {
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as {
    version: string;
  };
  return version;
}

function exe(): string {
  return process.platform === 'win32' ? '.exe' : '';
}
