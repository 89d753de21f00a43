import { proxyActivities } from '@temporalio/workflow';
import type { BacktestActivities } from '../activities/backtest/activities.ts';

/**
 * Steps of studies. Computing and loading keep a worker's loop busy for seconds, so it beats seldom; a killed
 * worker's step is done again elsewhere, to the same result.
 */
export const studies = proxyActivities<BacktestActivities>({
  startToCloseTimeout: '6h',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', maximumInterval: '30s', maximumAttempts: 10 },
});
