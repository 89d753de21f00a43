import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { CandleColumns } from '../../shared/candle.ts';
import type { BarStrategyChoice } from '../../shared/strategies/bar-registry.ts';
import type { InstrumentFor, PairData, StudyRequest } from './study.ts';
import { GROUPS_AT, SLOT, SLOTS, sweepGroups, workSweep, type SweepTask } from './sweep-run.ts';

const DAY_MS = 86_400_000;
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
  /** Daily returns of each set over all days of the data; an empty row where there is no result. */
  returns: Float64Array[];
  firstDayMs: number;
  elapsedMs: number;
  threads: number;
}

export interface SweepOptions {
  /** 0 runs in the calling thread, which is then busy until the end. */
  threads: number;
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
  const firstDay = Math.floor(Math.min(...shared.map((d) => d.bars.timeMs[0]!)) / DAY_MS);
  const lastDay = Math.floor(Math.max(...shared.map((d) => d.bars.timeMs.at(-1)!)) / DAY_MS);
  const days = lastDay - firstDay + 1;
  const groups = sweepGroups(request, choices);
  const task: SweepTask = {
    request,
    choices,
    groups,
    data: shared,
    facts: data.map((d) => instrumentFor(d.pair, d.bars.close[0]!)),
    firstDay,
    days,
    results: sharedFloats(choices.length * SLOTS),
    returns: sharedFloats(choices.length * days),
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
  try {
    if (options.threads === 0) workSweep(task);
    else await Promise.all(Array.from({ length: options.threads }, () => thread(task)));
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
  report();
  return {
    rows: choices.map((choice, set) => rowOf(task, choice, set)),
    returns: choices.map((_, set) =>
      task.results[set * SLOTS + SLOT.done] === 1
        ? task.returns.subarray(set * days, (set + 1) * days)
        : new Float64Array(0),
    ),
    firstDayMs: firstDay * DAY_MS,
    elapsedMs: performance.now() - started,
    threads: options.threads,
  };
}

function thread(task: SweepTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./sweep-thread.ts', import.meta.url), { workerData: task });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a thread of the sweep ended with status ${code}`));
    });
  });
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
