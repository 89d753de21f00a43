import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import type { BacktestInput } from '../../workflows/backtest.ts';
import type { SweepInput } from '../../workflows/sweep.ts';

/** Parts that a sweep is cut into at most, so that several workers share it and progress shows. */
const PARTS = 16;
const FEWEST_SETS_A_PART = 4;
const MOST_SETS_A_PART = 50;

/** Name and input of the workflow that runs a study. */
export function studyWorkflow(
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
