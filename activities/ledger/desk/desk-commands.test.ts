import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ProfileSchema, type Profile } from '../../../shared/profile.ts';
import { emptySchema } from '../desk-database.fixture.ts';
import { clearTables, CLOSE_MS, DESK, exampleProfile, storeDesk } from '../example-desk.fixture.ts';
import { createCommandActivities, readChampion } from './desk-commands.ts';
import type { Command } from './desk-event.ts';
import { readLimits } from './desk-limits.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`desk_commands_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await storeDesk(pool);
});
afterAll(() => pool?.end());

const by = (reference: string): Command => ({
  ...{ reference, who: 'ann', why: 'news', atMs: CLOSE_MS },
});
const commands = (profile: Profile = exampleProfile) =>
  createCommandActivities({ pool, desk: DESK, profile });
const events = async () =>
  (await pool.query(`select kind, who, why, at, detail from desk_event order by id`)).rows;

describe('limits', () => {
  test('are tightened once, whatever is repeated', async () => {
    const { setLimits } = commands();
    const first = await setLimits({ ...by('u1'), change: { stopPct: 1 } });
    expect(await setLimits({ ...by('u1'), change: { stopPct: 1 } })).toEqual(first);
    expect((await readLimits(pool, DESK, exampleProfile)).limits.stopPct).toBe(1);
    expect(await events()).toEqual([
      {
        ...{ kind: 'set-limits', who: 'ann', why: 'news', at: new Date(CLOSE_MS) },
        detail: { from: { stopPct: 2 }, to: { stopPct: 1 } },
      },
    ]);
  });

  test('stay as they are when one of them would be loosened, and that is written down', async () => {
    const { setLimits } = commands();
    const answer = await setLimits({ ...by('u1'), change: { heatPct: 3, stopPct: 5 } });
    const reason = 'stopPct may only be tightened: 2 stands, 5 was asked';
    expect(answer).toMatchObject({ kind: 'refused', limit: 'stopPct', reason });
    expect((await readLimits(pool, DESK, exampleProfile)).limits).toEqual(exampleProfile.risk);
    expect(await events()).toMatchObject([
      { detail: { from: { heatPct: 6, stopPct: 2 }, to: { heatPct: 3 }, refused: reason } },
    ]);
  });

  test('of an unknown name are refused', async () => {
    const answer = await commands().setLimits({ ...by('u1'), change: { nonsense: 1 } });
    expect(answer).toMatchObject({ reason: 'there is no limit "nonsense"' });
  });
});

describe('the champion', () => {
  const byChampion = ProfileSchema.parse({
    ...exampleProfile,
    consensus: { kind: 'champion', champion: 'hold' },
  });

  test('is the profile’s until another is set', async () => {
    expect(await readChampion(pool, DESK, byChampion)).toBe('hold');
    const answer = await commands(byChampion).setChampion({ ...by('u1'), decider: 'trend' });
    expect(answer).toEqual({ kind: 'set', champion: 'trend', before: 'hold' });
    expect(await readChampion(pool, DESK, byChampion)).toBe('trend');
    expect(await events()).toMatchObject([
      { kind: 'set-champion', who: 'ann', detail: { from: 'hold', to: 'trend' } },
    ]);
  });

  test('is one of the roster', async () => {
    const answer = await commands(byChampion).setChampion({ ...by('u1'), decider: 'nobody' });
    expect(answer).toEqual({
      ...{ kind: 'refused', reason: 'nobody is none of the deciders with a vote: trend, hold' },
    });
    expect(await readChampion(pool, DESK, byChampion)).toBe('hold');
  });

  test('that a new profile no longer has is not followed', async () => {
    await pool.query(`update desk set champion = 'gone'`);
    expect(await readChampion(pool, DESK, byChampion)).toBe('hold');
  });

  test('does not exist where deciders vote', async () => {
    expect(await readChampion(pool, DESK, exampleProfile)).toBeNull();
    const answer = await commands().setChampion({ ...by('u1'), decider: 'trend' });
    expect(answer).toMatchObject({ kind: 'refused' });
  });
});
