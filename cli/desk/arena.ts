import type pg from 'pg';
import { checkRecords } from '../../activities/evaluation/advance-records.ts';
import { checkShadows } from '../../activities/evaluation/advance-shadows.ts';
import { readArena, type PredictionRecord } from '../../activities/evaluation/read-arena.ts';
import { readRecords } from '../../activities/evaluation/record-store.ts';
import { readChampion } from '../../activities/ledger/desk/desk-commands.ts';
import { championEvidence, type ChampionEvidence } from '../../shared/arena/champion-evidence.ts';
import { commonErrors, type CommonErrors, type Errors } from '../../shared/arena/common-errors.ts';
import { predictionScore, type PredictionScore } from '../../shared/arena/prediction-score.ts';
import { standingsOf, type Standing } from '../../shared/arena/standings.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import { ProfileSchema, rosterOf } from '../../shared/profile.ts';
import { shadowKey } from '../../shared/shadow/fold-shadows.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { isoTime, timeframeMs } from '../../shared/timeframe.ts';
import { CommandError } from './command-error.ts';

/** Fixed, so that the same records print the same intervals. */
const SEED = 20_261_121;

export interface ArenaPredictions {
  /** Null while no outcome is known. */
  score: PredictionScore | null;
  pending: number;
  unscored: number;
  absent: number;
  /** What it weighs by what has come of them so far; null where it has no vote, or has left. */
  record: UsedRecord | null;
}

/** What `npm run desk -- arena` tells. */
export interface ArenaReport {
  desk: string;
  timeframe: string;
  /** Venue times at which the accounts begin, and up to which they have come. */
  from: string;
  asOf: string;
  /** Whether the order means anything, in plain words. */
  evidence: string;
  /** Whether another champion is called for; null where the desk follows none. */
  champion: ChampionEvidence | null;
  /** How far those who are asked at present err together; null while too little is known. */
  together: CommonErrors | null;
  /** By return net of everything, the best first. Predictions are null for baselines. */
  standings: (Standing & { predictions: ArenaPredictions | null })[];
}

/** Reads the accounts of a desk and scores what its deciders predicted. Changes nothing. */
export async function arenaReport(pool: pg.Pool, desk: string): Promise<ArenaReport> {
  const record = await readArena(pool, desk);
  if (record === null) {
    throw new CommandError(
      `desk ${desk} has no shadow accounts yet: they begin when its first bar has closed`,
    );
  }
  const records = await readRecords(pool, desk);
  const { champion, roster } = await readFollowed(pool, desk);
  const random = seededRandom(SEED);
  const { standings, evidence } = standingsOf(record.accounts);
  const barMs = timeframeMs(record.timeframe);
  return {
    desk,
    timeframe: record.timeframe,
    from: isoTime(record.fromBarMs + barMs),
    asOf: isoTime(record.barMs + barMs),
    evidence,
    champion: champion === null ? null : championEvidence(record.accounts, champion, roster),
    together: commonErrors(
      standings
        .filter((each) => !each.isBaseline && each.isOnRoster)
        .map((each) => errorsOf(record.predictions.get(shadowKey(each))?.resolved ?? [])),
    ),
    standings: standings.map((standing) => {
      if (standing.isBaseline) return { ...standing, predictions: null };
      const of = record.predictions.get(shadowKey(standing));
      const { resolved, pending, unscored, absent } = of ?? {
        ...{ resolved: [], pending: 0, unscored: 0, absent: 0 },
      };
      const score = predictionScore(resolved, random);
      const known = records.find((r) => shadowKey(r) === shadowKey(standing));
      return {
        ...standing,
        predictions: { score, pending, unscored, absent, record: known ?? null },
      };
    }),
  };
}

function errorsOf(resolved: PredictionRecord['resolved']): Errors {
  return new Map(
    resolved.map(({ pair, atMs, hit, confidence }) => [
      `${pair} ${atMs}`,
      Number(hit) - confidence,
    ]),
  );
}

/** The champion of the desk, null where it follows none, and those who could be followed. */
async function readFollowed(
  pool: pg.Pool,
  desk: string,
): Promise<{ champion: string | null; roster: string[] }> {
  const { rows } = await pool.query<{ profile: unknown }>(
    `select profile from desk where desk = $1`,
    [desk],
  );
  const profile = ProfileSchema.parse(rows[0]?.profile);
  return { champion: await readChampion(pool, desk, profile), roster: rosterOf(profile) };
}

/** Throws when a stored account, or what is known of a decider, is not what the records make of it. */
export async function assertShadows(pool: pg.Pool, desk: string): Promise<void> {
  const wrong = [...(await checkShadows(pool, desk)), ...(await checkRecords(pool, desk))];
  if (wrong.length === 0) return;
  throw new CommandError(
    `what is stored of ${wrong.join(', ')} is not what cycles and candles make of them: ` +
      'candles or cycles were changed after they had been used',
  );
}

/** The report as other programs rely on: amounts are strings, what is not known is null. */
export function arenaJson({ standings, ...report }: ArenaReport): unknown {
  const amount = (value: number): string => value.toFixed(2);
  return {
    ...report,
    standings: standings.map(({ equity, fees, llmCost, measures, ...standing }, i) => ({
      rank: i + 1,
      ...standing,
      ...{ equity: amount(equity), fees: amount(fees), llmCost: llmCost.toFixed(4) },
      ...measures,
    })),
  };
}
