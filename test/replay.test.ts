import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { quietRuntime } from './support/quiet-runtime.ts';
import { testBundle } from './support/test-bundle.ts';

const HISTORIES = join(import.meta.dirname, 'histories');
const files = ['.', 'passes'].flatMap((folder) =>
  readdirSync(join(HISTORIES, folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name)),
);

beforeAll(quietRuntime);

interface SavedHistory {
  events: {
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
    workflowExecutionStartedEventAttributes?: { workflowId: string };
  }[];
}
const load = (name: string): SavedHistory =>
  JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')) as SavedHistory;

async function replay(history: SavedHistory): Promise<void> {
  // Orders carry ids that derive from the workflow's: a replay needs the one it ran under.
  const id = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  const bundle = await testBundle();
  await Worker.runReplayHistory({ workflowBundle: bundle }, historyFromJSON(history), id);
}

describe('a saved history replays: a workflow that runs outlives the change of its code', () => {
  test.each(files)('%s', async (name) => {
    await replay(load(name));
  });

  test.each([
    ...['desk-day', 'desk-running', 'feed', 'reconcile'],
    ...['cycle-held', 'cycle-vetoed', 'cycle-ordered', 'cycle-closing', 'cycle-refused'],
    ...['guard-stop', 'guard-target', 'guard-signal', 'guard-unfilled'],
    'passes/rebalance',
  ])('there is one of %s', (shape) => {
    expect(files).toContain(`${shape}.json`);
  });
});

test('a history that this code would not have written is found out', async () => {
  const history = load('cycle-ordered.json');
  // As if the code of then had cancelled where that of today places.
  const activity = history.events.flatMap((e) => e.activityTaskScheduledEventAttributes ?? [])[0]!;
  activity.activityType.name = 'cancelOrder';
  await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
});
