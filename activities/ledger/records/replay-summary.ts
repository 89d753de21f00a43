import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { DeskRecord, EntryRow } from '../../../shared/audit/desk-record.ts';
import {
  auditJournal,
  type JournalAudit,
  type VenueJournal,
} from '../../../shared/audit/journal-audit.ts';
import { replayLines } from '../../../shared/audit/replay-hash.ts';
import { ACTIONS, type Action } from '../../../shared/decision.ts';
import { Decimal, type DecimalText } from '../../../shared/money.ts';
import type { Asset, Pair } from '../../../shared/pair.ts';
import { TIMEFRAMES, timeframeMs } from '../../../shared/timeframe.ts';
import { usdtPrices, worthInUsdt } from '../../../shared/usdt-prices.ts';
import { checkLedger, unbalancedWords, type LedgerCheck } from '../books/check-ledger.ts';
import { equityWith, readMargin } from '../books/margin-account.ts';
import type { Queryable } from '../database.ts';
import { readDeskRecord } from './read-record.ts';

type DecisionCounts = Record<Action | 'absent', number>;

/** The result of a replay, as other programs read it. Counts are integers, amounts decimal text. */
export interface ReplaySummary {
  cycles: number;
  decisions: Record<string, DecisionCounts>;
  /** By rule. */
  vetoes: Record<string, number>;
  /** Orders that the venue accepted. */
  orders: number;
  fills: number;
  /** Positions opened and closed again. */
  roundTrips: number;
  fees: Record<Asset, DecimalText>;
  /** Paid for what positions on margin borrowed; absent where nothing was. */
  interest?: Record<Asset, DecimalText>;
  /** USDT at the last closes. */
  equity: { start: DecimalText; end: DecimalText };
  balances: { start: Record<Asset, DecimalText>; end: Record<Asset, DecimalText> };
  ledger: { postings: number; unbalanced: number; differences: number };
  duplicates: number;
  /** The candle files that were read. */
  files: string[];
  hash: string;
}

export interface Replay {
  desk: string;
  /** [from, to), Unix ms. */
  fromMs: number;
  toMs: number;
  journal: VenueJournal;
  files: string[];
}

export interface ReplayResult {
  summary: ReplaySummary;
  /** What the counts of the summary count, one sentence each. */
  findings: string[];
  /** What the hash is taken over: where two replays differ, some of these do. */
  lines: string[];
}

/**
 * Sums a replay up from its record and holds it against the venue's own journal. Changes nothing; the
 * same record and journal give the same result.
 */
export async function summariseReplay(pool: pg.Pool, replay: Replay): Promise<ReplayResult> {
  const record = await readDeskRecord(pool, replay.desk);
  const check = await checkLedger(pool);
  const audit = auditJournal(replay.journal, record);
  const closed = await pool.query<{ count: number }>(
    `select count(*)::int as count from position where state = 'closed'`,
  );
  const lines = replayLines(record);
  const start = openingBalances(record.entries);
  const interest = sumByAsset(record.entries, (account) => account === 'interest');
  const summary: ReplaySummary = {
    cycles: record.cycles.length,
    decisions: countDecisions(record),
    vetoes: countVetoes(record),
    orders: record.orders.filter((order) => order.venueOrderId !== null).length,
    fills: record.fills.length,
    roundTrips: closed.rows[0]?.count ?? 0,
    fees: sumByAsset(record.entries, (account) => account === 'fees'),
    ...(Object.keys(interest).length === 0 ? {} : { interest }),
    equity: {
      start: worthInUsdt(start, usdtPrices(await lastCloses(pool, replay.fromMs))),
      end: await endEquity(pool, replay, check),
    },
    balances: { start, end: check.balances },
    ledger: {
      postings: check.postings,
      unbalanced: unbalancedEntries(check),
      differences: audit.differences.length,
    },
    duplicates: audit.duplicates.length,
    files: [...replay.files].sort(),
    hash: createHash('sha256').update(lines.join('\n')).digest('hex'),
  };
  return { summary, findings: findingsOf(check, audit), lines };
}

