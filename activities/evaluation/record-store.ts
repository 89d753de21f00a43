import type pg from 'pg';
import { predictionOf, type Outcome, type Prediction } from '../../shared/arena/prediction.ts';
import type { Tallies } from '../../shared/arena/fold-records.ts';
import { variantsOf } from '../../shared/arena/variants.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import type { DeciderAnswer } from '../../shared/decision.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';
import { barColumns, type BarRow } from './bar-columns.ts';
import { predictedOn, SNAPSHOT_FIGURES, type SnapshotFigures } from './predicted-on.ts';

/** Cycles may be recorded this many bars late (a model that thinks, a person who approves) and are still found. */
const LATE_BARS = 48;

/** An answer of a recorded cycle with what became of it. */
export interface StoredPrediction {
  cycle: string;
  decider: string;
  desk: string;
  pair: Pair;
  variant: string;
  fromMs: number;
  /** Null where no event is named. */
  prediction: Prediction | null;
  outcome: Outcome | 'absent';
  /** Close of the bar that told the outcome, and of the bar at which it was counted. */
  knownMs: number | null;
  countedMs: number | null;
}

/** Whoever advances the desk's records does so alone until the transaction ends. */
export async function lockRecords(client: pg.PoolClient, desk: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtext($1))`, [`records ${desk}`]);
}

/** The tallies, the close up to which they have come, and of which bars; null when there are none. */
export async function readTallies(
  db: Queryable,
  desk: string,
): Promise<{ atMs: number; timeframe: Timeframe; tallies: Tallies } | null> {
  const { rows } = await db.query<{ at: Date; timeframe: Timeframe; tallies: Tallies }>(
    `select at, timeframe, tallies from decider_tally where desk = $1`,
    [desk],
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, atMs: row.at.getTime() };
}

/** Venue time at which the desk decided first; null before that. */
export async function readFirstClose(db: Queryable, desk: string): Promise<number | null> {
  const { rows } = await db.query<{ decided_at: Date }>(
    `select decided_at from cycle where desk = $1 order by bar limit 1`,
    [desk],
  );
  return rows[0]?.decided_at.getTime() ?? null;
}

interface Reach {
  desk: string;
  timeframe: Timeframe;
  /** Up to which all is done; null when nothing is. */
  afterMs: number | null;
  atMs: number;
}

interface AnswerRow extends SnapshotFigures {
  id: string;
  desk: string;
  pair: Pair;
  decided_at: Date;
  answers: Record<string, DeciderAnswer>;
  profile: Pick<Profile, 'deciders' | 'llm'> | null;
}

/** `$2`: the desk's timeframe. */
const ANSWERS = `
  select c.id, c.desk, c.pair, c.decided_at,
         (select jsonb_object_agg(d.decider, d.answer) from decision d where d.cycle = c.id) as answers,
         case when p.body is not null
              then jsonb_build_object('deciders', p.body->'deciders', 'llm', p.body->'llm') end as profile,
         ${SNAPSHOT_FIGURES}
    from cycle c
    left join document s on s.hash = c.snapshot_hash
    left join document p on p.hash = c.profile_hash`;

/** What recorded cycles from before the close said that is not stored yet, as pending, void or absent. */
export async function readNewPredictions(db: Queryable, of: Reach): Promise<StoredPrediction[]> {
  const { desk, timeframe, afterMs, atMs } = of;
  const since = afterMs === null ? null : new Date(afterMs - LATE_BARS * timeframeMs(timeframe));
  const { rows } = await db.query<AnswerRow>(
    `${ANSWERS}
      where c.desk = $1 and ($3::timestamptz is null or c.bar >= $3) and c.decided_at < $4
        and not exists (select from prediction x where x.cycle = c.id)
        and exists (select from decision d where d.cycle = c.id)`,
    [desk, timeframe, since, new Date(atMs)],
  );
  return rows.flatMap(predictionsOf);
}

/** The same of the cycles that are stored already, made anew. */
export async function readPredictionsAnew(
  db: Queryable,
  desk: string,
  timeframe: Timeframe,
): Promise<StoredPrediction[]> {
  const { rows } = await db.query<AnswerRow>(
    `${ANSWERS} where c.desk = $1 and exists (select from prediction x where x.cycle = c.id)`,
    [desk, timeframe],
  );
  return rows.flatMap(predictionsOf);
}

function predictionsOf(row: AnswerRow): StoredPrediction[] {
  // A cycle that is older than the recording of profiles does not tell which model answered.
  const variants = row.profile === null ? {} : variantsOf(row.profile);
  const atMs = row.decided_at.getTime();
  const seen = predictedOn(row, atMs);
  return Object.entries(row.answers).map(([decider, answer]): StoredPrediction => {
    const of = {
      ...{ cycle: row.id, decider, desk: row.desk, pair: row.pair },
      ...{ variant: variants[decider] ?? '', fromMs: atMs, knownMs: null, countedMs: null },
    };
    if (answer.kind === 'absent') return { ...of, prediction: null, outcome: 'absent' };
    const prediction =
      seen === null || of.variant === '' ? null : predictionOf(answer.decision, seen);
    return { ...of, prediction, outcome: prediction === null ? 'void' : 'pending' };
  });
}

interface PredictionRow {
  cycle: string;
  decider: string;
  desk: string;
  pair: Pair;
  variant: string;
  confidence: number | null;
  side: 'long' | 'short' | null;
  stop: number | null;
  target: number | null;
  limit_price: number | null;
  from_at: Date;
  until_at: Date | null;
  outcome: StoredPrediction['outcome'];
  known_at: Date | null;
  counted_at: Date | null;
}

/** Pending ones that a bar since then may have settled: it touched a level, or ended their horizon. */
export async function readTouched(db: Queryable, of: Reach): Promise<StoredPrediction[]> {
  const { desk, timeframe, afterMs, atMs } = of;
  if (afterMs === null) return [];
  const barMs = timeframeMs(timeframe);
  const { rows } = await db.query<PredictionRow>(
    `select p.* from prediction p
      where p.desk = $1 and p.outcome = 'pending'
        and exists (select from candle c
                     where c.pair = p.pair and c.timeframe = $2 and c.open_at > $3 and c.open_at <= $4
                       and (c.low <= least(p.stop, p.target) or c.high >= greatest(p.stop, p.target)
                            or c.open_at + $5::interval >= p.until_at or p.limit_price is not null))`,
    [
      ...[desk, timeframe, new Date(afterMs - barMs), new Date(atMs - barMs)],
      `${barMs} milliseconds`,
    ],
  );
  return rows.map(fromRow);
}

/** Every prediction of the desk as it is stored. */
export async function readPredictions(db: Queryable, desk: string): Promise<StoredPrediction[]> {
  const { rows } = await db.query<PredictionRow>(`select * from prediction where desk = $1`, [
    desk,
  ]);
  return rows.map(fromRow);
}

function fromRow(row: PredictionRow): StoredPrediction {
  const { confidence, side, stop, target, limit_price: limit, until_at } = row;
  const fromMs = row.from_at.getTime();
  return {
    ...{ cycle: row.cycle, decider: row.decider, desk: row.desk, pair: row.pair },
    ...{ variant: row.variant, fromMs, outcome: row.outcome },
    prediction:
      confidence === null || side === null || stop === null || target === null || until_at === null
        ? null
        : { confidence, side, stop, target, limit, fromMs, untilMs: until_at.getTime() },
    knownMs: row.known_at?.getTime() ?? null,
    countedMs: row.counted_at?.getTime() ?? null,
  };
}

/** The closed bars of each pair from the first of these predictions on, up to the close. */
export async function readBarsFrom(
  db: Queryable,
  predictions: readonly StoredPrediction[],
  { timeframe, atMs }: Pick<Reach, 'timeframe' | 'atMs'>,
): Promise<Map<Pair, CandleColumns>> {
  if (predictions.length === 0) return new Map();
  const fromMs = new Map<Pair, number>();
  for (const each of predictions) {
    fromMs.set(each.pair, Math.min(each.fromMs, fromMs.get(each.pair) ?? Infinity));
  }
  const { rows } = await db.query<BarRow & { pair: Pair }>(
    `select c.pair, c.open_at, c.open, c.high, c.low, c.close
       from unnest($1::text[], $2::float8[]) as p (pair, from_ms)
       join candle c on c.pair = p.pair and c.timeframe = $3
                    and c.open_at >= to_timestamp(p.from_ms / 1000) and c.open_at <= $4
      order by c.pair, c.open_at`,
    [
      ...[[...fromMs.keys()], [...fromMs.values()], timeframe],
      new Date(atMs - timeframeMs(timeframe)),
    ],
  );
  const byPair = Map.groupBy(rows, (row) => row.pair);
  return new Map([...byPair].map(([pair, bars]) => [pair, barColumns(bars)]));
}

/** Writes predictions down, or what has become of them. Keyed by cycle and decider. */
export async function storePredictions(
  db: Queryable,
  predictions: readonly StoredPrediction[],
): Promise<void> {
  if (predictions.length === 0) return;
  const rows = predictions.map((each) => ({
    ...{ cycle: each.cycle, decider: each.decider, desk: each.desk, pair: each.pair },
    ...{ variant: each.variant, from_at: each.fromMs, outcome: each.outcome },
    ...{ known_at: each.knownMs, counted_at: each.countedMs },
    ...{ confidence: each.prediction?.confidence, side: each.prediction?.side },
    ...{ stop: each.prediction?.stop, target: each.prediction?.target },
    ...{ limit_price: each.prediction?.limit, until_at: each.prediction?.untilMs },
  }));
  await db.query(
    `insert into prediction (cycle, decider, desk, pair, variant, confidence, side, stop, target, limit_price,
                             from_at, until_at, outcome, known_at, counted_at)
     select cycle, decider, desk, pair, variant, confidence, side, stop, target, limit_price,
            to_timestamp(from_at / 1000), to_timestamp(until_at / 1000), outcome,
            to_timestamp(known_at / 1000), to_timestamp(counted_at / 1000)
       from jsonb_to_recordset($1) as p (cycle text, decider text, desk text, pair text, variant text,
              confidence float8, side text, stop float8, target float8, limit_price float8, from_at float8,
              until_at float8, outcome text, known_at float8, counted_at float8)
     on conflict (cycle, decider) do update
        set outcome = excluded.outcome, known_at = excluded.known_at, counted_at = excluded.counted_at`,
    [JSON.stringify(rows)],
  );
}

/** Stores the tallies, and the records where they are others than before. */
export async function storeRecords(
  db: Queryable,
  of: {
    desk: string;
    timeframe: Timeframe;
    atMs: number;
    tallies: Tallies;
    records: readonly UsedRecord[];
  },
): Promise<void> {
  await db.query(
    `with tally as (
       insert into decider_tally (desk, at, timeframe, tallies) values ($1, $2, $5, $3)
       on conflict (desk) do update
          set at = excluded.at, timeframe = excluded.timeframe, tallies = excluded.tallies)
     insert into decider_record (desk, at, records)
     select $1, $2, $4::jsonb
      where $4::jsonb is distinct from (select records from decider_record where desk = $1
                                         order by at desc limit 1)`,
    [
      of.desk,
      new Date(of.atMs),
      JSON.stringify(of.tallies),
      JSON.stringify(of.records),
      of.timeframe,
    ],
  );
}

/** The latest records of the desk's roster; empty before its second bar. */
export async function readRecords(db: Queryable, desk: string): Promise<UsedRecord[]> {
  const { rows } = await db.query<{ records: UsedRecord[] }>(
    `select records from decider_record where desk = $1 order by at desc limit 1`,
    [desk],
  );
  return rows[0]?.records ?? [];
}
