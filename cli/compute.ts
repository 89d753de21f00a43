import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { homeDir } from '../infra/home.ts';
import { temporalAddressOf } from './backtest/temporal-address.ts';
import { COMPUTE_QUEUE } from '../shared/backtest/study-names.ts';
import { startComputeWorker } from '../workers/compute-worker.ts';
import { venueFacts } from './backtest/venue-facts.ts';

/**
 * `npm run compute -- [--home DIR] [--queue NAME]`: serves scheduled and distributed studies until it is stopped. Workers on
 * other machines need TEMPORAL_ADDRESS, the same folder of candle files and the same home for the results.
 */
const { values } = parseArgs({
  options: { home: { type: 'string' }, queue: { type: 'string', default: COMPUTE_QUEUE } },
});
const dir = homeDir({
  flag: values.home,
  env: process.env,
  root: join(import.meta.dirname, '..'),
});
const address = temporalAddressOf(dir);
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
try {
  const worker = await startComputeWorker({
    address,
    namespace: 'default',
    storeDir: join(dir, 'studies'),
    instrumentFor: venueFacts,
    taskQueue: values.queue,
    log: (line) => console.error(line),
  });
  console.error(`serving studies of ${address}, results in ${join(dir, 'studies')}; Ctrl-C ends`);
  const stop = (): void => void worker.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await worker.done;
} catch (error) {
  console.error(
    `compute: ${(error as Error).message}; is npm start running, or TEMPORAL_ADDRESS set?`,
  );
  process.exitCode = 1;
}
