import type pg from 'pg';
import { predictionOf, settlementOf } from '../../shared/arena/prediction.ts';
import type { Resolved } from '../../shared/arena/prediction-score.ts';
import type { ArenaAccount } from '../../shared/arena/standings.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Decision } from '../../shared/decision.ts';
import type { Pair } from '../../shared/pair.ts';
import { baselinesOf } from '../../shared/shadow/contestants.ts';
import { shadowKey, termsAt, type DeskTerms } from '../../shared/shadow/fold-shadows.ts';
import type { ShadowTrade } from '../../shared/shadow/shadow-types.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import { inTransaction, type Queryable } from '../ledger/database.ts';
import { barColumns, type BarRow } from './bar-columns.ts';
import { predictedOn, SNAPSHOT_FIGURES, type SnapshotFigures } from './predicted-on.ts';
import { readTerms } from './shadow-record.ts';
import { readShadows } from './shadow-store.ts';

/** What is told of one contestant's predictions, in cycles of the roster it was on. */
export interface PredictionRecord {
  resolved: (Resolved & { pair: Pair })[];
  pending: number;
  /** Entries that were never reached, and answers that named no event. */
  unscored: number;
  absent: number;
}

export interface ArenaRecord {
  timeframe: Timeframe;
  /** Bars at whose close the accounts begin, and the last that they have seen. */
  fromBarMs: number;
  barMs: number;
  accounts: ArenaAccount[];
  /** By `shadowKey`. */
  predictions: Map<string, PredictionRecord>;
}

/** Everything that the standings are made of, as of one moment; null while there are no accounts. */
export async function readArena(pool: pg.Pool, desk: string): Promise<ArenaRecord | null> {
  return inTransaction(pool, async (client) => {
    await client.query('set transaction isolation level repeatable read read only');
    const { rows, barMs } = await readShadows(client, desk);
    const terms = await readTerms(client, desk);
    const [first, last] = [terms[0], terms.at(-1)];
    if (barMs === null || first === undefined || last === undefined) return null;
    const days = await readDays(client, desk);
    const trades = await readTrades(client, desk);
    const roster = new Set([
      ...Object.entries(last.roster).map(([decider, variant]) => shadowKey({ decider, variant })),
      ...baselinesOf(last.terms.pairs).map(shadowKey),
    ]);
    const accounts = [...rows].map(([key, { decider, variant, saved }]): ArenaAccount => ({
      ...{ decider, variant, isOnRoster: roster.has(key) },
      ...{ equity: saved.account.equity, startEquity: saved.account.startEquity },
      ...{ totals: saved.totals, days: days.get(key) ?? [], trades: trades.get(key) ?? [] },
    }));
    return {
      ...{ timeframe: last.timeframe, fromBarMs: first.fromBarMs, barMs, accounts },
      predictions: await readPredictions(client, desk, terms),
    };
  });
}

async function readDays(db: Queryable, desk: string): Promise<Map<string, ArenaAccount['days']>> {
  const { rows } = await db.query<{
    decider: string;
    variant: string;
    ms: number;
    equity: number;
  }>(
    `select decider, variant, extract(epoch from day::timestamp)::float8 * 1000 as ms, equity
       from shadow_day where desk = $1 order by day`,
    [desk],
  );
  return collected(rows, ({ ms, equity }) => ({ dayMs: ms, equity }));
}

async function readTrades(db: Queryable, desk: string): Promise<Map<string, ShadowTrade[]>> {
  const { rows } = await db.query<{ decider: string; variant: string; trade: ShadowTrade }>(
    `select decider, variant, trade from shadow_trade where desk = $1 order by n`,
    [desk],
  );
  return collected(rows, ({ trade }) => trade);
}

function collected<R extends { decider: string; variant: string }, T>(
  rows: readonly R[],
  pick: (row: R) => T,
): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const key = shadowKey(row);
    const list = found.get(key) ?? [];
    list.push(pick(row));
    found.set(key, list);
  }
  return found;
}

interface AnswerRow extends SnapshotFigures {
  pair: Pair;
  bar: Date;
  decided_at: Date;
  decisions: Record<string, Decision | null>;
}

/** Every recorded answer held against what the market did afterwards. */
async function readPredictions(
  db: Queryable,
  desk: string,
  terms: readonly DeskTerms[],
): Promise<Map<string, PredictionRecord>> {
  const { timeframe } = terms[0]!;
  const { rows } = await db.query<AnswerRow>(
    `select c.pair, c.bar, c.decided_at,
            (select jsonb_object_agg(d.decider, case when d.answer->>'kind' = 'answered'
                                                     then d.answer->'decision' end)
               from decision d where d.cycle = c.id) as decisions,
            ${SNAPSHOT_FIGURES}
       from cycle c left join document s on s.hash = c.snapshot_hash
      where c.desk = $1 order by c.bar, c.pair`,
    [desk, timeframe],
  );
  const barMs = timeframeMs(timeframe);
  const bars = new Map<Pair, CandleColumns>();
  const found = new Map<string, PredictionRecord>();
  for (const row of rows) {
    const { roster } = termsAt(terms, row.bar.getTime());
    const candles = bars.get(row.pair) ?? (await readBars(db, row.pair, timeframe, row.bar));
    bars.set(row.pair, candles);
    const atMs = row.decided_at.getTime();
    const from = firstFrom(candles.timeMs, atMs);
    const seen = predictedOn(row, atMs);
    for (const [decider, decision] of Object.entries(row.decisions ?? {})) {
      const variant = roster[decider];
      if (variant === undefined) continue;
      const key = shadowKey({ decider, variant });
      const record = found.get(key) ?? { resolved: [], pending: 0, unscored: 0, absent: 0 };
      found.set(key, record);
      if (decision === null) {
        record.absent++;
        continue;
      }
      const prediction = seen === null ? null : predictionOf(decision, seen);
      const outcome =
        prediction === null ? 'void' : settlementOf(prediction, candles, from, barMs).outcome;
      if (outcome === 'pending') record.pending++;
      else if (outcome === 'void') record.unscored++;
      else {
        const { confidence } = decision;
        record.resolved.push({ confidence, hit: outcome === 'hit', atMs, pair: row.pair });
      }
    }
  }
  return found;
}

async function readBars(
  db: Queryable,
  pair: Pair,
  timeframe: Timeframe,
  from: Date,
): Promise<CandleColumns> {
  const { rows } = await db.query<BarRow>(
    `select open_at, open, high, low, close from candle
      where pair = $1 and timeframe = $2 and open_at >= $3 order by open_at`,
    [pair, timeframe, from],
  );
  return barColumns(rows);
}

function firstFrom(times: Float64Array, timeMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
