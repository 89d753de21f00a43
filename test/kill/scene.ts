import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProbePoint } from '../../activities/probe.ts';
import { identify, isAlive, type ProcessIdentity } from '../../infra/process-identity.ts';
import { deskStatus, startDesk, type DeskRun } from './desk-run.ts';
import { childOf, CHILDREN, killAll, processesOf, type Child } from './processes.ts';

export interface SceneOptions {
  home: string;
  portBase: number;
  /** The replay's own options of `npm start`. */
  replay: readonly string[];
  /** Longest that the venue's clock may stand, ms. */
  standstillMs: number;
  /** When everything has to be over, of `performance.now()`. */
  deadline: number;
  log: (line: string) => void;
}

/** A replay that is being disturbed: what runs, how far it is, and the means to hurt it. */
export interface Scene {
  readonly home: string;
  /** The start that runs now. */
  run(): DeskRun;
  /** Types the command again after the last one was killed. */
  startAgain(): void;
  isOver(): boolean;
  /** Number of the venue's last event, or null while it does not answer. */
  event(): Promise<number | null>;
  /** Venue time, Unix ms, or null. */
  now(): Promise<number | null>;
  /** Calls the venue's control; null while it does not answer. */
  control(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
  arm(point: ProbePoint): void;
  disarm(point: ProbePoint): void;
  wasReached(point: ProbePoint): boolean;
  child(name: Child): ProcessIdentity | null;
  kill(identity: ProcessIdentity): Promise<void>;
  killSupervisor(): Promise<void>;
  killEverything(): Promise<void>;
  /**
   * Waits for `what` to come true and returns whether it did before the replay ended; throws with a
   * picture of everything when the venue's clock stands for too long.
   */
  until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Ends what runs and removes the home. */
  clear(): Promise<void>;
}

export function openScene(options: SceneOptions): Scene {
  const { home, portBase, log } = options;
  const crashFolder = `${home}-points`;
  const control = `http://127.0.0.1:${portBase + 6}`;
  mkdirSync(crashFolder, { recursive: true });
  const args = ['--home', home, '--port-base', String(portBase), ...options.replay];
  let run = startDesk(args, crashFolder);
  let lastEvent = -1;
  let movedAt = performance.now();

  const scene: Scene = {
    home,
    run: () => run,
    startAgain() {
      run = startDesk(args, crashFolder);
    },
    isOver: () => run.isOver(),
    async event() {
      const state = await call('GET', '/state');
      return numberOf((state as { event?: { number?: unknown } | null } | null)?.event?.number);
    },
    async now() {
      const state = (await call('GET', '/state')) as { now?: string } | null;
      return state?.now === undefined ? null : Date.parse(state.now);
    },
    control: call,
    arm(point) {
      rmSync(join(crashFolder, `${point}.reached`), { force: true });
      writeFileSync(join(crashFolder, point), '');
    },
    disarm: (point) => rmSync(join(crashFolder, point), { force: true }),
    wasReached: (point) => existsSync(join(crashFolder, `${point}.reached`)),
    child: (name) => childOf(home, name),
    kill: (identity) => killAll([identity]),
    killSupervisor: async () => {
      const identity = identify(run.pid);
      if (identity !== null) await killAll([identity]);
      await run.ended;
    },
    killEverything: async () => {
      const supervisor = identify(run.pid);
      await killAll([...(supervisor === null ? [] : [supervisor]), ...processesOf(home)]);
      await run.ended;
      // What was being started at that moment.
      await killAll(processesOf(home));
    },
    async until(what, isTrue) {
      movedAt = performance.now();
      for (;;) {
        if (await isTrue()) return true;
        if (run.isOver()) return false;
        const event = await scene.event();
        if (event !== null && event !== lastEvent) {
          lastEvent = event;
          movedAt = performance.now();
        }
        const stands = performance.now() - movedAt;
        if (stands > options.standstillMs) {
          throw new Error(
            `the venue's clock stood for ${Math.round(stands / 1000)} s while waiting for ${what}\n${await picture()}`,
          );
        }
        if (performance.now() > options.deadline) {
          throw new Error(`time is up while waiting for ${what}\n${await picture()}`);
        }
        await pause(50);
      }
    },
    async clear() {
      await scene.killEverything();
      rmSync(home, { recursive: true, force: true });
      rmSync(crashFolder, { recursive: true, force: true });
    },
  };
  return scene;

  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    try {
      const response = await fetch(`${control}${path}`, {
        method,
        signal: AbortSignal.timeout(2_000),
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) log(`${method} ${path}: ${JSON.stringify(answer)}`);
      return response.ok ? answer : null;
    } catch {
      return null;
    }
  }

  async function picture(): Promise<string> {
    const alive = CHILDREN.map((name) => {
      const found = childOf(home, name);
      return `${name} ${found !== null && isAlive(found) ? found.pid : 'does not run'}`;
    });
    const logs = CHILDREN.map(
      (name) => `--- ${name}.log\n${tail(join(home, 'logs', `${name}.log`))}`,
    );
    return [
      alive.join(', '),
      `control: ${JSON.stringify(await call('GET', '/state'))}`,
      `--- desk status\n${await deskStatus(home)}`,
      `--- npm start\n${run.said().split('\n').slice(-20).join('\n')}`,
      ...logs,
    ].join('\n');
  }
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
  } catch {
    return '(none)';
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
