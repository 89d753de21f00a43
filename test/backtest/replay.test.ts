import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { quietRuntime } from '../support/quiet-runtime.ts';

const HISTORIES = join(import.meta.dirname, '..', 'histories', 'studies');
const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));
let code: string;

beforeAll(async () => {
  quietRuntime();
  const workflowsPath = fileURLToPath(new URL('../../workflows/studies.ts', import.meta.url));
  ({ code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }));
});

test.each(['backtest', 'sweep', 'sweep-cancelled', 'walk-forward'])(
  'there is a saved history of %s',
  (shape) => expect(files).toContain(`${shape}.json`),
);

test.each(files)('a saved history of a study replays: %s', async (name) => {
  const saved: unknown = JSON.parse(readFileSync(join(HISTORIES, name), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: { code } }, historyFromJSON(saved));
});
