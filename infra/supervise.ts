import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

import { createLogFile } from './log-file.ts';
import {
  describeProcess,
  endProcess,
  identify,
  isAlive,
  type ProcessIdentity,
} from './process-identity.ts';

export type Log = (line: string) => void;

/** One child as the supervisor is to run it. */
export interface ChildSpec {
  /** Unique within the supervisor; names the pid file and the log file. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment of the child; default: that of this process. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Runs before every start, the first included; a throw fails that start. */
  beforeStart?: () => Promise<void>;
  /**
   * Resolves when the child serves. A rejection ends the child and fails that start. `signal` is
   * aborted when there is nothing to wait for any more.
   */
  ready?: (child: ChildProcess, signal: AbortSignal) => Promise<void>;
  /** Start it again when it ends unasked (default true). */
  restart?: boolean;
  /** Told of each unasked end, before any restart. */
  onExit?: (how: string) => void;
  /** Told when a restarted child serves again. */
  onRestarted?: () => void;
  /** How it is asked to end (default SIGTERM), and how long it may take (default 10 s). */
  stopSignal?: NodeJS.Signals;
  graceMs?: number;
  /** A Node child with a message channel: `child.on('message')`, and 'disconnect' if we die. */
  ipc?: boolean;
  /** The folder whose state the child owns, recorded in the pid file. */
  dataDir?: string;
}

export interface SupervisedChild {
  readonly name: string;
  /** The process that runs now; another one after a restart. */
  readonly process: ChildProcess;
  readonly restarts: number;
  /** Ends the child for good. Resolves once it is gone. */
  stop(): Promise<void>;
}

export interface Leftover extends ProcessIdentity {
  name: string;
  command: string;
  stopSignal?: NodeJS.Signals;
  /** Counts the children in the order of their starts. */
  order?: number;
}

export interface Supervisor {
  /**
   * Starts a child and resolves when it is ready; rejects with the end of its log if it fails. One that
   * was killed, or failed while another child was dead, is started again a few times first.
   */
  run(spec: ChildSpec): Promise<SupervisedChild>;
  /** Ends all children, the last started first. Each gets its signal, its grace, then SIGKILL. */
  stopAll(): Promise<void>;
  /** Ends what a killed start of the same folder left running, and says what that was. */
  endLeftovers(): Promise<Leftover[]>;
}

const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 10_000;
/** A child that served this long before it died starts again without a penalty. */
const STEADY_MS = 10_000;
/** Starts of a child that is killed before it was ever ready. */
const FIRST_STARTS = 5;
const MARKER = 'TRIPLEGAIN_SUPERVISED_BY';

/**
 * Runs the child processes of one home. Children live in process groups of their own, so a Ctrl-C
 * in the terminal reaches this process alone, which then ends them in order. They write to
 * `<dir>/logs/<name>.log` themselves, so they outlive a killed supervisor without trouble; who they
 * are is kept in `<dir>/pids/<name>.json` for the next start.
 */
