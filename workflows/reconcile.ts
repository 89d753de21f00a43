import { getExternalWorkflowHandle, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { settlingOn } from './activities.ts';
import { compared } from './messages.ts';

export interface ReconcileInput {
  deskWorkflow: string;
  atMs: number;
  event: number | null;
  ordersQueue: string;
}

/**
 * Compares ledger and venue once: books missed executions, settles unknown orders, reads both. Only a
 * difference that is there in two reads counts. Tells the desk, which is then halted until a person resumes it;
 * nothing is corrected.
 */
export async function reconcile(input: ReconcileInput): Promise<{ differences: string[] }> {
  const self = workflowInfo().workflowId;
  const { differences } = await settlingOn(input.ordersQueue).reconcile({
    id: self,
    atMs: input.atMs,
  });
  setCurrentDetails(
    differences.length === 0
      ? 'Ledger and venue agree.'
      : `They differ:\n${differences.map((d) => `- ${d}`).join('\n')}`,
  );
  await getExternalWorkflowHandle(input.deskWorkflow).signal(compared, {
    event: input.event,
    by: self,
    atMs: input.atMs,
    differences,
  });
  return { differences };
}
