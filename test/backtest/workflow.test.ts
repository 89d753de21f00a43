import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadStudyData } from '../../activities/backtest/load-study-data.ts';
import { runSearch } from '../../activities/backtest/run-search.ts';
import { runStudy } from '../../activities/backtest/run-study.ts';
import { runSweep } from '../../activities/backtest/run-sweep.ts';
import { codeVersion, studyId } from '../../activities/backtest/study-identity.ts';
import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import { SEARCH_ROUND, sweepSets } from '../../activities/backtest/sweep-plan.ts';
import { tradesCsv } from '../../activities/backtest/trades-csv.ts';
import {
  runScheduleCommand,
  scheduleStudy,
  toldSchedule,
} from '../../cli/backtest/schedule-command.ts';
import { venueFacts } from '../../cli/backtest/venue-facts.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { parseBarStrategy } from '../../shared/strategies/bar-registry.ts';
import { startComputeWorker, type ComputeWorker } from '../../workers/compute-worker.ts';
import type { backtest } from '../../workflows/backtest.ts';
import { cancelStudy, studyProgress } from '../../workflows/study-messages.ts';
import type { sweep } from '../../workflows/sweep.ts';
import { temporalAddress } from '../support/services.ts';

const QUEUE = `compute-test-${process.pid}`;
const NAMESPACE = 'default';
const BARS = 3000;

let dir: string;
let connection: Connection;
let client: Client;
let worker: ComputeWorker;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-studies-'));
  ['BTCUSDT', 'XRPUSDT'].forEach((symbol, k) => {
    const bars = seededCandles(BARS, 77 + k);
    const lines = ['time,open,high,low,close,volume'];
    for (let i = 0; i < BARS; i++) {
      const { timeMs, open, high, low, close, volume } = bars;
      lines.push(`${timeMs[i]! / 1000},${open[i]},${high[i]},${low[i]},${close[i]},${volume[i]}`);
    }
    writeFileSync(join(dir, `${symbol}-1h.csv`), `${lines.join('\n')}\n`);
  });
  connection = await Connection.connect({ address: temporalAddress() });
  client = new Client({ connection, namespace: NAMESPACE });
  worker = await startComputeWorker({
    address: temporalAddress(),
    namespace: NAMESPACE,
    storeDir: join(dir, 'studies'),
    instrumentFor: venueFacts,
    taskQueue: QUEUE,
    log: () => undefined,
  });
});

afterAll(async () => {
  await worker.stop();
  await connection.close();
  rmSync(dir, { recursive: true, force: true });
});

function requestOf(strategy: string): StudyRequest {
  return {
    strategy,
    params: parseBarStrategy(strategy, {}).parameters,
    dataDir: dir,
    pairs: ['BTC/USDT', 'XRP/USDT'],
    timeframe: '1h',
    fromMs: null,
    toMs: null,
    fillsOnly: false,
    limits: 'none',
    beneath: null,
    gapBars: 24,
    confidence: 0.65,
    balances: { USDT: 1000 },
  };
}

function planOf(): SweepPlan {
  const axes = { fast: [5, 10, 20], slow: [30, 60], stopAtr: [1, 2] };
  const sets = sweepSets('trend', {}, axes).map((c) => c.parameters);
  return { sets, walkForward: { trainDays: 40, testDays: 20, embargoDays: 2 } };
}

const COMPUTE = fileURLToPath(new URL('../../cli/compute.ts', import.meta.url));

/** A worker in a process of its own, as `npm run compute` starts it. */
function computeProcess(queue: string): ChildProcess {
  return spawn(process.execPath, [COMPUTE, '--home', dir, '--queue', queue], {
    stdio: 'ignore',
    env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress() },
  });
}

describe('a backtest as a workflow', () => {
  it('leaves the same trades as a run without a server, and a report', async () => {
    const request = requestOf('breakout');
    const id = `backtest/test-${process.pid}-one`;
    const handle = await client.workflow.start<typeof backtest>('backtest', {
      workflowId: id,
      taskQueue: QUEUE,
      args: [{ request }],
    });
    const outcome = await handle.result();
    const data = loadStudyData(request);
    const alone = runStudy(request, parseBarStrategy('breakout', {}), data, venueFacts);
    expect(outcome!.trades).toBeGreaterThan(20);
    expect(readFileSync(join(outcome!.folder, 'trades.csv'), 'utf8')).toBe(
      tradesCsv(alone.log, data),
    );
    expect(readFileSync(join(outcome!.folder, 'report.html'), 'utf8')).toContain(
      'Against doing something simpler',
    );
    expect(await handle.query(studyProgress)).toEqual({ phase: 'done', done: 1, total: 1 });
  });

  it('is told again, not run again, when it ran before', async () => {
    const request = { ...requestOf('breakout'), gapBars: 29 };
    const run = async (id: string): Promise<{ folder: string; trades: number }> => {
      const handle = await client.workflow.start<typeof backtest>('backtest', {
        workflowId: `backtest/test-${process.pid}-${id}`,
        taskQueue: QUEUE,
        args: [{ request }],
      });
      return (await handle.result())!;
    };
    const first = await run('first');
    // What is stored is what is told: a second run would write it anew.
    const stored = join(first.folder, 'outcome.json');
    writeFileSync(stored, readFileSync(stored, 'utf8').replace(/"trades":\d+/, '"trades":7'));
    expect(await run('again')).toEqual({ ...first, trades: 7 });
  });
});

