import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** `npm run test:soak`: the properties of the risk engine over a million random decisions each. What
 * breaks one is kept in `test/risk-properties/failing-seeds.json` and tried again by each later `npm test`. */
const root = join(import.meta.dirname, '..', '..');
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/risk-properties'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, RISK_PROPERTY_RUNS: process.env['RISK_PROPERTY_RUNS'] ?? '1000000' },
  },
);
process.exitCode = status ?? 1;
