import { condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { StudyOutcome } from '../activities/backtest/activities.ts';
import type { StudyRequest } from '../activities/backtest/study.ts';
import { studies } from './study-activities.ts';
import { cancelStudy, studyProgress, type StudyProgress } from './study-messages.ts';

export interface BacktestInput {
  request: StudyRequest;
}

/**
 * One backtest: names the study by data, code and request, runs it unless its result is stored, and ends with
 * where the report lies. Cancelled it ends without a result.
 */
export async function backtest({ request }: BacktestInput): Promise<StudyOutcome | null> {
  let progress: StudyProgress = { phase: 'identifying', done: 0, total: 1 };
  let isCancelled = false;
  setHandler(studyProgress, () => progress);
  setHandler(cancelStudy, () => {
    isCancelled = true;
  });

  const study = await studies.identifyStudy(request, null);
  progress = { ...progress, phase: 'running' };
  setCurrentDetails(`Study \`${study}\`: ${request.strategy} on ${request.pairs.join(', ')}`);
  const outcome = await Promise.race([
    studies.runBacktest(study, request),
    condition(() => isCancelled).then(() => null),
  ]);
  if (outcome === null) {
    progress = { ...progress, phase: 'cancelled' };
    setCurrentDetails(`Study \`${study}\` was cancelled.`);
    return null;
  }
  progress = { phase: 'done', done: 1, total: 1 };
  setCurrentDetails(`Study \`${study}\`: ${outcome.told}\n\nReport in \`${outcome.folder}\``);
  return outcome;
}