describe('a sweep as a workflow', () => {
  it('gives the numbers of a run in one thread, with its doubts', async () => {
    const request = requestOf('trend');
    const plan = planOf();
    const handle = await client.workflow.start<typeof sweep>('sweep', {
      workflowId: `backtest/test-${process.pid}-sweep`,
      taskQueue: QUEUE,
      args: [{ request, sweep: plan, partSize: 5 }],
    });
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ sets: 12, done: 12 });
    const stored = JSON.parse(readFileSync(join(outcome.folder, 'sweep.json'), 'utf8')) as {
      rows: { trades: number; netReturn: number }[];
      walkForward: { windows: unknown[] };
    };
    const choices = plan.sets.map((set) => parseBarStrategy('trend', set));
    const alone = await runSweep(request, choices, loadStudyData(request), venueFacts, {
      threads: 0,
    });
    expect(stored.rows.map((r) => [r.trades, r.netReturn])).toEqual(
      alone.rows.map((r) => [r!.trades, r!.netReturn]),
    );
    expect(stored.walkForward.windows.length).toBeGreaterThan(2);
  });

  it('searches round by round as it does without a server', async () => {
    const request = { ...requestOf('trend'), gapBars: 28 };
    const axes = { fast: [5, 8, 10, 15, 20], slow: [30, 40, 60, 80], stopAtr: [1, 2, 3] };
    const search = { base: {}, axes, samples: 20, seed: 3 };
    const handle = await client.workflow.start<typeof sweep>('sweep', {
      workflowId: `backtest/test-${process.pid}-search`,
      taskQueue: QUEUE,
      args: [{ request, sweep: { sets: [], walkForward: null, search }, partSize: SEARCH_ROUND }],
    });
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ sets: 20, done: 20 });
    const stored = JSON.parse(readFileSync(join(outcome.folder, 'sweep.json'), 'utf8')) as {
      rows: { params: unknown; netReturn: number }[];
    };
    const alone = await runSearch(request, search, loadStudyData(request), venueFacts, {
      threads: 0,
    });
    expect(stored.rows.map((r) => [r.params, r.netReturn])).toEqual(
      alone.rows.map((r) => [r!.params, r!.netReturn]),
    );
  });

  it('cancelled keeps what is done', async () => {
    const request = { ...requestOf('trend'), gapBars: 25 };
    const handle = await client.workflow.start<typeof sweep>('sweep', {
      workflowId: `backtest/test-${process.pid}-cancelled`,
      taskQueue: QUEUE,
      args: [{ request, sweep: planOf(), partSize: 1 }],
    });
    await handle.signal(cancelStudy);
    const outcome = await handle.result();
    expect(outcome.done).toBeLessThan(12);
    expect(await handle.query(studyProgress)).toMatchObject({
      phase: 'cancelled',
      done: outcome.done,
    });
  });

  it('of a killed worker is finished by another, to the same results', async () => {
    const request = { ...requestOf('trend'), gapBars: 26 };
    const axes = { fast: [5, 8, 10, 15, 20], slow: [30, 40, 60, 80], stopAtr: [1, 2] };
    const choices = sweepSets('trend', {}, axes);
    const plan: SweepPlan = { sets: choices.map((c) => c.parameters), walkForward: null };
    const queue = `${QUEUE}-killed`;
    const first = computeProcess(queue);
    const handle = await client.workflow.start<typeof sweep>('sweep', {
      workflowId: `backtest/test-${process.pid}-killed`,
      taskQueue: queue,
      args: [{ request, sweep: plan, partSize: 1 }],
    });
    let done = 0;
    while (done < 3) done = (await handle.query(studyProgress)).done;
    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = computeProcess(queue);
    const outcome = await handle.result();
    second.kill('SIGTERM');
    await once(second, 'exit');
    expect(outcome).toMatchObject({ sets: 40, done: 40 });
    const stored = JSON.parse(readFileSync(join(outcome.folder, 'sweep.json'), 'utf8')) as {
      rows: { trades: number; netReturn: number }[];
    };
    const alone = await runSweep(request, choices, loadStudyData(request), venueFacts, {
      threads: 0,
    });
    expect(stored.rows.map((r) => [r.trades, r.netReturn])).toEqual(
      alone.rows.map((r) => [r!.trades, r!.netReturn]),
    );
  });

  it('gives the same results on one and on two threads', async () => {
    const request = { ...requestOf('ema-cross'), fillsOnly: true };
    const choices = sweepSets('ema-cross', {}, { fast: [5, 8], slow: [20, 30], stopPct: [1, 2] });
    const data = loadStudyData(request);
    const runs = [0, 1, 2].map((threads) =>
      runSweep(request, choices, data, venueFacts, { threads }),
    );
    const [none, one, two] = await Promise.all(runs);
    expect(one!.rows).toEqual(none!.rows);
    expect(two!.rows).toEqual(none!.rows);
    expect(two!.returns).toEqual(none!.returns);
  });
});

