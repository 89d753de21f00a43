import { ActivityFailure, TimeoutFailure, isCancellation } from '@temporalio/workflow';
import type { DeciderAnswer } from '../shared/decision.ts';
import type { ModelAsk } from '../shared/llm/model-asks.ts';
import { askingOn } from './activities.ts';

/** A model's answer, or its absence with the cause: whatever happens to one model, the others go on. */
export async function askModel(
  ask: ModelAsk,
  of: { cycle: string; decider: string; snapshot: string },
  isRealTime: boolean,
): Promise<DeciderAnswer> {
  try {
    return await askingOn(ask, isRealTime).askModel(of);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return { kind: 'absent', decider: of.decider, cause: causeOf(error, ask) };
  }
}

function causeOf({ cause }: ActivityFailure, ask: ModelAsk): string {
  if (cause instanceof TimeoutFailure) {
    // What its last attempt said, where one has ended before the deadline.
    const before = cause.cause?.message ?? '';
    return `no answer by the deadline of ${ask.deadlineMs / 1000} s${before === '' ? '' : ` (${before})`}`;
  }
  return cause?.message ?? 'failed without a cause';
}
