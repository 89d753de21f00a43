import { join, resolve } from 'node:path';
import {
  Client,
  Connection,
  ScheduleAlreadyRunning,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { StudyOutcome, SweepOutcome } from '../../activities/backtest/activities.ts';
import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import { codeVersion, studyId } from '../../activities/backtest/study-identity.ts';
import { homeDir } from '../../infra/home.ts';
import {
  COMPUTE_QUEUE,
  studyScheduleId,
  studyWorkflowId,
} from '../../shared/backtest/study-names.ts';
import { startComputeWorker } from '../../workers/compute-worker.ts';
import type { BacktestInput } from '../../workflows/backtest.ts';
import type { StudyProgress } from '../../workflows/study-messages.ts';
import type { SweepInput } from '../../workflows/sweep.ts';
import { temporalAddressOf } from './temporal-address.ts';
import { venueFacts } from './venue-facts.ts';

const PROGRESS_EVERY_MS = 1000;
/** Parts that a sweep is cut into at most, so that several workers share it and progress shows. */
const PARTS = 16;
const FEWEST_SETS_A_PART = 4;
const MOST_SETS_A_PART = 50;

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
  const connection = await connect(address);
  try {
    const client = new Client({ connection });
    const request = { ...run.request, dataDir: resolve(run.request.dataDir) };
    const study = studyId(request, run.sweep, codeVersion());
    if (run.everyMs !== null) return await schedule(client, study, request, run);
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

async function connect(address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: '5s' });
  } catch (cause) {
    throw new Error(
      `no Temporal server answers at ${address}: run npm start beside this, set TEMPORAL_ADDRESS, or leave --workflow out`,
      { cause },
    );
  }
}

/** The workflow's name and input. */
function workflowOf(
  request: StudyRequest,
  sweep: SweepPlan | null,
): { name: string; args: [BacktestInput] | [SweepInput] } {
  if (sweep === null) return { name: 'backtest', args: [{ request }] };
  const partSize = Math.min(
    MOST_SETS_A_PART,
    Math.max(FEWEST_SETS_A_PART, Math.ceil(sweep.sets.length / PARTS)),
  );
  const name = sweep.walkForward === null ? 'sweep' : 'walkForward';
  return { name, args: [{ request, sweep, partSize }] };
}

async function start(
  client: Client,
  study: string,
  request: StudyRequest,
  sweep: SweepPlan | null,
): Promise<WorkflowHandle> {
  const { name, args } = workflowOf(request, sweep);
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

async function schedule(
  client: Client,
  study: string,
  request: StudyRequest,
  run: WorkflowRun,
): Promise<{ schedule: string }> {
  const { name, args } = workflowOf(request, run.sweep);
  const scheduleId = studyScheduleId(study);
  try {
    await client.schedule.create({
      scheduleId,
      spec: { intervals: [{ every: run.everyMs ?? 0 }] },
      action: {
        type: 'startWorkflow',
        workflowType: name,
        workflowId: studyWorkflowId(study),
        taskQueue: COMPUTE_QUEUE,
        args,
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  return { schedule: scheduleId };
}
