import { createHash } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCallStore } from '../../activities/deciders/call-store.ts';
import { createModelActivities } from '../../activities/deciders/model-activities.ts';
import { readDeciders } from '../../activities/deciders/read-deciders.ts';
import { readDecisions } from '../../activities/deciders/read-decisions.ts';
import { readRecordedCycle } from '../../activities/deciders/read-recorded-cycle.ts';
import { sendRequest } from '../../activities/deciders/send-request.ts';
import { createLedgerActivities } from '../../activities/ledger/activities.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import { createDocumentStore } from '../../activities/ledger/documents.ts';
import { BAR_MS, CLOSE_MS } from '../../activities/ledger/example-desk.fixture.ts';
import { readCycle } from '../../activities/ledger/read-cycles.ts';
import { noProbe } from '../../activities/probe.ts';
import { modelAsks } from '../../shared/llm/model-asks.ts';
import { LlmSettingsSchema } from '../../shared/llm/settings.ts';
import { queuesOf, workflowIds } from '../../shared/names.ts';
import { llmSettingsOf, type Profile } from '../../shared/profile.ts';
import { exampleSnapshot } from '../../shared/prompts/example-snapshot.fixture.ts';
import { replayCycle } from '../../shared/replay/replay-cycle.ts';
import type { Venue } from '../../shared/venue.ts';
import { heartbeating } from '../../workers/heartbeat.ts';
import { modelWorkers } from '../../workers/model-workers.ts';
import type { CycleResult, tradingCycle } from '../../workflows/trading-cycle.ts';
import { startLlmServer, type LlmServer, type Reply } from '../support/llm-server.ts';
import { temporalAddress } from '../support/services.ts';
import { testBundle } from '../support/test-bundle.ts';
import { callsOf, decision, KEY, modelAt, noAnswers, profileWith } from './llm-desk.ts';

/** Six models on one snapshot, asked by a cycle of the real workflow over real queues. */

const hold: Reply = {
  kind: 'text',
  text: JSON.stringify({ ...decision, action: 'hold', stopLossPct: null, takeProfitPct: [] }),
};
const failing = (status: number, headers: Record<string, string> = {}): Reply => ({
  kind: 'raw',
  status,
  headers,
  body: JSON.stringify({ error: { message: `key ${KEY}`, code: 'some_code' } }),
});
const BEHAVIOUR: Record<string, Reply[]> = {
  first: [hold],
  second: [hold],
  limited: [failing(429, { 'retry-after-ms': '50' }), hold],
  hanging: [{ kind: 'silent' }],
  failing: [failing(401)],
  nonsense: [{ kind: 'text', text: 'to the moon' }],
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let pool: pg.Pool;
let connection: NativeConnection;
let client: Client;
let servers: Record<string, LlmServer>;
const schema = `llm_cycle_${process.pid}`;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  pool = await emptySchema(schema);
  const address = temporalAddress();
  connection = await NativeConnection.connect({ address });
  client = new Client({ connection: await Connection.connect({ address }) });
});
afterAll(async () => {
  await pool.end();
  await connection.close();
  await client.connection.close();
});

/** Runs one cycle of a desk of the six; `event` is null at real time. */
async function runCycle(
  name: string,
  event: number | null,
  change: { timeoutSeconds: number },
): Promise<{ result: CycleResult; details: string; history: string; cycle: string; desk: string }> {
  servers = Object.fromEntries(
    await Promise.all(
      Object.entries(BEHAVIOUR).map(
        async ([id, replies]) => [id, await startLlmServer('chat', [...replies])] as const,
      ),
    ),
  );
  const desk = `${name}-${process.pid}-${Date.now()}`;
  const deciders = Object.entries(servers).map(([id, { url }]) => ({
    ...modelAt('chat', url, id),
    ...change,
  }));
  const profile: Profile = {
    ...profileWith(deciders, LlmSettingsSchema.parse({ decisionDeadlineSeconds: 4 })),
    consensus: { ...profileWith(deciders).consensus, quorum: 4 },
  };
  const documents = createDocumentStore(pool);
  const queues = queuesOf(desk, profile.venue);
  const options = { connection, interceptors: { activity: [heartbeating] } };
  const workers = [
    await Worker.create({
      ...options,
      taskQueue: queues.cycle,
      workflowBundle: await testBundle(),
      activities: {
        ...createLedgerActivities({
          ...{ pool, desk, profile, documents, probe: noProbe },
          instruments: () => Promise.resolve([]),
          venue: {} as Venue, // a cycle that holds asks nothing of it
        }),
        buildSnapshot: async () => ({
          hash: await documents.put('snapshot', exampleSnapshot),
          price: exampleSnapshot.price.now,
          guard: null,
          asks: true,
        }),
      },
    }),
    ...(await modelWorkers(
      desk,
      profile,
      createModelActivities({
        ...{ profile, documents, send: sendRequest, clock: Date.now, keyOf: () => KEY },
        answers: noAnswers,
        calls: createCallStore({
          ...{ pool, desk, clock: Date.now },
          budget: llmSettingsOf(profile).budget,
        }),
      }),
      options,
    )),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    const cycle = workflowIds.cycle(desk, 'BTC/USDT', BAR_MS);
    const handle = await client.workflow.start<typeof tradingCycle>('tradingCycle', {
      workflowId: cycle,
      taskQueue: queues.cycle,
      args: [
        {
          ...{ desk, deskWorkflow: workflowIds.desk(desk), pair: 'BTC/USDT', account: 'none' },
          ...{ barMs: BAR_MS, atMs: CLOSE_MS, event, ordersQueue: queues.orders },
          deciders: profile.deciders.map((d) => d.id),
          models: modelAsks(desk, profile),
        },
      ],
    });
    const result = await handle.result();
    const { currentDetails } = await handle.query<{ currentDetails: string }>(
      '__temporal_workflow_metadata',
    );
    const history = JSON.stringify(historyToJSON(await handle.fetchHistory()));
    // A call that hangs is let go of: its server sees the client leave.
    await servers['hanging']?.seen[0]?.gone;
    return { result, details: currentDetails, history, cycle, desk };
  } finally {
    for (const worker of workers) worker.shutdown();
    await running;
    for (const server of Object.values(servers)) await server.close();
  }
}

