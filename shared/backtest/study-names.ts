/** Id of the workflow of a study: the same study has the same id, so it cannot run twice at once. */
export function studyWorkflowId(study: string): string {
  return `backtest/${study}`;
}

export function studyScheduleId(study: string): string {
  return `backtest-schedule/${study}`;
}

/** Task queue of everything that computes studies, on whatever machine. */
export const COMPUTE_QUEUE = 'compute';
