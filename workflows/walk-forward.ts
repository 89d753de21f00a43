import { ApplicationFailure } from '@temporalio/workflow';
import type { SweepOutcome } from '../activities/backtest/activities.ts';
import { sweep, type SweepInput } from './sweep.ts';

/**
 * A sweep whose sets are chosen anew on each training window and followed over the test window after it, with
 * an embargo between them. Everything is as in `sweep`; the plan must say the windows.
 */
export async function walkForward(input: SweepInput): Promise<SweepOutcome> {
  if (input.sweep.walkForward === null) {
    throw ApplicationFailure.nonRetryable(
      'a walk-forward study needs trainDays, testDays and embargoDays',
      'NoWindows',
    );
  }
  return sweep(input);
}
