import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReplaySummary } from '../../activities/ledger/records/replay-summary.ts';
import { REPLAY_LINES } from '../../cli/start/run-state.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { openScene, type Scene } from './scene.ts';
import { NAMED, randomStrike, type Strike } from './strikes.ts';

export interface KillTest {
  /** Folder below which the two homes lie. */
  dir: string;
  portBase: number;
  /** Options of `npm start` that say what is replayed, `--from` and `--to` apart. */
  market: readonly string[];
  from: string;
  to: string;
  /** How often each named point is struck. */
  eachNamed: number;
  /** Strikes at random times beside those. */
  random: number;
  /** The share of the replay in which strikes begin; the named ones need orders after them. */
  striking: number;
  seed: number;
  limitMs: number;
  standstillMs: number;
  log: (line: string) => void;
}

export interface KillReport {
  undisturbed: ReplaySummary;
  disturbed: ReplaySummary;
  status: number | null;
  /** How often each was struck and seen to be reached. */
  reached: Record<string, number>;
  kills: number;
  seconds: { undisturbed: number; disturbed: number };
  /** What was decided, traded or booked in one of the runs alone: `-` in the undisturbed, `+` in the other. */
  differing: string[];
}

/** Strikes that hurt without killing anything. */
const BLOODLESS = new Set(['the answer lost']);

/**
 * Replays a market twice: once in peace, once while processes are killed at named points and at random
 * times, the command being typed again after each kill of the supervisor. Throws when anything hangs,
 * does not come back, or ends with another status than 0.
 */
export async function killReplay(test: KillTest): Promise<KillReport> {
  const deadline = performance.now() + test.limitMs;
  const options = {
    portBase: test.portBase,
    replay: [
      ...test.market,
      '--from',
      test.from,
      '--to',
      test.to,
      '--lockstep',
      '--exit',
      '--json',
    ],
    standstillMs: test.standstillMs,
    deadline,
    log: test.log,
  };
  const calm = await timed(openScene({ ...options, home: `${test.dir}/calm` }), async () => {});
  test.log(`undisturbed: ${calm.seconds} s, ${calm.summary.fills} fills, ${calm.summary.hash}`);

  const reached: Record<string, number> = Object.fromEntries(NAMED.map(({ name }) => [name, 0]));
  let kills = 0;
  const hurt = await timed(openScene({ ...options, home: `${test.dir}/hurt` }), async (scene) => {
    await strikeAll(test, scene, ({ name }) => {
      reached[name] = (reached[name] ?? 0) + 1;
      if (!BLOODLESS.has(name)) kills += 1;
    });
  });
  return {
    undisturbed: calm.summary,
    disturbed: hurt.summary,
    status: hurt.status,
    reached,
    kills,
    seconds: { undisturbed: calm.seconds, disturbed: hurt.seconds },
    differing: differing(calm.lines, hurt.lines),
  };
}

async function strikeAll(
  test: KillTest,
  scene: Scene,
  onReached: (strike: Strike) => void,
): Promise<void> {
  const draw = seededRandom(test.seed);
  const named = Array.from({ length: test.eachNamed }, () => NAMED).flat();
  const strikes = shuffled(
    [...named, ...Array.from({ length: test.random }, () => randomStrike(draw))],
    draw,
  );
  const from = Date.parse(test.from);
  const span = (Date.parse(test.to) - from) * test.striking;
  for (const [index, strike] of strikes.entries()) {
    const dueMs = from + (span * index) / strikes.length;
    const isDue = await scene.until(`venue time ${new Date(dueMs).toISOString()}`, async () => {
      return ((await scene.now()) ?? -Infinity) >= dueMs;
    });
    if (!isDue) return;
    await pause(draw() * 1_000);
    const begun = performance.now();
    const at = await scene.now();
    const isDone = await strike.perform(scene);
    if (!isDone) {
      test.log(`not reached: ${strike.name}`);
      if (scene.isOver()) return;
      continue;
    }
    onReached(strike);
    test.log(
      `${String(index + 1).padStart(2)}/${strikes.length} ` +
        `${at === null ? '(venue away)    ' : new Date(at).toISOString().slice(0, 16)} ` +
        `${((performance.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${strike.name}`,
    );
  }
}

interface Ended {
  summary: ReplaySummary;
  status: number | null;
  seconds: number;
  lines: string[];
}

/** What the hash of the home's replay is over. */
function linesOf(home: string): string[] {
  const [file] = globSync(join(home, 'replays', '*', '*', REPLAY_LINES));
  return file === undefined ? [] : readFileSync(file, 'utf8').split('\n');
}

function differing(undisturbed: readonly string[], disturbed: readonly string[]): string[] {
  const [before, after] = [new Set(undisturbed), new Set(disturbed)];
  return [
    ...undisturbed.filter((line) => !after.has(line)).map((line) => `- ${line}`),
    ...disturbed.filter((line) => !before.has(line)).map((line) => `+ ${line}`),
  ];
}

async function timed(scene: Scene, disturb: (scene: Scene) => Promise<void>): Promise<Ended> {
  const begun = performance.now();
  try {
    await disturb(scene);
    await scene.until('the end of the replay', () => scene.isOver());
    const { status, summary } = await scene.run().ended;
    if (summary === null) {
      throw new Error(
        `npm start ended with status ${status} and printed no summary:\n${scene.run().said().slice(-4000)}`,
      );
    }
    const seconds = Math.round((performance.now() - begun) / 1000);
    return { summary, status, seconds, lines: linesOf(scene.home) };
  } finally {
    await scene.clear();
  }
}

function shuffled<T>(items: readonly T[], draw: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(draw() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