describe('a cycle of six models', () => {
  test('at real time ends at its deadline with the three that answered', async () => {
    const { result, details, history, cycle, desk } = await runCycle('real', null, {
      timeoutSeconds: 60,
    });
    expect(result).toMatchObject({ outcome: 'held', action: 'hold' });
    expect(result.said).toMatchObject({
      ...{ first: 'hold 0.62', second: 'hold 0.62', limited: 'hold 0.62' },
      hanging: expect.stringContaining('absent: no answer by the') as string,
      failing: 'absent: 401: the key was refused (some_code)',
      nonsense: expect.stringContaining('absent: unusable and not repaired') as string,
    });
    expect(details).toContain('| hanging | absent |');
    expect(details).toContain('| failing | absent | | 401: the key was refused (some_code) |');

    const calls = await callsOf(pool, cycle);
    const statesOf = (decider: string) =>
      calls.filter((c) => c['decider'] === decider).map((c) => c['state']);
    expect(statesOf('limited')).toEqual(['failed', 'answered']);
    expect(statesOf('nonsense')).toEqual(['answered', 'answered']);
    expect(new Set(calls.map((c) => c['prompt'])).size).toBe(1);
    // neither key nor prompt nor answer comes into a history
    expect(history).not.toContain(KEY);
    expect(history).not.toContain('roundTripPct');
    expect(history.length).toBeLessThan(60_000);

    const story = (await readCycle(pool, desk, { kind: 'id', id: cycle }))!;
    const replayed = replayCycle(await readRecordedCycle(pool, story), sha256);
    expect(replayed.steps.filter((s) => s.differences.length > 0)).toEqual([]);
    expect(replayed).toMatchObject({
      identical: true,
      steps: expect.arrayContaining([
        { step: 'prompt', result: 'identical', note: 'triplegain-2', differences: [] },
        // nonsense is judged again
        expect.objectContaining({ note: 'taken as recorded: hanging, failing' }),
      ]) as unknown,
    });
    expect(story.consensus.others?.['single']).toMatchObject({ action: 'hold' });

    const reports = await readDeciders(pool, desk, Date.now());
    const of = (decider: string) => reports.find((r) => r.decider === decider);
    // two calls for 0.004 each, answer and repair
    expect(of('nonsense')).toMatchObject({
      ...{ model: 'm-1', answered: 0, absent: 1, calls: 2, usd: '0.008', spentTodayUsd: '0.008' },
      lastAbsence: {
        ...{ bar: '2026-01-05T12:00:00Z', pair: 'BTC/USDT' },
        cause: expect.stringContaining('unusable') as string,
      },
    });
    expect(of('limited')).toMatchObject({ answered: 1, absent: 0, calls: 2, lastAbsence: null });

    const said = await readDecisions(pool, desk, null);
    expect(said.map((d) => d.decider)).toEqual(['first', 'limited', 'second']);
    expect(said[0]).toMatchObject({
      ...{ model: 'm-1', build: 'm-1-2026-11', promptVersion: 'triplegain-2', pair: 'BTC/USDT' },
      ...{ bar: '2026-01-05T12:00:00Z', costUsd: '0.00400000', decision: { action: 'hold' } },
    });
    expect(await readDecisions(pool, desk, 'second')).toHaveLength(1);
  });

  test('in stepped time no deadline is armed, but calls keep their own limits', async () => {
    const { result } = await runCycle('stepped', 7, { timeoutSeconds: 1 });
    expect(result.said).toMatchObject({
      ...{ first: 'hold 0.62', second: 'hold 0.62', limited: 'hold 0.62' },
      hanging: 'absent: no answer within 1 s, 2 calls',
    });
  });
});
