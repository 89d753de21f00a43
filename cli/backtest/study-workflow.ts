import { SEARCH_ROUND } from '../../activities/backtest/sweep-plan.ts';
import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import type { BacktestInput } from '../../workflows/backtest.ts';
import type { SweepInput } from '../../workflows/sweep.ts';
import type { BacktestArguments } from './arguments.ts';

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
  const even = Math.max(FEWEST_SETS_A_PART, Math.ceil(sweep.sets.length / PARTS));
  const partSize = sweep.search === undefined ? Math.min(MOST_SETS_A_PART, even) : SEARCH_ROUND;
  const name = sweep.walkForward === null ? 'sweep' : 'walkForward';
  return { name, args: [{ request, sweep, partSize }] };
}

/** A sweep of the command line as plain data. */
export function sweepPlan(sweep: NonNullable<BacktestArguments['sweep']>): SweepPlan {
  const { choices, search, walkForward } = sweep;
  return {
    sets: choices.map((c) => c.parameters),
    walkForward,
    ...(search === null ? {} : { search }),
  };
}
