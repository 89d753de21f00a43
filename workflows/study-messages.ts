import { defineQuery, defineSignal } from '@temporalio/workflow';

export interface StudyProgress {
  phase: 'identifying' | 'running' | 'summing up' | 'done' | 'cancelled';
  /** Backtests done, and asked for. */
  done: number;
  total: number;
}

export const studyProgress = defineQuery<StudyProgress>('progress');
/** Ends a study early; what is done is kept. */
export const cancelStudy = defineSignal('cancel');
