import { join } from 'node:path';
import { workflowBundle } from '../../workers/workflow-bundle.ts';

/** The workflows' code for a worker of a test; bundled once for all tests until a source changes. */
export function testBundle(): Promise<{ codePath: string }> {
  return workflowBundle(
    join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'triplegain'),
  );
}
