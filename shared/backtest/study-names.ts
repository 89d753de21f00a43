/** Id of the workflow of a study: the same study has the same id, so it cannot run twice at once. */
export function studyWorkflowId(study: string): string {
  return `backtest/${study}`;
}

/** What the ids of all schedules of studies begin with. */
export const STUDY_SCHEDULES = 'backtest-schedule/';

export function studyScheduleId(study: string): string {
  return `${STUDY_SCHEDULES}${study}`;
}

/** Task queue of everything that computes studies, on whatever machine. */
export const COMPUTE_QUEUE = 'compute';
