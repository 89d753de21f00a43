import { EXIT_REASONS, type TradeLog } from '../../shared/backtest/trade-log.ts';
import { quoteOf, type Asset, type Pair } from '../../shared/pair.ts';
import type { BarStrategyChoice } from '../../shared/strategies/bar-registry.ts';
import { isoTime, type Timeframe } from '../../shared/timeframe.ts';
import { contaminationOf } from './contamination.ts';
import { plainNumber } from './plain-number.ts';
import type { StudyRun } from './run-study.ts';
import type { PairData, StudyRequest } from './study.ts';

/** The JSON document of a backtest. Amounts are decimal strings by asset, counts integers, times ISO 8601. */
export interface StudySummary {
  strategy: string;
  params: Record<string, unknown>;
  pairs: Pair[];
  timeframe: Timeframe;
  from: string;
  to: string | null;
  fillsOnly: boolean;
  /** How it entered and left; null with fills only. */
  rules: {
    limits: StudyRequest['limits'];
    entry: NonNullable<StudyRequest['entry']>;
    /** After which a post-only entry ended; null at the market. */
    entryMinutes: number | null;
    /** Greatest leverage of shorts under the risk engine; null for none. */
    leverage: number | null;
    exits: StudyRequest['exits'] | null;
  } | null;
  /** What must stand beside every number: a model may have known what would happen. Null when all counts. */
  contaminated: { models: string[]; countsFrom: string | null; label: string } | null;
  /** Bars read, all pairs. */
  bars: number;
  /** Places where bars are missing, all pairs. */
  gaps: number;
  read: {
    pair: Pair;
    file: string;
    fileTimeframe: Timeframe;
    bars: number;
    firstBar: string;
    lastBar: string;
    gaps: { after: string; before: string; missingBars: number }[];
    missingBars: number;
    /** Finer bars read beneath these. */
    beneathBars: number;
  }[];
  trades: number;
  wins: number;
  exits: Record<string, number>;
  grossPnl: Record<Asset, string>;
  fees: Record<Asset, string>;
  netPnl: Record<Asset, string>;
  /** Paid on what was borrowed; part of the fees. */
  interest: Record<Asset, string>;
  /** Refused entries by the first rule that refused; null without the risk engine. */
  vetoes: Record<string, number> | null;
  /** When and why the risk engine stopped the desk for good, or null. */
  halted: { at: string; why: string } | null;
  account: {
    numeraire: Asset;
    equity: { start: string; end: string };
    startBalances: Record<Asset, string>;
    balances: Record<Asset, string>;
    /** End less start, in units of each asset. */
    units: Record<Asset, string>;
    maxDrawdownPct: number;
  } | null;
  /** Wall time of the run without loading. */
  elapsedMs: number;
}

export function studySummary(
  request: StudyRequest,
  choice: BarStrategyChoice,
  data: readonly PairData[],
  run: StudyRun,
): StudySummary {
  const { log, engine } = run;
  const exits: Record<string, number> = {};
  let wins = 0;
  for (let k = 0; k < log.count; k++) {
    const reason = EXIT_REASONS[log.reason[k]!]!;
    exits[reason] = (exits[reason] ?? 0) + 1;
    if (log.grossPnl[k]! - log.fees[k]! > 0) wins++;
  }
  const gross = byQuote(log, data, (k) => log.grossPnl[k]!);
  const fees = byQuote(log, data, (k) => log.fees[k]!);
  const net = byQuote(log, data, (k) => log.grossPnl[k]! - log.fees[k]!);
  const read = data.map((d) => ({
    pair: d.pair,
    file: d.file,
    fileTimeframe: d.fileTimeframe,
    bars: d.bars.timeMs.length,
    firstBar: isoTime(d.bars.timeMs[0]!),
    lastBar: isoTime(d.bars.timeMs.at(-1)!),
    gaps: d.gaps.map((g) => ({
      after: isoTime(g.afterMs),
      before: isoTime(g.beforeMs),
      missingBars: g.missingBars,
    })),
    missingBars: d.gaps.reduce((sum, g) => sum + g.missingBars, 0),
    beneathBars: d.beneath?.timeMs.length ?? 0,
  }));
  const contamination = contaminationOf(data);
  const ofAssets = (amount: (asset: Asset, index: number) => number): Record<Asset, string> =>
    Object.fromEntries(
      (engine?.account.assets ?? []).map((a, k) => [a, plainNumber(amount(a, k))]),
    );
  return {
    strategy: choice.name,
    params: choice.parameters,
    pairs: request.pairs,
    timeframe: request.timeframe,
    from: isoTime(request.fromMs ?? Math.min(...data.map((d) => d.bars.timeMs[0]!))),
    to: request.toMs === null ? null : isoTime(request.toMs),
    fillsOnly: request.fillsOnly,
    rules: request.fillsOnly || choice.name === 'banded-thirds' ? null : rulesOf(request),
    contaminated:
      contamination === null
        ? null
        : {
            models: contamination.models,
            countsFrom: contamination.countsFrom,
            label: contamination.label,
          },
    bars: read.reduce((sum, r) => sum + r.bars, 0),
    gaps: read.reduce((sum, r) => sum + r.gaps.length, 0),
    read,
    trades: log.count,
    wins,
    exits,
    grossPnl: gross,
    fees,
    netPnl: net,
    interest: Object.fromEntries(
      Object.keys(net).map((asset) => [asset, plainNumber(engine?.interest[asset] ?? 0)]),
    ),
    vetoes:
      run.desk === null
        ? null
        : Object.fromEntries([...run.desk.vetoes].sort(([a], [b]) => (a < b ? -1 : 1))),
    halted:
      run.desk?.halted == null
        ? null
        : { at: isoTime(run.desk.halted.sinceMs), why: run.desk.halted.why },
    account:
      engine === null
        ? null
        : {
            numeraire: run.numeraire,
            equity: {
              start: plainNumber(engine.account.startEquity),
              end: plainNumber(engine.account.equity),
            },
            startBalances: ofAssets((a) => run.startBalances[a] ?? 0),
            balances: ofAssets((_, k) => engine.account.balance[k]!),
            // Ten decimals: what is below is noise of the additions.
            units: ofAssets((a, k) =>
              Number((engine.account.balance[k]! - (run.startBalances[a] ?? 0)).toFixed(10)),
            ),
            maxDrawdownPct: Number((100 * engine.account.maxDrawdown).toFixed(4)),
          },
    elapsedMs: Math.round(run.elapsedMs * 1000) / 1000,
  };
}

function rulesOf(request: StudyRequest): NonNullable<StudySummary['rules']> {
  const { limits, entry = 'market', entryMinutes = 60, margin, exits = null } = request;
  const waits = entry === 'market' ? null : entryMinutes;
  return { limits, entry, entryMinutes: waits, leverage: margin?.leverage ?? null, exits };
}

function byQuote(
  log: TradeLog,
  data: readonly PairData[],
  amount: (trade: number) => number,
): Record<Asset, string> {
  const sums = new Map<Asset, number>(data.map((d) => [quoteOf(d.pair), 0]));
  for (let k = 0; k < log.count; k++) {
    const quote = quoteOf(data[log.pair[k]!]!.pair);
    sums.set(quote, sums.get(quote)! + amount(k));
  }
  return Object.fromEntries([...sums].map(([asset, sum]) => [asset, plainNumber(sum)]));
}