export function createSupervisor({ dir, log }: { dir: string; log: Log }): Supervisor {
  const base = resolve(dir);
  const pidDir = join(base, 'pids');
  const logDir = join(base, 'logs');
  mkdirSync(pidDir, { recursive: true });
  mkdirSync(logDir, { recursive: true });
  const children: { child: SupervisedChild; stop: () => Promise<void> }[] = [];
  let stopping = false;
  let starts = 0;
  /** Ends of children that nobody asked for: what needs such a child may fail with it. */
  let deaths = 0;

  async function run(spec: ChildSpec): Promise<SupervisedChild> {
    if (stopping) throw new Error(`cannot start ${spec.name}: everything is being stopped`);
    if (children.some(({ child }) => child.name === spec.name)) {
      throw new Error(`a child called ${spec.name} is already running`);
    }
    const logFile = createLogFile(join(logDir, `${spec.name}.log`));
    const pidFile = join(pidDir, `${spec.name}.json`);
    let current: ChildProcess | undefined;
    let restarts = 0;
    let stopped = false;
    let wake = (): void => undefined;
    let loop: Promise<void> = Promise.resolve();

    /** One life: resolves when ready, with a promise of how it ends. */
    async function startOnce(): Promise<{ ended: Promise<string> }> {
      await spec.beforeStart?.();
      if (stopped) throw new Error(`${spec.name} was stopped while it started`);
      logFile.rotate();
      const from = logFile.size();
      let isGivenUp = false;
      const fd = openSync(logFile.path, 'a');
      const child = spawn(spec.command, spec.args, {
        cwd: spec.cwd ?? process.cwd(),
        env: { ...(spec.env ?? process.env), [MARKER]: `${base}#${spec.name}` },
        stdio: spec.ipc === true ? ['ignore', fd, fd, 'ipc'] : ['ignore', fd, fd],
        detached: true,
      });
      const ended = new Promise<string>((done) => {
        child.once('error', (error) => done(`did not start: ${error.message}`));
        child.once('exit', (code, signal) => {
          if (!stopped && !isGivenUp && signal !== null) deaths += 1;
          done(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
        });
      });
      current = child;
      closeSync(fd);
      const failure = ended.then((how): never => {
        const tail = logFile.tail(from);
        throw new Error(
          `${spec.name} ${how} before it was ready (log: ${logFile.path})${tail === '' ? '' : `\n${tail}`}`,
        );
      });
      // Whichever loses the race below must not count as an unhandled rejection.
      failure.catch(() => undefined);
      const over = new AbortController();
      try {
        writePidFile(pidFile, child, spec, (starts += 1));
        const started = new Promise<void>((done) => child.once('spawn', () => done()));
        await Promise.race([started.then(() => spec.ready?.(child, over.signal)), failure]);
      } catch (error) {
        over.abort();
        isGivenUp = true;
        await endChild(child, spec, ended);
        rmSync(pidFile, { force: true });
        throw error;
      }
      return { ended };
    }

    /** The first life: what a kill, here or of something that it needs, has spoilt is tried again. */
    async function startFirst(): Promise<{ ended: Promise<string> }> {
      const before = deaths;
      for (let attempt = 1, backOff = FIRST_BACK_OFF_MS; ; attempt += 1, backOff *= 2) {
        try {
          return await startOnce();
        } catch (error) {
          if (stopped || deaths === before) throw error;
          const { message } = error as Error;
          if (attempt === FIRST_STARTS) {
            throw new Error(
              `${message}\nIt was started ${FIRST_STARTS} times and something ended it, or what it needs, ` +
                `each time: look for what kills processes here (memory running out, a limit of the system)`,
              { cause: error },
            );
          }
          log(`${briefly(message)}; starting it again`);
          await pauseBefore(backOff);
          if (stopped) throw error;
        }
      }
    }

    function pauseBefore(backOff: number): Promise<void> {
      return new Promise((next) => {
        const timer = setTimeout(next, backOff);
        wake = () => {
          clearTimeout(timer);
          next();
        };
      });
    }

    async function keepRunning(first: Promise<string>): Promise<void> {
      let ended = first;
      let backOff = FIRST_BACK_OFF_MS;
      let readyAt = performance.now();
      for (;;) {
        let how = await ended;
        if (stopped) return;
        spec.onExit?.(how);
        if (spec.restart === false) {
          rmSync(pidFile, { force: true });
          return;
        }
        if (performance.now() - readyAt > STEADY_MS) backOff = FIRST_BACK_OFF_MS;
        for (;;) {
          log(`${spec.name} ${how}; starting it again`);
          await pauseBefore(backOff);
          backOff = Math.min(backOff * 2, LONGEST_BACK_OFF_MS);
          if (stopped) return;
          try {
            ({ ended } = await startOnce());
            break;
          } catch (error) {
            if (stopped) return;
            how = `failed again: ${briefly((error as Error).message)}`;
          }
        }
        restarts += 1;
        readyAt = performance.now();
        log(`${spec.name} runs again`);
        spec.onRestarted?.();
      }
    }

    async function stop(): Promise<void> {
      stopped = true;
      wake();
      if (current !== undefined) await endChild(current, spec, null);
      await loop;
      logFile.close();
      rmSync(pidFile, { force: true });
      const index = children.findIndex((entry) => entry.child === handle);
      if (index >= 0) children.splice(index, 1);
    }

    const handle: SupervisedChild = {
      name: spec.name,
      get process() {
        if (current === undefined) throw new Error(`${spec.name} has not been started`);
        return current;
      },
      get restarts() {
        return restarts;
      },
      stop,
    };
    // Listed before the first start, so that a stop in the middle of it reaches this child too.
    children.push({ child: handle, stop });
    try {
      const { ended } = await startFirst();
      loop = keepRunning(ended);
    } catch (error) {
      await stop();
      throw error;
    }
    return handle;
  }

  async function stopAll(): Promise<void> {
    stopping = true;
    const failures: unknown[] = [];
    for (const { stop } of children.slice().reverse()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    stopping = false;
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }

  async function endLeftovers(): Promise<Leftover[]> {
    const own = new Set(children.map(({ child }) => child.name));
    const found = [...recorded(pidDir), ...marked(base)].filter(({ name }) => !own.has(name));
    // The pid files come first: they know more than the marker does.
    const unique = new Map<number, Leftover>();
    for (const leftover of found.filter(isAlive)) {
      if (!unique.has(leftover.pid)) unique.set(leftover.pid, leftover);
    }
    const alive = [...unique.values()].sort((a, b) => (b.order ?? 0) - (a.order ?? 0));
    for (const leftover of alive) {
      log(`ending ${leftover.name} (process ${leftover.pid}), left running by a killed start`);
      await endProcess(leftover, { first: leftover.stopSignal ?? 'SIGTERM' });
    }
    for (const file of existsSync(pidDir) ? readdirSync(pidDir) : []) {
      if (!own.has(file.replace(/\.json$/, ''))) rmSync(join(pidDir, file), { force: true });
    }
    return alive;
  }

  return { run, stopAll, endLeftovers };
}

/** What happened, and of the log behind it the line that says most. */
function briefly(message: string): string {
  const [first = '', ...tail] = message.split('\n');
  const telling = tail.findLast((line) => /fatal|panic|error|cannot|could not/i.test(line));
  return telling === undefined ? first : `${first}: ${telling}`;
}

function writePidFile(file: string, child: ChildProcess, spec: ChildSpec, order: number): void {
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity === null) return;
  const { name, dataDir, stopSignal } = spec;
  const command = [spec.command, ...spec.args].join(' ');
  const draft = `${file}.draft`;
  writeFileSync(
    draft,
    JSON.stringify({ ...identity, name, order, command, dataDir, stopSignal }, null, 2),
  );
  renameSync(draft, file);
}

async function endChild(
  child: ChildProcess,
  spec: ChildSpec,
  ended: Promise<string> | null,
): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const identity = identify(child.pid);
  if (identity !== null) {
    await endProcess(identity, {
      first: spec.stopSignal ?? 'SIGTERM',
      graceMs: spec.graceMs ?? 10_000,
    });
  }
  await ended;
}

