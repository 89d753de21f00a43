import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { WholeDesksFirst } from './test/support/whole-desks-first.ts';

export default defineConfig({
  test: {
    // A Temporal worker's native core has one runtime a process and wants processes of its own.
    pool: 'forks',
    // Vitest leaves one core to itself, which it does not need: on two cores it would run file by file.
    maxWorkers: Math.max(2, availableParallelism()),
    sequence: { sequencer: WholeDesksFirst },
    globalSetup: './test/support/global-setup.ts',
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.triplegain/**'],
    // Long enough for a busy machine: a test that hangs is found late, none is called wrong for being slow.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