describe('a schedule of a study', () => {
  it('runs it, is told, paused, changed and deleted', async () => {
    const request = { ...requestOf('breakout'), gapBars: 27 };
    const study = { request, sweep: null, queue: QUEUE };
    const id = await scheduleStudy(client, { ...study, everyMs: 86_400_000 });
    const handle = client.schedule.getHandle(id);
    try {
      expect(await toldSchedule(handle)).toMatchObject({
        study: 'breakout on BTC/USDT, XRP/USDT 1h',
        everySeconds: 86_400,
        paused: false,
        lastRuns: [],
      });
      expect(await scheduleStudy(client, { ...study, everyMs: 43_200_000 })).toBe(id);
      const said = { text: '', write: (text: string) => (said.text += text) };
      const io = {
        env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress() },
        stdout: said,
        stderr: said,
      };
      expect(await runScheduleCommand(['pause', id, '--json'], io)).toBe(0);
      expect(JSON.parse(said.text)).toMatchObject({ paused: true, everySeconds: 43_200 });
      expect(await runScheduleCommand(['run', id.split('/')[1]!], io)).toBe(0);
      let runs: string[] = [];
      while (runs.length === 0) runs = (await toldSchedule(handle)).lastRuns;
      const outcome = (await client.workflow.getHandle(runs[0]!).result()) as { trades: number };
      expect(outcome.trades).toBeGreaterThan(20);
      said.text = '';
      expect(await runScheduleCommand(['schedules'], io)).toBe(0);
      expect(said.text).toContain(
        `${id}  breakout on BTC/USDT, XRP/USDT 1h, every 43200 s, paused`,
      );
      expect(await runScheduleCommand(['delete', id], io)).toBe(0);
      expect(await runScheduleCommand(['pause', id], io)).toBe(1);
      expect(said.text).toContain(`no schedule of a study begins with ${id}`);
    } finally {
      await handle.delete().catch(() => undefined);
    }
  });

  it('needs to know how often', async () => {
    const said = { text: '', write: (text: string) => (said.text += text) };
    const io = { env: {}, stdout: said, stderr: said };
    const flags = ['--strategy', 'trend', '--data', dir, '--pairs', 'BTC/USDT'];
    expect(await runScheduleCommand(['schedule', ...flags], io)).toBe(2);
    expect(said.text).toContain('--every is missing');
  });
});

describe('the id of a study', () => {
  it('is the same wherever the data lies, and another for other data, code, or parameters', () => {
    const request = requestOf('trend');
    const code = codeVersion();
    const id = studyId(request, null, code);
    const copy = mkdtempSync(join(tmpdir(), 'triplegain-copy-'));
    for (const name of ['BTCUSDT-1h.csv', 'XRPUSDT-1h.csv']) {
      writeFileSync(join(copy, name), readFileSync(join(dir, name)));
    }
    expect(studyId({ ...request, dataDir: copy }, null, code)).toBe(id);
    expect(studyId({ ...request, gapBars: 5 }, null, code)).not.toBe(id);
    expect(studyId(request, planOf(), code)).not.toBe(id);
    expect(studyId(request, null, 'other code')).not.toBe(id);
    writeFileSync(join(copy, 'XRPUSDT-1h.csv'), readFileSync(join(dir, 'BTCUSDT-1h.csv')));
    expect(studyId({ ...request, dataDir: copy }, null, code)).not.toBe(id);
    rmSync(copy, { recursive: true });
  });
});
