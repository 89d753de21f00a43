import { walkForward, type WalkForwardOptions } from '../../shared/backtest/walk-forward.ts';
import type { Pair } from '../../shared/pair.ts';
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
    totalReturn: number;
    probabilisticSharpe: number;
  } | null;
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
            deflatedSharpe: deflatedSharpe(returns[best]!, sharpes),
          },
    overfitting: overfittingProbability(returns),
    walkForward: forward === null ? null : forwardSummary(run, done, returns, forward, annual),
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
  const day = (index: number): string => isoTime(run.firstDayMs + index * DAY_MS).slice(0, 10);
  let equity = 1;
  for (const r of outOfSample) equity *= 1 + r;
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
    totalReturn: equity - 1,
    probabilisticSharpe: probabilisticSharpe(outOfSample),
  };
}
