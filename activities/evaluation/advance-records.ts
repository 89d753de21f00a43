import type pg from 'pg';
import { canonicalJson } from '../../shared/canonical-json.ts';
import {
  foldTallies,
  recordsOfTallies,
  type SettledOf,
  type Tallies,
} from '../../shared/arena/fold-records.ts';
import { settlementOf } from '../../shared/arena/prediction.ts';
import { variantsOf } from '../../shared/arena/variants.ts';
import { rosterOf, type Profile } from '../../shared/profile.ts';
import { shadowKey } from '../../shared/shadow/fold-shadows.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import { inTransaction } from '../ledger/database.ts';
import {
  lockRecords,
  readBarsFrom,
  readFirstClose,
  readNewPredictions,
  readPredictions,
  readPredictionsAnew,
  readTallies,
  readTouched,
  storePredictions,
  storeRecords,
  type StoredPrediction,
} from './record-store.ts';

export interface RecordDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
}

/** What lies further back is taken in several transactions, so that a long way is not begun anew. */
const BARS_AT_ONCE = 500;

/**
 * Brings what is known of the deciders up to the close of a bar (venue time, Unix ms), before its cycles decide:
 * takes in what earlier cycles said, settles what closed bars have told since, and stores the records of the
 * roster. A fold over recorded cycles and candles up to that close, from wherever it is, keyed by desk and close:
 * what was done before changes nothing, and nothing that comes later is seen.
 */
export async function advanceRecords(deps: RecordDeps, atMs: number): Promise<void> {
  const stepMs = BARS_AT_ONCE * timeframeMs(deps.profile.timeframe);
  for (;;) {
    const reachedMs = await inTransaction(deps.pool, (client) =>
      advanceOnce(client, deps, atMs, stepMs),
    );
    if (reachedMs >= atMs) return;
  }
}

/** One step on, `stepMs` at most. Returns the close up to which the records have come. */
async function advanceOnce(
  client: pg.PoolClient,
  { desk, profile }: RecordDeps,
  untilMs: number,
  stepMs: number,
): Promise<number> {
  const { timeframe } = profile;
  const barMs = timeframeMs(timeframe);
  await lockRecords(client, desk);
  const known = await readTallies(client, desk);
  const lastMs = known?.atMs ?? null;
  if (lastMs !== null && lastMs >= untilMs) return lastMs;
  const startMs = lastMs ?? (await readFirstClose(client, desk)) ?? untilMs;
  const atMs = Math.min(untilMs, startMs + stepMs);
  const of = { desk, timeframe, afterMs: lastMs, atMs };
  const fresh = await readNewPredictions(client, of);
  const open = [...fresh.filter(isPending), ...(await readTouched(client, of))];
  const bars = await readBarsFrom(client, open, of);
  const settled = open
    .map((prediction) => settledBy(prediction, bars.get(prediction.pair), barMs, atMs))
    .filter((prediction) => !isPending(prediction));
  const done = new Set(settled.map(nameOf));
  await storePredictions(client, [...fresh.filter((p) => !done.has(nameOf(p))), ...settled]);
  const tallies = foldTallies(known?.tallies ?? {}, settled.flatMap(scored));
  const records = recordsOfTallies(tallies, rosterOf(profile), variantsOf(profile));
  await storeRecords(client, { desk, timeframe, atMs, tallies, records });
  return atMs;
}

function isPending({ outcome }: StoredPrediction): boolean {
  return outcome === 'pending';
}

function nameOf({ cycle, decider }: StoredPrediction): string {
  return `${cycle} ${decider}`;
}

/**
 * Deciders whose stored predictions or records are not what cycles and candles make of them, by name; empty when
 * all is well.
 */
export async function checkRecords(pool: pg.Pool, desk: string): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    await client.query('set transaction isolation level repeatable read read only');
    const known = await readTallies(client, desk);
    if (known === null) return [];
    const { atMs, timeframe, tallies } = known;
    const stored = await readPredictions(client, desk);
    const anew = await readPredictionsAnew(client, desk, timeframe);
    const bars = await readBarsFrom(client, anew, { timeframe, atMs });
    const storedBy = new Map(stored.map((each) => [nameOf(each), each]));
    const rebuilt = anew.map((each) => {
      const was = storedBy.get(nameOf(each));
      const now = settledBy(each, bars.get(each.pair), timeframeMs(timeframe), atMs);
      // When it was counted is a fact of its own: a cycle may have been recorded late.
      return { ...now, countedMs: was?.countedMs ?? null };
    });
    const wrong = rebuilt.filter(
      (now) => canonicalJson(now) !== canonicalJson(storedBy.get(nameOf(now)) ?? null),
    );
    const refolded = [...Map.groupBy(rebuilt, (each) => each.countedMs ?? Infinity)]
      .sort(([a], [b]) => a - b)
      .reduce((all, [, counted]) => foldTallies(all, counted.flatMap(scored)), {} as Tallies);
    const differ = [...new Set([...Object.keys(tallies), ...Object.keys(refolded)])].filter(
      (key) => canonicalJson(tallies[key] ?? null) !== canonicalJson(refolded[key] ?? null),
    );
    return [...new Set([...wrong.map(shadowKey), ...differ])]
      .sort()
      .map((name) => `records of ${name}`);
  });
}

/** As it stands by the bars so far: counted at `atMs` when they tell how it came out. */
function settledBy(
  stored: StoredPrediction,
  bars: Parameters<typeof settlementOf>[1] | undefined,
  barMs: number,
  atMs: number,
): StoredPrediction {
  const { prediction } = stored;
  if (prediction === null || bars === undefined) return stored;
  const from = bars.timeMs.findIndex((timeMs) => timeMs >= prediction.fromMs);
  if (from < 0) return stored;
  const { outcome, knownMs } = settlementOf(prediction, bars, from, barMs);
  return { ...stored, outcome, knownMs, countedMs: knownMs === null ? null : atMs };
}

/** What counts towards a record: an event that did or did not come true. */
function scored({
  decider,
  variant,
  pair,
  prediction,
  outcome,
  knownMs,
}: StoredPrediction): SettledOf[] {
  if (prediction === null || knownMs === null) return [];
  if (outcome !== 'hit' && outcome !== 'missed') return [];
  const { confidence, fromMs } = prediction;
  return [{ decider, variant, pair, confidence, hit: outcome === 'hit', fromMs, knownMs }];
}