/** What is held at the last closes, and what open positions on margin would bring, USDT. */
async function endEquity(pool: pg.Pool, of: Replay, check: LedgerCheck): Promise<DecimalText> {
  const closes = await lastCloses(pool, of.toMs);
  const usdtPer = usdtPrices(closes);
  const margin = await readMargin(pool, { desk: of.desk, closes, usdtPer });
  return equityWith(worthInUsdt(check.balances, usdtPer), margin);
}

/** 3 when ledger and venue differ in anything, 0 when all is well. */
export function exitStatusOf(summary: Pick<ReplaySummary, 'ledger' | 'duplicates'>): 0 | 3 {
  const { unbalanced, differences } = summary.ledger;
  return unbalanced + differences + summary.duplicates === 0 ? 0 : 3;
}

export function findingsOf(check: LedgerCheck, audit: JournalAudit): string[] {
  return [...unbalancedWords(check), ...audit.differences, ...audit.duplicates];
}

function unbalancedEntries(check: LedgerCheck): number {
  return new Set(check.unbalanced.map(({ entry }) => entry)).size;
}

const AnswerSchema = z.union([
  z.object({ kind: z.literal('answered'), decision: z.object({ action: z.enum(ACTIONS) }) }),
  z.object({ kind: z.literal('absent') }),
]);

function countDecisions(record: DeskRecord): Record<string, DecisionCounts> {
  const counts = new Map<string, DecisionCounts>();
  for (const { decider, answer } of record.decisions) {
    const parsed = AnswerSchema.parse(answer);
    const said = parsed.kind === 'answered' ? parsed.decision.action : 'absent';
    const of = counts.get(decider) ?? { long: 0, short: 0, hold: 0, close: 0, absent: 0 };
    counts.set(decider, { ...of, [said]: of[said] + 1 });
  }
  return sorted(counts);
}

const RulesSchema = z.array(z.object({ rule: z.string(), outcome: z.string() }));

function countVetoes(record: DeskRecord): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { rules } of record.verdicts) {
    for (const { rule, outcome } of RulesSchema.parse(rules)) {
      if (outcome === 'veto') counts.set(rule, (counts.get(rule) ?? 0) + 1);
    }
  }
  return sorted(counts);
}

/** What the account was opened with: the counterpart of its capital. */
function openingBalances(entries: readonly EntryRow[]): Record<Asset, DecimalText> {
  return sumByAsset(
    entries.filter(({ postings }) => postings.some(({ account }) => account === 'capital')),
    (account) => account === 'venue',
  );
}

function sumByAsset(
  entries: readonly EntryRow[],
  counts: (account: string) => boolean,
): Record<Asset, DecimalText> {
  const sums = new Map<Asset, Decimal>();
  for (const { account, asset, amount } of entries.flatMap((entry) => entry.postings)) {
    if (counts(account)) sums.set(asset, (sums.get(asset) ?? new Decimal(0)).plus(amount));
  }
  return sorted(new Map([...sums].map(([asset, sum]) => [asset, sum.toFixed()])));
}

/** Each pair's latest close by `atMs`; the first open after it for a pair that had none yet. */
async function lastCloses(db: Queryable, atMs: number): Promise<Record<Pair, number>> {
  const { rows } = await db.query<{ pair: Pair; price: number }>(
    `with bar as (
       select c.pair, c.open, c.close, c.open_at, t.ms,
              c.open_at + t.ms * interval '1 millisecond' as close_at
         from candle c join unnest($2::text[], $3::float8[]) as t (timeframe, ms)
           on t.timeframe = c.timeframe),
     first_open as (
       select distinct on (pair) pair, open as price from bar order by pair, open_at, ms),
     last_close as (
       select distinct on (pair) pair, close as price from bar
        where close_at <= $1 order by pair, close_at desc, ms)
     select f.pair, coalesce(l.price, f.price) as price
       from first_open f left join last_close l on l.pair = f.pair`,
    [new Date(atMs), [...TIMEFRAMES], TIMEFRAMES.map(timeframeMs)],
  );
  return Object.fromEntries(rows.map(({ pair, price }) => [pair, price]));
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
