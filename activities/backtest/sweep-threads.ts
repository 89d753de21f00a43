import { Worker } from 'node:worker_threads';
import type { SweepTask } from './sweep-run.ts';

/** Threads that work off sweeps one after the other. */
export interface SweepThreads {
  readonly count: number;
  /** Resolves when all of the task is worked off, or its stop flag was seen. One task at a time. */
  run(task: SweepTask): Promise<void>;
  close(): Promise<void>;
}

/** Starting a thread costs as much as many sets do, so that who has several sweeps keeps them. */
export function startSweepThreads(count: number): SweepThreads {
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL('./sweep-thread.ts', import.meta.url)),
  );
  return {
    count,
    async run(task) {
      await Promise.all(workers.map((worker) => work(worker, task)));
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function work(worker: Worker, task: SweepTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => settle(resolve);
    const failed = (error: Error): void => settle(() => reject(error));
    const ended = (code: number): void =>
      failed(new Error(`a thread of the sweep ended with status ${code}`));
    const settle = (then: () => void): void => {
      worker.off('message', done).off('error', failed).off('exit', ended);
      then();
    };
    worker.on('message', done).on('error', failed).on('exit', ended);
    worker.postMessage(task);
  });
}
