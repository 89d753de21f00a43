import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { CandleFile } from '../../candles/candle-files.ts';
import type { Home } from '../../infra/home.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import type { Profile } from '../../shared/profile.ts';

const RunFileSchema = z.strictObject({
  run: z.int().min(1),
  finished: z.boolean(),
});

/** File of a finished replay with the lines that its hash is over. */
export const REPLAY_LINES = 'lines.jsonl';

/**
 * Where one desk keeps its state: the demo of a seed, or one run of a replay. An unfinished run goes on,
 * a finished replay starts anew under the next number, so that no id of it is ever used twice.
 */
export interface RunState {
  /** Short hash of everything that a replay depends on; null for the demo. */
  replay: string | null;
  desk: string;
  schema: string;
  dir: string;
  journalDir: string;
  /** Schemas and folders of finished runs, to be removed. */
  stale: { schemas: string[]; dirs: string[] };
  finish(): void;
}

/** The demo of a seed; another start time, choice of pairs or balances is another demo. */
export function demoState(
  home: Home,
  profile: Profile,
  of: { seed: number; fromMs: number; isRealTime: boolean },
): RunState {
  const what = { pairs: profile.pairs, balances: profile.balances, fromMs: of.fromMs };
  const hash = createHash('sha256').update(canonicalJson(what)).digest('hex').slice(0, 4);
  // What ran in steps cannot go on at real time: its exchange has its clock stand for a desk.
  const name = `${of.seed}-${hash}${of.isRealTime ? '-rt' : ''}`;
  return ongoing(home, 'demo', `${profile.name}-${name}`, `${profile.name}-${home.id}-s${name}`);
}

/** Paper trading of an account that begins with the profile's balances; other ones are another account. */
export function paperState(home: Home, profile: Profile): RunState {
  const what = { pairs: profile.pairs, balances: profile.balances };
  const hash = createHash('sha256').update(canonicalJson(what)).digest('hex').slice(0, 4);
  const name = `${profile.name}-${hash}`;
  return ongoing(home, 'paper', name, `${profile.name}-${home.id}-paper-${hash}`);
}

/** The desk that trades real money: one of a profile in a home, whatever else changes. */
export function liveState(home: Home, profile: Profile): RunState {
  return ongoing(home, 'live', profile.name, `${profile.name}-${home.id}-live`);
}

/** State that every start goes on with. */
function ongoing(home: Home, kind: string, name: string, desk: string): RunState {
  const dir = home.path(kind, name);
  mkdirSync(dir, { recursive: true });
  return {
    replay: null,
    desk,
    schema: `tg_${home.id}_${kind}_${schemaWord(name)}`,
    dir,
    journalDir: `${dir}/journal`,
    stale: { schemas: [], dirs: [] },
    finish: () => {},
  };
}

export function replayState(
  home: Home,
  profile: Profile,
  of: { files: readonly CandleFile[]; seed: number | null; fromMs: number; toMs: number | null },
): RunState {
  const content = of.files.map((file) => ({
    name: file.name,
    hash: createHash('sha256').update(readFileSync(file.path)).digest('hex'),
  }));
  const what = { profile, content, seed: of.seed, fromMs: of.fromMs, toMs: of.toMs };
  const replay = createHash('sha256').update(canonicalJson(what)).digest('hex').slice(0, 10);
  const base = home.path('replays', replay);
  mkdirSync(base, { recursive: true });
  const file = `${base}/run.json`;
  const before = existsSync(file)
    ? RunFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    : { run: 0, finished: true };
  const run = before.finished ? before.run + 1 : before.run;
  const write = (finished: boolean): void => {
    writeFileSync(`${file}.new`, JSON.stringify({ run, finished }));
    renameSync(`${file}.new`, file);
  };
  write(false);
  const schemaOf = (n: number): string => `tg_${home.id}_r_${replay}_${n}`;
  const dirOf = (n: number): string => `${base}/${n}`;
  const dir = dirOf(run);
  mkdirSync(dir, { recursive: true });
  const isNew = before.finished && before.run > 0;
  return {
    replay,
    desk: `${profile.name}-${home.id}-${replay}.${run}`,
    schema: schemaOf(run),
    dir,
    journalDir: `${dir}/journal`,
    stale: isNew
      ? { schemas: [schemaOf(before.run)], dirs: [dirOf(before.run)] }
      : { schemas: [], dirs: [] },
    finish: () => write(true),
  };
}

/** Removes the journals of replays that this one takes the place of. */
export function removeStaleDirs(state: RunState): void {
  for (const dir of state.stale.dirs) rmSync(dir, { recursive: true, force: true });
}

function schemaWord(name: string): string {
  return name.replaceAll('-', '_');
}
