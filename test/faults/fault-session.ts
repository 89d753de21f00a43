import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReplaySummary } from '../../activities/ledger/records/replay-summary.ts';
import { freePortBase } from '../../infra/free-port-base.ts';
import { portsFrom } from '../../infra/home.ts';
import { startDesk, type DeskRun } from '../kill/desk-run.ts';
import type { Trouble } from './troubles.ts';

export interface SessionWorld {
  /** Folder below which each session has a home of its own. */
  dir: string;
  /** Options of `npm start` that say what is replayed. */
  replay: readonly string[];
  /** Servers that all sessions share. */
  databaseUrl: string;
  temporalAddress: string;
  limitMs: number;
}

/** What became of one session. */
export interface SessionOutcome {
  status: number | null;
  summary: ReplaySummary;
  /** How often trouble struck, by the simulator's own count. */
  struck: number;
  seconds: number;
}

/** The control port of a session's simulator; every call is repeated until it answers. */
export interface Control {
  post(path: string, body: object): Promise<void>;
  /** Resolves when the venue's clock has come to an event of this number, or the session is over. */
  untilEvent(number: number): Promise<void>;
}

/**
 * One replay by `npm start` while `trouble` strikes, from its first order to its summary. Throws, with
 * what the desk said last, when it does not end in time or without a summary.
 */
export async function faultSession(
  world: SessionWorld,
  trouble: Trouble | null,
): Promise<SessionOutcome> {
  const home = mkdtempSync(join(world.dir, 'home-'));
  // What the first session has bundled serves the others.
  const cache = join(world.dir, 'cache');
  if (existsSync(cache)) cpSync(cache, join(home, 'cache'), { recursive: true });
  const portBase = await freePortBase();
  const begun = performance.now();
  const run = startDesk(['--home', home, '--port-base', String(portBase), ...world.replay], null, {
    DATABASE_URL: world.databaseUrl,
    TEMPORAL_ADDRESS: world.temporalAddress,
    // The same code many times over: compiled once.
    NODE_COMPILE_CACHE: join(world.dir, 'compiled'),
  });
  const limit = setTimeout(() => process.kill(run.pid, 'SIGTERM'), world.limitMs);
  try {
    const control = controlOf(run, portsFrom(portBase).simulatorControl);
    let struck = 0;
    const counting = (async () => {
      // Its own count dies with a simulator that is killed: those are counted by the supervisor's word.
      let before = 0;
      while (!run.isOver()) {
        const now = await control.struck();
        if (now !== null) {
          if (now < before) struck += before;
          before = now;
        }
        await pause(50);
      }
      struck += before;
    })();
    if (trouble?.from !== undefined) await control.untilEvent(trouble.from);
    for (const fault of trouble?.faults ?? []) await control.post('/fault', fault);
    await trouble?.meanwhile?.(control);
    const { status, summary } = await run.ended;
    await counting;
    if (!existsSync(cache)) cpSync(join(home, 'cache'), cache, { recursive: true });
    if (summary === null) {
      const name = trouble?.name ?? 'undisturbed';
      throw new Error(`session "${name}" ended with status ${status}:\n${lastWords(run)}`);
    }
    struck += [...run.said().matchAll(/simulator was ended by SIGKILL/g)].length;
    return { status, summary, struck, seconds: (performance.now() - begun) / 1000 };
  } finally {
    clearTimeout(limit);
    rmSync(home, { recursive: true, force: true });
  }
}

function controlOf(run: DeskRun, port: number): Control & { struck(): Promise<number | null> } {
  async function call(path: string, body: object | null): Promise<unknown> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        signal: AbortSignal.timeout(2_000),
        ...(body === null ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
      return answer;
    } catch (error) {
      // Not up yet, or away for a moment.
      if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return null;
      throw error;
    }
  }
  return {
    async post(path, body) {
      while (!run.isOver() && (await call(path, body)) === null) await pause(20);
    },
    async untilEvent(number) {
      while (!run.isOver()) {
        const state = (await call('/state', null)) as { event: { number: number } | null } | null;
        if ((state?.event?.number ?? 0) >= number) return;
        await pause(20);
      }
    },
    async struck() {
      const answer = (await call('/faults', null)) as { struck: Record<string, number> } | null;
      return answer === null ? null : Object.values(answer.struck).reduce((a, b) => a + b, 0);
    },
  };
}

function lastWords(run: DeskRun): string {
  return run.said().split('\n').slice(-25).join('\n');
}
