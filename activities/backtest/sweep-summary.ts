import { LEAST_RETURNS, sharpeInterval } from '../../shared/backtest/measures.ts';
import { walkForward, type WalkForwardOptions } from '../../shared/backtest/walk-forward.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Interval } from '../../shared/statistics/bootstrap.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { DAYS_PER_YEAR } from '../../shared/statistics/daily-returns.ts';
import { overfittingProbability } from '../../shared/statistics/overfitting.ts';
import {
  deflatedSharpe,
  probabilisticSharpe,
} from '../../shared/statistics/probabilistic-sharpe.ts';
import { sharpeRatio } from '../../shared/statistics/ratios.ts';
import { isoTime, type Timeframe } from '../../shared/timeframe.ts';
import type { SweepRow, SweepRun } from './run-sweep.ts';
import type { StudyRequest } from './study.ts';

const DAY_MS = 86_400_000;
/** Fixed, so that the same sweep prints the same intervals. */
const SEED = 20_261_121;

/** The JSON document of a sweep. Ratios are annualised; null where they are not known. */
export interface SweepSummary {
  strategy: string;
  pairs: Pair[];
  timeframe: Timeframe;
  fillsOnly: boolean;
  /** Sets asked for, and sets with a result: fewer when the sweep was cancelled. */
  sets: number;
  done: number;
  rows: (SweepRow | null)[];
  best: {
    set: number;
    params: Record<string, unknown>;
    sharpe: number;
    /** Probability that its true ratio is above 0, and above what luck gives the best of all sets. */
    probabilisticSharpe: number;
    deflatedSharpe: number;
  } | null;
  /** Probability of backtest overfitting by cross-validation over 16 blocks of days. */
  overfitting: { probability: number; splits: number };
  walkForward: {
    windows: {
      trainFrom: string;
      testFrom: string;
      testTo: string;
      params: Record<string, unknown> | null;
      trainSharpe: number;
      testSharpe: number;
    }[];
    sharpe: number;
    /** 95 %, by the stationary block bootstrap over the days followed. */
    sharpeInterval: Interval;
    totalReturn: number;
    probabilisticSharpe: number;
    /** What 1 became by the end of each day followed. */
    equity: { day: string; value: number }[];
  } | null;
  /** How far all this can be believed, in plain words. */
  verdict: string;
  threads: number;
  elapsedMs: number;
}

/** What a sweep shows, and how far it can be believed. */
export function sweepSummary(
  request: StudyRequest,
  run: SweepRun,
  forward: WalkForwardOptions | null,
): SweepSummary {
  const annual = Math.sqrt(DAYS_PER_YEAR);
  const done = run.rows.flatMap((row, set) => (row === null ? [] : [{ row, set }]));
  const returns = done.map(({ set }) => run.returns[set]!);
  const sharpes = done.map(({ row }) => row.sharpe);
  let best = -1;
  sharpes.forEach((s, k) => {
    if (!Number.isNaN(s) && (best < 0 || s > sharpes[best]!)) best = k;
  });
  const winner = best < 0 ? null : done[best]!;
  const overfitting = overfittingProbability(returns);
  const deflated = winner === null ? NaN : deflatedSharpe(returns[best]!, sharpes);
  const followed = forward === null ? null : forwardSummary(run, done, returns, forward, annual);
  return {
    strategy: request.strategy,
    pairs: request.pairs,
    timeframe: request.timeframe,
    fillsOnly: request.fillsOnly,
    sets: run.rows.length,
    done: done.length,
    rows: run.rows.map((row) => (row === null ? null : { ...row, sharpe: row.sharpe * annual })),
    best:
      winner === null
        ? null
        : {
            set: winner.set,
            params: winner.row.params,
            sharpe: winner.row.sharpe * annual,
            probabilisticSharpe: probabilisticSharpe(returns[best]!),
            deflatedSharpe: deflated,
          },
    overfitting,
    walkForward: followed,
    verdict: verdictOf(
      done.length,
      returns[0]?.length ?? 0,
      deflated,
      overfitting.probability,
      followed,
    ),
    threads: run.threads,
    elapsedMs: Math.round(run.elapsedMs),
  };
}

