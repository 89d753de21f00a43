import { createHash } from 'node:crypto';
import type pg from 'pg';
import { readRecordedCycle } from '../../activities/deciders/read-recorded-cycle.ts';
import type { CycleStory } from '../../activities/ledger/records/read-cycles.ts';
import { ProfileSchema } from '../../shared/profile.ts';
import { replayCycle, type CycleReplay } from '../../shared/replay/replay-cycle.ts';
import { askDeciders, type AskedAnswer } from './ask-deciders.ts';

export interface ReplayAnswer extends CycleReplay {
  /** What those say who were named beside it. */
  asked: AskedAnswer[];
}

/** Decides a recorded cycle again, from the database alone (`replayCycle`), and asks others beside it. */
export async function replay(of: {
  pool: pg.Pool;
  desk: string;
  story: CycleStory;
  ask: readonly string[];
  answersDir: string;
  env: NodeJS.ProcessEnv;
}): Promise<ReplayAnswer> {
  const { pool, desk, story, ask: names, ...rest } = of;
  const recorded = await readRecordedCycle(pool, story);
  if (names.length === 0) return { ...replayCycle(recorded, sha256), asked: [] };
  const { rows } = await pool.query<{ profile: unknown }>(
    `select profile from desk where desk = $1`,
    [desk],
  );
  const profile = ProfileSchema.parse(recorded.profile ?? rows[0]?.profile);
  const asked = await askDeciders({ ...rest, pool, desk, profile, story, names });
  return { ...replayCycle(recorded, sha256), asked };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
