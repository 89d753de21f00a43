import { createHash } from 'node:crypto';
import type pg from 'pg';
import { readRecordedCycle } from '../../activities/deciders/read-recorded-cycle.ts';
import type { CycleStory } from '../../activities/ledger/read-cycles.ts';
import { replayCycle, type CycleReplay } from '../../shared/replay/replay-cycle.ts';

/** Decides a recorded cycle again, from the database alone; see `replayCycle`. */
export async function replay(pool: pg.Pool, story: CycleStory): Promise<CycleReplay> {
  return replayCycle(await readRecordedCycle(pool, story), sha256);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
