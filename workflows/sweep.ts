import {
  CancellationScope,
  isCancellation,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { SweepOutcome } from '../activities/backtest/activities.ts';
import type { StudyRequest, SweepPlan } from '../activities/backtest/study.ts';
import { studies } from './study-activities.ts';
import { cancelStudy, studyProgress, type StudyProgress } from './study-messages.ts';

export interface SweepInput {
  request: StudyRequest;
  sweep: SweepPlan;
  /** Sets that one worker runs at a time. */
  partSize: number;
}

/**
 * Many sets of parameters over the same bars: parts go to all workers of the queue, a lost part is run again,
 * and the parts are put together at the end. A search finds its sets round by round. On `cancel` (or a cancelled workflow) the parts that are done are
 * summed up and the rest is left out.
 */
export async function sweep({ request, sweep: plan, partSize }: SweepInput): Promise<SweepOutcome> {
  const { search } = plan;
  const total = search?.samples ?? plan.sets.length;
  let progress: StudyProgress = { phase: 'identifying', done: 0, total };
  setHandler(studyProgress, () => progress);
  const parts = new CancellationScope();
  setHandler(cancelStudy, () => parts.cancel());

  const study = await studies.identifyStudy(request, plan);
  progress = { ...progress, phase: 'running' };
  const tell = (): void =>
    setCurrentDetails(
      `Study \`${study}\`: ${progress.done} of ${total} sets of ${request.strategy}`,
    );
  tell();
  let isCancelled = false;
  try {
    await parts.run(async () => {
      const runPart = async (sets: Record<string, unknown>[], from: number): Promise<void> => {
        const to = from + sets.length;
        const done = await studies.runSweepPart({ study, request, sets, from, to });
        progress = { ...progress, done: progress.done + done };
        tell();
      };
      if (search === undefined) {
        await Promise.all(
          partsOf(total, partSize).map(({ from, to }) => runPart(plan.sets.slice(from, to), from)),
        );
        return;
      }
      // Each round is chosen by the rounds before it.
      for (const { from } of partsOf(total, partSize)) {
        await runPart(await studies.proposeSets(study, request, search, from, partSize), from);
      }
    });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    isCancelled = true;
  }

  return CancellationScope.nonCancellable(async () => {
    progress = { ...progress, phase: 'summing up' };
    const outcome = await studies.finishSweep(study, request, plan, partSize);
    progress = { phase: isCancelled ? 'cancelled' : 'done', done: outcome.done, total };
    setCurrentDetails(`Study \`${study}\`: ${outcome.told}\n\nResults in \`${outcome.folder}\``);
    return outcome;
  });
}

function partsOf(total: number, size: number): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  for (let from = 0; from < total; from += size) {
    parts.push({ from, to: Math.min(total, from + size) });
  }
  return parts;
}