/** What the pid files of an earlier start name. */
function recorded(pidDir: string): Leftover[] {
  const leftovers: Leftover[] = [];
  for (const file of readdirSync(pidDir)) {
    if (!file.endsWith('.json')) continue;
    try {
      const value = JSON.parse(readFileSync(join(pidDir, file), 'utf8')) as Leftover;
      leftovers.push(value);
    } catch {
      // Cut short by a crash: the marker in the environment finds that process.
    }
  }
  return leftovers;
}

/** Processes whose environment says that this folder's supervisor started them (Linux only). */
function marked(base: string): Leftover[] {
  if (process.platform !== 'linux') return [];
  const spared = ownLine();
  const leftovers: Leftover[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || spared.has(pid)) continue;
    let environment: string;
    try {
      environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    } catch {
      continue;
    }
    const prefix = `${MARKER}=${base}#`;
    const mark = environment.split('\0').find((variable) => variable.startsWith(prefix));
    const identity = mark === undefined ? null : identify(pid);
    if (mark === undefined || identity === null) continue;
    leftovers.push({ ...identity, name: mark.slice(prefix.length), command: describeProcess(pid) });
  }
  return leftovers;
}

/** This process and its ancestors. */
function ownLine(): Set<number> {
  const line = new Set<number>();
  let pid = process.pid;
  while (pid > 1 && !line.has(pid)) {
    line.add(pid);
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      break;
    }
  }
  return line;
}
