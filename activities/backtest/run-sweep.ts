import { performance } from 'node:perf_hooks';
import type { CandleColumns } from '../../shared/candle.ts';
import type { BarStrategyChoice } from '../../shared/strategies/bar-registry.ts';
import type { InstrumentFor, PairData, StudyRequest } from './study.ts';
import { GROUPS_AT, SLOT, SLOTS, sweepGroups, workSweep, type SweepTask } from './sweep-run.ts';
import { sweepDays } from './sweep-days.ts';
import { startSweepThreads, type SweepThreads } from './sweep-threads.ts';

const PROGRESS_EVERY_MS = 500;

export interface SweepRow {
  params: Record<string, unknown>;
  trades: number;
  wins: number;
  /** Share: 0.1 for 10 %. */
  netReturn: number;
  /** Per day, not annualised; NaN when nothing varied. */
  sharpe: number;
  maxDrawdown: number;
}

export interface SweepRun {
  /** In the order of the sets; null where the sweep was cancelled before. */
  rows: (SweepRow | null)[];
  /** Daily returns of each set over the days of `dayMs`; an empty row where there is no result. */
  returns: Float64Array[];
  /** Starts of the days, see `SweepDays`. */
  dayMs: number[];
  elapsedMs: number;
  threads: number;
}

export interface SweepOptions {
  /** 0 runs in the calling thread, which is then busy until the end. */
  threads: number;
  /** Threads that are there already, in place of `threads` new ones. */
  crew?: SweepThreads;
  /** Told now and then how many sets are done. */
  onProgress?: (done: number, total: number) => void;
  /** Cancels: what is done is kept. */
  signal?: AbortSignal;
}

/**
 * Runs one backtest per set of parameters over the same bars, on worker threads that share the bars. A set's
 * result goes to its own slot, so the outcome does not depend on the number of threads.
 */
export async function runSweep(
  request: StudyRequest,
  choices: BarStrategyChoice[],
  data: readonly PairData[],
  instrumentFor: InstrumentFor,
  options: SweepOptions,
): Promise<SweepRun> {
  const shared = data.map((d) => ({
    pair: d.pair,
    bars: sharedColumns(d.bars),
    beneath: d.beneath === null ? null : sharedColumns(d.beneath),
  }));
  const days = sweepDays(
    shared.map((d) => d.bars),
    !request.fillsOnly,
  );
  const columns = days.dayMs.length;
  const groups = sweepGroups(request, choices);
  const task: SweepTask = {
    request,
    choices,
    groups,
    data: shared,
    facts: data.map((d) => instrumentFor(d.pair, d.bars.close[0]!)),
    days: { firstDay: days.firstDay, columnOf: days.columnOf },
    columns,
    results: sharedFloats(choices.length * SLOTS),
    returns: sharedFloats(choices.length * columns),
    control: new Int32Array(
      new SharedArrayBuffer((GROUPS_AT + groups.length) * Int32Array.BYTES_PER_ELEMENT),
    ),
  };
  const started = performance.now();
  const cancel = (): void => void Atomics.store(task.control, 1, 1);
  if (options.signal?.aborted) cancel();
  options.signal?.addEventListener('abort', cancel, { once: true });
  const report = (): void => options.onProgress?.(Atomics.load(task.control, 2), choices.length);
  const timer = setInterval(report, PROGRESS_EVERY_MS);
  const own =
    options.crew === undefined && options.threads > 0 ? startSweepThreads(options.threads) : null;
  const crew = options.crew ?? own;
  try {
    if (crew === null) workSweep(task);
    else await crew.run(task);
  } finally {
    await own?.close();
    clearInterval(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
  report();
  return {
    rows: choices.map((choice, set) => rowOf(task, choice, set)),
    returns: choices.map((_, set) =>
      task.results[set * SLOTS + SLOT.done] === 1
        ? task.returns.subarray(set * columns, (set + 1) * columns)
        : new Float64Array(0),
    ),
    dayMs: days.dayMs,
    elapsedMs: performance.now() - started,
    threads: options.crew?.count ?? options.threads,
  };
}

function rowOf(task: SweepTask, choice: BarStrategyChoice, set: number): SweepRow | null {
  const slot = (at: number): number => task.results[set * SLOTS + at]!;
  if (slot(SLOT.done) !== 1) return null;
  return {
    params: choice.parameters,
    trades: slot(SLOT.trades),
    wins: slot(SLOT.wins),
    netReturn: slot(SLOT.netReturn),
    sharpe: slot(SLOT.sharpe),
    maxDrawdown: slot(SLOT.maxDrawdown),
  };
}

function sharedFloats(length: number): Float64Array {
  return new Float64Array(
    new SharedArrayBuffer(Math.max(1, length) * Float64Array.BYTES_PER_ELEMENT),
  );
}

/** The same columns in memory that threads can share; copied unless they are there already. */
export function sharedColumns(bars: CandleColumns): CandleColumns {
  const share = (column: Float64Array): Float64Array => {
    if (column.buffer instanceof SharedArrayBuffer) return column;
    const copy = sharedFloats(column.length).subarray(0, column.length);
    copy.set(column);
    return copy;
  };
  return {
    timeMs: share(bars.timeMs),
    open: share(bars.open),
    high: share(bars.high),
    low: share(bars.low),
    close: share(bars.close),
    volume: share(bars.volume),
  };
}
