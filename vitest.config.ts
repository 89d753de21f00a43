import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // A Temporal worker's native core has one runtime a process and wants processes of its own.
    pool: 'forks',
    globalSetup: './test/support/global-setup.ts',
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.triplegain/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
