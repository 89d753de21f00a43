import type pg from 'pg';
import type { DecimalText } from '../../../shared/money.ts';
import type { Asset } from '../../../shared/pair.ts';
import { rosterOf, type Profile } from '../../../shared/profile.ts';
import { tightened, type LimitsAnswer } from '../../../shared/risk/standing-limits.ts';
import { releaseBag, type ReleaseAnswer } from '../books/bag.ts';
import { inTransaction, type Queryable } from '../database.ts';
import { noteCommand, type Command } from './desk-event.ts';
import { readLimits } from './desk-limits.ts';
import { lockDesk } from './desk-store.ts';

export interface CommandDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
}

export type ChampionAnswer =
  { kind: 'set'; champion: string; before: string | null } | { kind: 'refused'; reason: string };

/** The decider that a desk of consensus `champion` follows: a person's or the arena's choice, else the profile's. */
export async function readChampion(
  db: Queryable,
  desk: string,
  profile: Profile,
): Promise<string | null> {
  if (profile.consensus.kind !== 'champion') return null;
  const { rows } = await db.query<{ champion: string | null }>(
    `select champion from desk where desk = $1`,
    [desk],
  );
  const chosen = rows[0]?.champion ?? null;
  const roster = rosterOf(profile);
  if (chosen !== null && roster.includes(chosen)) return chosen;
  return profile.consensus.champion ?? roster[0] ?? null;
}

/** What people change in a running desk besides its state. Each answer is written down, refusals too. */
export function createCommandActivities(deps: CommandDeps) {
  const { pool, desk, profile } = deps;
  return {
    /** Tightens limits; a change that loosens any is refused whole. Keyed by `reference`. */
    async setLimits(of: Command & { change: Record<string, number> }): Promise<LimitsAnswer> {
      return inTransaction(pool, async (client) => {
        await lockDesk(client, desk);
        const before = await readLimits(client, desk, profile);
        const { who, why, atMs } = of;
        const answer = tightened(profile.risk, before, of.change, { who, why, atMs });
        if (answer.kind === 'tightened') {
          await client.query(`update desk set tightened = $2 where desk = $1`, [
            desk,
            JSON.stringify(answer.tightened),
          ]);
        }
        const refusal = answer.kind === 'refused' ? { refused: answer.reason } : {};
        const from = Object.fromEntries(
          Object.keys(of.change).map((name) => [name, present(before.limits, name)]),
        );
        await noteCommand(client, desk, 'set-limits', of, { from, to: of.change, ...refusal });
        return answer;
      });
    },

    /** Makes another decider of the roster the champion. Keyed by `reference`. */
    async setChampion(of: Command & { decider: string }): Promise<ChampionAnswer> {
      return inTransaction(pool, async (client) => {
        await lockDesk(client, desk);
        const before = await readChampion(client, desk, profile);
        const reason = whyNoChampion(profile, of.decider);
        if (reason === null) {
          await client.query(`update desk set champion = $2 where desk = $1`, [desk, of.decider]);
        }
        await noteCommand(client, desk, 'set-champion', of, {
          ...{ from: before, to: of.decider },
          ...(reason === null ? {} : { refused: reason }),
        });
        return reason === null
          ? { kind: 'set', champion: of.decider, before }
          : { kind: 'refused', reason };
      });
    },

    /** Gives what lies in the hodl bag back to the desk, on the word of a person. Keyed by `reference`. */
    async releaseBag(
      of: Command & { amounts: Record<Asset, DecimalText> | 'all' },
    ): Promise<ReleaseAnswer> {
      return releaseBag(deps, of);
    },
  };
}

function whyNoChampion(profile: Profile, decider: string): string | null {
  const { kind } = profile.consensus;
  if (kind !== 'champion') {
    return `the desk decides by ${kind}: only a profile with consensus kind champion has one`;
  }
  const roster = rosterOf(profile);
  return roster.includes(decider)
    ? null
    : `${decider} is none of the deciders with a vote: ${roster.join(', ')}`;
}

function present(limits: object, name: string): unknown {
  return Object.entries(limits).find(([limit]) => limit === name)?.[1] ?? null;
}