function forwardSummary(
  run: SweepRun,
  done: readonly { row: SweepRow; set: number }[],
  returns: readonly Float64Array[],
  options: WalkForwardOptions,
  annual: number,
): SweepSummary['walkForward'] {
  const { windows, outOfSample } = walkForward(returns, options);
  const day = (index: number): string =>
    isoTime(run.dayMs[index] ?? run.dayMs.at(-1)! + DAY_MS).slice(0, 10);
  const first = windows[0]?.testFrom ?? 0;
  let value = 1;
  const equity = Array.from(outOfSample, (r, k) => {
    value *= 1 + r;
    return { day: day(first + k), value };
  });
  return {
    windows: windows.map((w) => ({
      trainFrom: day(w.trainFrom),
      testFrom: day(w.testFrom),
      testTo: day(w.testTo),
      params: done[w.chosen]?.row.params ?? null,
      trainSharpe: w.trainSharpe * annual,
      testSharpe: w.testSharpe * annual,
    })),
    sharpe: sharpeRatio(outOfSample),
    sharpeInterval: sharpeInterval(outOfSample, seededRandom(SEED)),
    totalReturn: value - 1,
    probabilisticSharpe: probabilisticSharpe(outOfSample),
    equity,
  };
}

/** From here on a probability counts as evidence. */
const CONVINCING = 0.95;

function verdictOf(
  tries: number,
  days: number,
  deflated: number,
  overfitting: number,
  followed: SweepSummary['walkForward'],
): string {
  if (days < LEAST_RETURNS) return `${days} daily returns are too few to tell anything`;
  const said: string[] = [];
  if (Number.isNaN(deflated)) said.push('no set has a Sharpe ratio');
  else if (deflated >= CONVINCING)
    said.push(`the best set stands out from the luck of ${tries} tries`);
  else said.push(`the best set is not distinguishable from the luck of ${tries} tries`);
  if (overfitting >= 0.5) said.push('choosing the best was no better than choosing at random');
  if (followed !== null) {
    const { low, high } = followed.sharpeInterval;
    if (Number.isNaN(low)) said.push('it was followed over too few days to tell');
    else if (low > 0)
      said.push('chosen anew and followed it was better than cash in return for risk');
    else if (high < 0)
      said.push('chosen anew and followed it was worse than cash in return for risk');
    else said.push('chosen anew and followed it was not distinguishable from cash');
  }
  return said.join('; ');
}

/** Sets with a result, the best Sharpe ratio first; those without one last. */
export function ranked(summary: SweepSummary): SweepRow[] {
  const worth = ({ sharpe }: SweepRow): number => (Number.isNaN(sharpe) ? -Infinity : sharpe);
  return summary.rows
    .flatMap((row) => (row === null ? [] : [row]))
    .sort((a, b) => worth(b) - worth(a));
}

/** Names of the parameters that differ between sets. */
export function variedParameters({ rows }: Pick<SweepSummary, 'rows'>): string[] {
  const values = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row?.params ?? {})) {
      const seen = values.get(name) ?? new Set();
      values.set(name, seen.add(JSON.stringify(value)));
    }
  }
  return [...values].filter(([, seen]) => seen.size > 1).map(([name]) => name);
}

/** The varied parameters of a set whose value is the least or the most of those that were tried. */
export function atEdge(summary: SweepSummary): string[] {
  const { best } = summary;
  if (best === null) return [];
  return variedParameters(summary).filter((name) => {
    const tried = summary.rows.flatMap((row) => {
      const value = row?.params[name];
      return typeof value === 'number' ? [value] : [];
    });
    const own = best.params[name];
    return new Set(tried).size > 2 && (own === Math.min(...tried) || own === Math.max(...tried));
  });
}
