import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createBacktestActivities } from '../activities/backtest/activities.ts';
import type { InstrumentFor } from '../activities/backtest/study.ts';
import { createStudyStore } from '../activities/backtest/study-store.ts';
import { COMPUTE_QUEUE } from '../shared/backtest/study-names.ts';
import { heartbeating } from './heartbeat.ts';

export interface ComputeWorkerOptions {
  address: string;
  namespace: string;
  /** Folder that holds the results; workers on several machines share it. */
  storeDir: string;
  instrumentFor: InstrumentFor;
  taskQueue?: string;
  log: (line: string) => void;
}

export interface ComputeWorker {
  /** Resolves after `stop`; rejects when the worker failed. */
  done: Promise<void>;
  stop(): Promise<void>;
}

/** A worker for studies. Any number of them, on any machines that see the data and results folders. */
export async function startComputeWorker(options: ComputeWorkerOptions): Promise<ComputeWorker> {
  const connection = await NativeConnection.connect({ address: options.address });
  const worker = await Worker.create({
    connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue ?? COMPUTE_QUEUE,
    workflowsPath: fileURLToPath(new URL('../workflows/studies.ts', import.meta.url)),
    activities: createBacktestActivities({
      store: createStudyStore(options.storeDir),
      instrumentFor: options.instrumentFor,
      threads: availableParallelism(),
      cancellation: () => Context.current().cancellationSignal,
      log: options.log,
    }),
    // A part of a sweep uses all cores by itself.
    maxConcurrentActivityTaskExecutions: 1,
    interceptors: { activity: [heartbeating] },
    shutdownGraceTime: '2s',
    shutdownForceTime: '10s',
  });
  const done = worker.run();
  return {
    done,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
      await connection.close();
    },
  };
}
