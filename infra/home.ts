import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { describeProcess } from './process-identity.ts';
import { tryLock, type Lock } from './lock.ts';

/** Where each part listens, all on 127.0.0.1. */
export interface Ports {
  temporal: number;
  temporalUi: number;
  postgres: number;
  simulatorRest: number;
  simulatorWs: number;
  simulatorWsAuth: number;
  simulatorControl: number;
  dashboard: number;
  temporalMetrics: number;
}

/** The folder that holds all state of one installation; two homes run side by side. */
export interface Home {
  /** Absolute path. */
  dir: string;
  /** Six hex digits, part of workflow ids and task queues, so that two homes can share a server. */
  id: string;
  portBase: number;
  ports: Ports;
  /** A path below the home. */
  path(...segments: string[]): string;
}

export const DEFAULT_PORT_BASE = 17000;

/** Ports that a base may be chosen from: above the privileged ones, with room for every part. */
export const PORT_BASE_RANGE = { from: 1024, to: 65500 };

/** The port of each part, counted from the base. */
export function portsFrom(base: number): Ports {
  return {
    temporal: base,
    temporalUi: base + 1,
    postgres: base + 2,
    simulatorRest: base + 3,
    simulatorWs: base + 4,
    simulatorWsAuth: base + 5,
    simulatorControl: base + 6,
    dashboard: base + 7,
    temporalMetrics: base + 8,
  };
}

/** The home folder's path: `flag` (of `--home`), else TRIPLEGAIN_HOME, else `.triplegain` in `root`. */
export function homeDir(where: {
  flag?: string | undefined;
  env: NodeJS.ProcessEnv;
  root: string;
}): string {
  const given = where.flag ?? where.env['TRIPLEGAIN_HOME'];
  if (given === undefined || given === '') return join(where.root, '.triplegain');
  const expanded = given === '~' || given.startsWith('~/') ? homedir() + given.slice(1) : given;
  return resolve(where.root, expanded);
}

/**
 * Opens the home at `dir` and creates what is missing. A port base that is given is remembered, so
 * that commands given later find the same servers. Throws when `home.json` is damaged or the port
 * base is not a port.
 */
export function openHome({ dir, portBase }: { dir: string; portBase?: number | undefined }): Home {
  if (portBase !== undefined) checkPortBase(portBase, '--port-base');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(`cannot create the home folder ${dir}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const file = join(dir, 'home.json');
  const stored = readHomeFile(file);
  const id = stored?.id ?? randomBytes(3).toString('hex');
  const base = portBase ?? stored?.portBase ?? DEFAULT_PORT_BASE;
  if (stored === null || stored.portBase !== base) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify({ id, portBase: base }, null, 2)}\n`);
    renameSync(draft, file);
  }
  return {
    dir,
    id,
    portBase: base,
    ports: portsFrom(base),
    path: (...segments) => join(dir, ...segments),
  };
}

/** Holds the home for this process. Throws when another start of the same home is alive. */
export function lockHome(home: Home): Lock {
  const attempt = tryLock(home.path('home.lock'));
  if (attempt.kind === 'locked') return attempt.lock;
  const { pid } = attempt.holder;
  const command = describeProcess(pid);
  throw new Error(
    `${home.dir} is in use by process ${pid}${command === '' ? '' : ` (${command})`}: ` +
      'stop that one first, or run a second desk beside it with --home DIR --port-base N',
  );
}

function readHomeFile(file: string): { id: string; portBase: number } | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(file, 'it is not JSON', error);
  }
  const { id, portBase } = (value ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !/^[0-9a-f]{6}$/.test(id)) {
    throw damaged(file, '"id" is not six hex digits');
  }
  if (typeof portBase !== 'number') throw damaged(file, '"portBase" is not a number');
  checkPortBase(portBase, `"portBase" in ${file}`);
  return { id, portBase };
}

function damaged(file: string, reason: string, cause?: unknown): Error {
  return new Error(
    `${file} is damaged: ${reason}. It should read {"id": "<six hex digits>", "portBase": ${DEFAULT_PORT_BASE}}; ` +
      'the id is part of the workflow ids of this home, "temporal workflow list" shows it',
    { cause },
  );
}

function checkPortBase(value: number, name: string): void {
  const { from, to } = PORT_BASE_RANGE;
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new Error(`${name} must be a whole number from ${from} to ${to}, not ${value}`);
  }
}
