import type { Tried } from '../../shared/backtest/bayesian-search.ts';
import { runSweep, type SweepOptions, type SweepRun } from './run-sweep.ts';
import type { InstrumentFor, PairData, StudyRequest } from './study.ts';
import { nextRound, sweepSpace, type SweepSearch } from './sweep-plan.ts';

/** A Bayesian search in this process, round by round; cancelled it keeps the rounds that are done. */
export async function runSearch(
  request: StudyRequest,
  search: SweepSearch,
  data: readonly PairData[],
  instrumentFor: InstrumentFor,
  options: SweepOptions,
): Promise<SweepRun> {
  const space = sweepSpace(request.strategy, search.base, search.axes);
  const samples = Math.min(search.samples, space.total);
  const tried: Tried[] = [];
  const all: SweepRun = { rows: [], returns: [], firstDayMs: 0, elapsedMs: 0, threads: 0 };
  const { onProgress, ...rest } = options;
  while (tried.length < samples && options.signal?.aborted !== true) {
    const numbers = nextRound(space, search, tried);
    const choices = numbers.map((number) => space.choiceAt(number));
    const run = await runSweep(request, choices, data, instrumentFor, rest);
    run.rows.forEach((row, k) => tried.push({ number: numbers[k]!, value: row?.sharpe ?? NaN }));
    all.rows.push(...run.rows);
    all.returns.push(...run.returns);
    all.firstDayMs = run.firstDayMs;
    all.elapsedMs += run.elapsedMs;
    all.threads = run.threads;
    onProgress?.(tried.length, samples);
  }
  return all;
}
