import type { Tried } from '../../shared/backtest/bayesian-search.ts';
import { runSweep, sharedColumns, type SweepOptions, type SweepRun } from './run-sweep.ts';
import type { InstrumentFor, PairData, StudyRequest } from './study.ts';
import { startSweepThreads } from './sweep-threads.ts';
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
  const shared = data.map((d) => ({ ...d, bars: sharedColumns(d.bars) }));
  const all: SweepRun = { rows: [], returns: [], dayMs: [], elapsedMs: 0, threads: 0 };
  const { onProgress, ...rest } = options;
  const crew = options.threads > 0 ? startSweepThreads(options.threads) : null;
  try {
    while (tried.length < samples && options.signal?.aborted !== true) {
      const numbers = nextRound(space, search, tried);
      const choices = numbers.map((number) => space.choiceAt(number));
      const run = await runSweep(request, choices, shared, instrumentFor, {
        ...rest,
        ...(crew === null ? {} : { crew }),
      });
      run.rows.forEach((row, k) => tried.push({ number: numbers[k]!, value: row?.sharpe ?? NaN }));
      all.rows.push(...run.rows);
      all.returns.push(...run.returns);
      all.dayMs = run.dayMs;
      all.elapsedMs += run.elapsedMs;
      all.threads = run.threads;
      onProgress?.(tried.length, samples);
    }
  } finally {
    await crew?.close();
  }
  return all;
}
