import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import { sweepSets } from '../../activities/backtest/sweep-plan.ts';
import { venueFacts } from '../../cli/backtest/venue-facts.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { parseBarStrategy } from '../../shared/strategies/bar-registry.ts';
import { startComputeWorker } from '../../workers/compute-worker.ts';
import { cancelStudy } from '../../workflows/study-messages.ts';

/**
 * Records the saved histories of studies anew, beside this file in `studies/`:
 * `TEMPORAL_ADDRESS=… node test/histories/record-studies.ts`, with any Temporal server.
 */
const OUT = join(import.meta.dirname, 'studies');
const address = process.env['TEMPORAL_ADDRESS'];
if (address === undefined) throw new Error('TEMPORAL_ADDRESS must name a Temporal server');
const QUEUE = `record-studies-${process.pid}`;
const BARS = 1500;

const dir = mkdtempSync(join(tmpdir(), 'triplegain-record-'));
const bars = seededCandles(BARS, 9);
const rows = ['time,open,high,low,close,volume'];
for (let i = 0; i < BARS; i++) {
  const { timeMs, open, high, low, close, volume } = bars;
  rows.push([timeMs[i]! / 1000, open[i], high[i], low[i], close[i], volume[i]].join(','));
}
writeFileSync(join(dir, 'BTCUSDT-1h.csv'), `${rows.join('\n')}\n`);

const request: StudyRequest = {
  strategy: 'trend',
  params: parseBarStrategy('trend', {}).parameters,
  dataDir: dir,
  pairs: ['BTC/USDT'],
  timeframe: '1h',
  fromMs: null,
  toMs: null,
  fillsOnly: false,
  limits: 'none',
  confidence: 0.65,
  balances: null,
  beneath: null,
  gapBars: 24,
};
const sets = sweepSets('trend', {}, { fast: [5, 10, 20], slow: [30, 60] }).map((c) => c.parameters);
const sweep: SweepPlan = { sets, walkForward: null };
const forward: SweepPlan = {
  sets,
  walkForward: { trainDays: 20, testDays: 10, embargoDays: 1 },
};

const connection = await Connection.connect({ address });
const client = new Client({ connection });
const worker = await startComputeWorker({
  address,
  namespace: 'default',
  storeDir: join(dir, 'studies'),
  instrumentFor: venueFacts,
  taskQueue: QUEUE,
  log: () => undefined,
});
try {
  mkdirSync(OUT, { recursive: true });
  await record('backtest', await start('backtest', { request }));
  await record('sweep', await start('sweep', { request, sweep, partSize: 2 }));
  await record(
    'walk-forward',
    await start('walkForward', { request, sweep: forward, partSize: 3 }),
  );
  const other = { ...request, gapBars: 30 };
  const cancelled = await start('sweep', { request: other, sweep, partSize: 1 });
  await cancelled.signal(cancelStudy);
  await record('sweep-cancelled', cancelled);
} finally {
  await worker.stop();
  await connection.close();
  rmSync(dir, { recursive: true, force: true });
}

function start(workflow: string, input: object): Promise<WorkflowHandle> {
  return client.workflow.start(workflow, {
    workflowId: `backtest/recorded-${process.pid}-${Math.random()}`,
    taskQueue: QUEUE,
    args: [input],
  });
}

async function record(name: string, handle: WorkflowHandle): Promise<void> {
  await handle.result();
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as {
    events: unknown[];
  };
  const lines = events.map((event) => JSON.stringify(event));
  // One event a line, without the names of process and machine that no replay needs.
  const text = `{"events":[\n${lines.join(',\n')}\n]}\n`.replaceAll(/"\d+@[^"]*"/g, '"worker"');
  writeFileSync(join(OUT, `${name}.json`), text);
}
