import { positionId, workflowIds } from '../../../shared/names.ts';
import type { Pair } from '../../../shared/pair.ts';
import { BAR_MS, HOUR_MS } from './desk-script.ts';

export type DeskIds = ReturnType<typeof deskIds>;

/** Workflow ids of a desk's pairs at the bar that many hours after the first. */
export function deskIds(desk: string) {
  return {
    desk: workflowIds.desk(desk),
    cycleOf: (pair: Pair, bar = 0): string => workflowIds.cycle(desk, pair, BAR_MS + bar * HOUR_MS),
    guardOf: (pair: Pair, bar = 0): string =>
      workflowIds.guard(desk, positionId(pair, BAR_MS + bar * HOUR_MS)),
  };
}
