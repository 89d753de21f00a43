import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { homeDir } from '../infra/home.ts';
import { readFlags } from './flags.ts';
import { onStopSignals } from './interruption.ts';
import { temporalAddressOf } from './backtest/temporal-address.ts';
import { COMPUTE_QUEUE } from '../shared/backtest/study-names.ts';
import { startComputeWorker } from '../workers/compute-worker.ts';
import { venueFacts } from './backtest/venue-facts.ts';

/**
 * `npm run compute -- [--home DIR] [--queue NAME]`: serves scheduled and distributed studies until it is stopped. Workers on
 * other machines need TEMPORAL_ADDRESS, the same folder of candle files and the same home for the results.
 */
const values = flags();
const dir = homeDir({
  flag: values.home,
  env: process.env,
  root: join(import.meta.dirname, '..'),
});
const address = temporalAddressOf(dir);
let stop = (): void => process.exit(130);
onStopSignals(() => stop());
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
  stop = () => {
    process.exitCode = 130;
    void worker.stop();
  };
  await worker.done;
} catch (error) {
  console.error(
    `compute: ${(error as Error).message}; is npm start running, or TEMPORAL_ADDRESS set?`,
  );
  process.exitCode = 1;
}

function flags(): { home?: string | undefined; queue: string } {
  try {
    return readFlags({
      options: { home: { type: 'string' }, queue: { type: 'string', default: COMPUTE_QUEUE } },
    }).values;
  } catch (error) {
    console.error(
      `compute: ${(error as Error).message}\n\nnpm run compute -- [--home DIR] [--queue NAME]`,
    );
    process.exit(2);
  }
}
