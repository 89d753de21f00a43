import { join, resolve } from 'node:path';
import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { StudyOutcome, SweepOutcome } from '../../activities/backtest/activities.ts';
import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import { codeVersion, studyId } from '../../activities/backtest/study-identity.ts';
import { homeDir } from '../../infra/home.ts';
import { COMPUTE_QUEUE, studyWorkflowId } from '../../shared/backtest/study-names.ts';
import { startComputeWorker } from '../../workers/compute-worker.ts';
import type { StudyProgress } from '../../workflows/study-messages.ts';
import { connectTemporal } from './connect-temporal.ts';
import { scheduleStudy } from './schedule-command.ts';
import { studyWorkflow } from './study-workflow.ts';
import { temporalAddressOf } from './temporal-address.ts';
import { venueFacts } from './venue-facts.ts';

const PROGRESS_EVERY_MS = 1000;

export interface WorkflowRun {
  request: StudyRequest;
  sweep: SweepPlan | null;
  home: string | null;
  /** Milliseconds between runs of a schedule; null to run now. */
  everyMs: number | null;
  log: (line: string) => void;
  /** Aborts to cancel: what is done is kept. */
  signal: AbortSignal;
}

/**
 * Runs a study through Temporal with a worker of this process, and any others that serve the queue. The same
 * study that runs already is joined, one that ran is told again. With `everyMs` a schedule is made instead.
 */
export async function runAsWorkflow(
  run: WorkflowRun,
): Promise<StudyOutcome | SweepOutcome | { schedule: string } | null> {
  const dir = homeDir({
    flag: run.home ?? undefined,
    env: process.env,
    root: join(import.meta.dirname, '../..'),
  });
  const address = temporalAddressOf(dir);
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await connectTemporal(address);
  try {
    const client = new Client({ connection });
    const request = { ...run.request, dataDir: resolve(run.request.dataDir) };
    const { sweep, everyMs } = run;
    if (everyMs !== null) {
      return { schedule: await scheduleStudy(client, { request, sweep, everyMs }) };
    }
    const study = studyId(request, sweep, codeVersion());
    const worker = await startComputeWorker({
      address,
      namespace: 'default',
      storeDir: join(dir, 'studies'),
      instrumentFor: venueFacts,
      log: run.log,
    });
    try {
      const handle = await start(client, study, request, run.sweep);
      run.log(`workflow ${handle.workflowId}`);
      const cancel = (): void => void handle.signal('cancel').catch(() => undefined);
      run.signal.addEventListener('abort', cancel, { once: true });
      return await watched(handle, run.log);
    } finally {
      await worker.stop();
    }
  } finally {
    await connection.close();
  }
}

async function start(
  client: Client,
  study: string,
  request: StudyRequest,
  sweep: SweepPlan | null,
): Promise<WorkflowHandle> {
  const { name, args } = studyWorkflow(request, sweep);
  const workflowId = studyWorkflowId(study);
  try {
    return await client.workflow.start(name, {
      workflowId,
      taskQueue: COMPUTE_QUEUE,
      args,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: `${request.strategy} on ${request.pairs.join(', ')} ${request.timeframe}`,
    });
  } catch (error) {
    // It ran to its end before: the same data, code and request have the same result.
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      return client.workflow.getHandle(workflowId);
    }
    throw error;
  }
}

async function watched(
  handle: WorkflowHandle,
  log: (line: string) => void,
): Promise<StudyOutcome | SweepOutcome | null> {
  let told = '';
  // The last question is waited for: asked of a closed connection it would end the process.
  let asked: Promise<void> = Promise.resolve();
  const ask = async (): Promise<void> => {
    try {
      const progress = await handle.query<StudyProgress, []>('progress');
      const line = `${progress.phase}: ${progress.done} of ${progress.total}`;
      if (line !== told) log(line);
      told = line;
    } catch {
      // Progress is only for show; the result tells what went wrong.
    }
  };
  let isOpen = true;
  const timer = setInterval(() => {
    asked = asked.then(() => (isOpen ? ask() : undefined));
  }, PROGRESS_EVERY_MS);
  try {
    return (await handle.result()) as StudyOutcome | SweepOutcome | null; // as the workflows return it
  } finally {
    isOpen = false;
    clearInterval(timer);
    await asked;
  }
}
