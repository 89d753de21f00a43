import { createHash } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCallStore } from '../../activities/deciders/call-store.ts';
import { createModelActivities } from '../../activities/deciders/model-activities.ts';
import { readCalls, readPrompts } from '../../activities/deciders/read-calls.ts';
import { readDeciders } from '../../activities/deciders/read-deciders.ts';
import { readDecisions } from '../../activities/deciders/read-decisions.ts';
import { readRecordedCycle } from '../../activities/deciders/read-recorded-cycle.ts';
import { sendRequest } from '../../activities/deciders/send-request.ts';
import { createLedgerActivities } from '../../activities/ledger/activities.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import { createDocumentStore } from '../../activities/ledger/documents.ts';
import { BAR_MS, CLOSE_MS } from '../../activities/ledger/example-desk.fixture.ts';
import { readCycle } from '../../activities/ledger/records/read-cycles.ts';
import { noProbe } from '../../activities/probe.ts';
import { modelAsks } from '../../shared/llm/model-asks.ts';
import type { Api } from '../../shared/llm/model-facts.ts';
import { LlmSettingsSchema } from '../../shared/llm/settings.ts';
import { decideQueue, queuesOf, workflowIds } from '../../shared/names.ts';
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
/** Six models behind all four wire formats. */
const BEHAVIOUR: Record<string, { api: Api; replies: Reply[] }> = {
  first: { api: 'responses', replies: [hold] },
  second: { api: 'messages', replies: [hold] },
  limited: { api: 'chat', replies: [failing(429, { 'retry-after-ms': '50' }), hold] },
  hanging: { api: 'ollama', replies: [{ kind: 'silent' }] },
  failing: { api: 'messages', replies: [failing(401)] },
  nonsense: { api: 'responses', replies: [{ kind: 'text', text: 'to the moon' }] },
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

interface Running {
  desk: string;
  cycle: string;
  handle: WorkflowHandle<typeof tradingCycle>;
  /** Of the model queues alone, as a process that is stopped; resolves when they are gone. */
  stopModels(): Promise<void>;
  startModels(): Promise<void>;
}

/** Starts one cycle of a desk of models, runs `work` beside it, and ends everything; `event` is null at real time. */
async function withCycle<T>(
  of: {
    name: string;
    behaviour: Record<string, { api: Api; replies: Reply[] }>;
    event: number | null;
    change: object;
    /** Further fields by decider. */
    each?: Record<string, object>;
    deadlineSeconds: number;
  },
  work: (running: Running) => Promise<T>,
): Promise<T> {
  const started = Object.entries(of.behaviour).map(async ([id, { api, replies }]) => {
    return [id, await startLlmServer(api, [...replies])] as const;
  });
  servers = Object.fromEntries(await Promise.all(started));
  const desk = `${of.name}-${process.pid}-${Date.now()}`;
  const deciders = Object.entries(of.behaviour).map(([id, { api }]) => ({
    ...modelAt(api, servers[id]!.url, id),
    ...of.change,
    ...of.each?.[id],
  }));
  const llm = LlmSettingsSchema.parse({ decisionDeadlineSeconds: of.deadlineSeconds });
  const profile: Profile = {
    ...profileWith(deciders, llm),
    consensus: { ...profileWith(deciders).consensus, quorum: Math.min(4, deciders.length) },
  };
  const documents = createDocumentStore(pool);
  const queues = queuesOf(desk, profile.venue);
  const options = {
    connection,
    interceptors: { activity: [heartbeating] },
    shutdownGraceTime: '200ms',
  };
  const cycles = await Worker.create({
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
  });
  const running = cycles.run();
  let models: { workers: Worker[]; running: Promise<unknown> } | null = null;
  const startModels = async (): Promise<void> => {
    const activities = createModelActivities({
      ...{ profile, documents, send: sendRequest, clock: Date.now, keyOf: () => KEY },
      answers: noAnswers,
      calls: createCallStore({
        ...{ pool, desk, clock: Date.now },
        budget: llmSettingsOf(profile).budget,
      }),
    });
    const workers = await modelWorkers(desk, profile, activities, options);
    models = { workers, running: Promise.all(workers.map((worker) => worker.run())) };
  };
  const stopModels = async (): Promise<void> => {
    const { workers, running: ended } = models ?? { workers: [], running: null };
    models = null;
    for (const worker of workers) worker.shutdown();
    await ended;
  };
  await startModels();
  try {
    const cycle = workflowIds.cycle(desk, 'BTC/USDT', BAR_MS);
    const handle = await client.workflow.start<typeof tradingCycle>('tradingCycle', {
      workflowId: cycle,
      taskQueue: queues.cycle,
      args: [
        {
          ...{ desk, deskWorkflow: workflowIds.desk(desk), pair: 'BTC/USDT', account: 'none' },
          ...{ barMs: BAR_MS, atMs: CLOSE_MS, event: of.event, ordersQueue: queues.orders },
          deciders: profile.deciders.map((d) => d.id),
          models: modelAsks(desk, profile),
        },
      ],
    });
    return await work({ desk, cycle, handle, stopModels, startModels });
  } finally {
    cycles.shutdown();
    await Promise.all([stopModels(), running]);
    for (const server of Object.values(servers)) await server.close();
  }
}

/** Runs one cycle of a desk of the six to its end. */
async function runCycle(
  name: string,
  event: number | null,
  change: { timeoutSeconds: number },
): Promise<{ result: CycleResult; details: string; history: string; cycle: string; desk: string }> {
  return withCycle(
    { name, behaviour: BEHAVIOUR, event, change, deadlineSeconds: 4 },
    async ({ handle, cycle, desk }) => {
      const result = await handle.result();
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      const history = JSON.stringify(historyToJSON(await handle.fetchHistory()));
      // A call that hangs is let go of: its server sees the client leave.
      await servers['hanging']?.seen[0]?.gone;
      return { result, details: currentDetails, history, cycle, desk };
    },
  );
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
        { step: 'prompt', result: 'identical', note: 'triplegain-3', differences: [] },
        // nonsense is judged again
        expect.objectContaining({ note: 'taken as recorded: hanging, failing' }),
      ]) as unknown,
    });
    expect(story.consensus.others?.['single']).toMatchObject({ action: 'hold' });

    const reports = await readDeciders(pool, desk, Date.now());
    const of = (decider: string) => reports.find((r) => r.decider === decider);
    // two calls for 0.004 each, answer and repair
    expect(of('nonsense')).toMatchObject({
      ...{ model: 'm-1', promptVersion: 'triplegain-3', builds: ['m-1-2026-11'] },
      ...{ answered: 0, absent: 1, calls: 2, repairs: 1, usd: '0.008', spentTodayUsd: '0.008' },
      ...{ inputTokens: 2_000, outputTokens: 400 },
      lastAbsence: {
        ...{ bar: '2026-01-05T12:00:00Z', pair: 'BTC/USDT' },
        cause: expect.stringContaining('unusable') as string,
      },
    });
    expect(of('limited')).toMatchObject({ answered: 1, absent: 0, calls: 2, lastAbsence: null });

    // a hanging call may have cost 1,000 tokens of answer: what it reserved counts
    const listed = await readCalls(pool, desk, { cycle, limit: 100 });
    const told = listed.map((c) => [c.decider, c.purpose, c.state, c.status, c.costUsd]);
    expect(told.sort((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual([
      ['failing', 'decision', 'failed', 401, '0.00000000'],
      ['first', 'decision', 'answered', 200, '0.00400000'],
      ['hanging', 'decision', expect.stringMatching(/failed|lost/), null, null],
      ['limited', 'decision', 'answered', 200, '0.00400000'],
      ['limited', 'decision', 'failed', 429, '0.00000000'],
      ['nonsense', 'decision', 'answered', 200, '0.00400000'],
      ['nonsense', 'repair', 'answered', 200, '0.00400000'],
      ['second', 'decision', 'answered', 200, '0.00400000'],
    ]);
    expect(await readCalls(pool, desk, { decider: 'limited', limit: 1 })).toMatchObject([
      { n: 2, usage: { input: 1_000, output: 200 }, promptVersion: 'triplegain-3' },
    ]);
    const prompts = await readPrompts(pool, cycle);
    expect(prompts).toMatchObject([
      { version: 'triplegain-3', deciders: Object.keys(servers).sort() },
    ]);
    const asked = servers['first']?.seen[0]?.body as { instructions: string; input: object[] };
    expect(prompts[0]?.system).toBe(asked.instructions);
    expect(asked.input).toEqual([{ role: 'user', content: prompts[0]?.user }]);

    const said = await readDecisions(pool, desk, null);
    expect(said.map((d) => d.decider)).toEqual(['first', 'limited', 'second']);
    expect(said[0]).toMatchObject({
      ...{ model: 'm-1', build: 'm-1-2026-11', promptVersion: 'triplegain-3', pair: 'BTC/USDT' },
      ...{ bar: '2026-01-05T12:00:00Z', costUsd: '0.00400000', decision: { action: 'hold' } },
    });
    expect(said[0]).toMatchObject({ latencyMs: expect.any(Number) as number, outcome: null });
    await pool.query(
      `insert into prediction (cycle, decider, desk, pair, variant, from_at, outcome, known_at)
       values ($1, 'second', $2, 'BTC/USDT', 'v', $3, 'hit', $4)`,
      [cycle, desk, new Date(CLOSE_MS), new Date(CLOSE_MS + 7_200_000)],
    );
    expect(await readDecisions(pool, desk, 'second')).toMatchObject([
      { decider: 'second', outcome: 'hit', outcomeAt: '2026-01-05T15:00:00Z' },
    ]);
  });

  test('in stepped time no deadline is armed, but calls keep their own limits', async () => {
    const { result } = await runCycle('stepped', 7, { timeoutSeconds: 1 });
    expect(result.said).toMatchObject({
      ...{ first: 'hold 0.62', second: 'hold 0.62', limited: 'hold 0.62' },
      hanging: 'absent: no answer within 1 s, 2 calls',
    });
  });

  const patient = {
    behaviour: { hanging: { api: 'messages' as const, replies: [{ kind: 'silent' as const }] } },
    ...{ event: null, change: { timeoutSeconds: 60 }, deadlineSeconds: 120 },
  };

  test('a process that is stopped lets go of its call, and the next one asks again', async () => {
    await withCycle({ ...patient, name: 'stopped' }, async (cycle) => {
      await expect.poll(() => servers['hanging']?.seen.length, { timeout: 20_000 }).toBe(1);
      await cycle.stopModels();
      await servers['hanging']!.seen[0]!.gone;
      servers['hanging']!.replies = [hold];
      await cycle.startModels();
      expect((await cycle.handle.result()).said).toEqual({ hanging: 'hold 0.62' });
      const calls = await readCalls(pool, cycle.desk, { limit: 5 });
      expect(calls.map((c) => c.state)).toEqual(['answered', 'lost']);
    });
  });

  test('a cycle that is cancelled lets go of its call', async () => {
    await withCycle({ ...patient, name: 'cancelled' }, async ({ handle }) => {
      await expect.poll(() => servers['hanging']?.seen.length, { timeout: 20_000 }).toBe(1);
      await handle.cancel();
      await servers['hanging']!.seen[0]!.gone;
      await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    });
  });

  test('one model beside itself with another version of the prompt', async () => {
    const one = { api: 'chat' as const, replies: [hold] };
    const of = {
      ...{ name: 'versions', behaviour: { now: one, before: one }, event: 7, change: {} },
      ...{ deadlineSeconds: 60, each: { before: { prompt: 'triplegain-1' } } },
    };
    await withCycle(of, async ({ handle, cycle, desk }) => {
      await handle.result();
      expect(await readPrompts(pool, cycle)).toMatchObject(
        expect.arrayContaining([
          expect.objectContaining({ version: 'triplegain-3', deciders: ['now'] }),
          expect.objectContaining({ version: 'triplegain-1', deciders: ['before'] }),
        ]) as object[],
      );
      const story = (await readCycle(pool, desk, { kind: 'id', id: cycle }))!;
      const { identical, steps } = replayCycle(await readRecordedCycle(pool, story), sha256);
      expect(identical).toBe(true);
      expect(steps[1]?.note).toBe('triplegain-1, triplegain-3');
      const reports = await readDeciders(pool, desk, Date.now());
      expect(reports.map((r) => [r.decider, r.promptVersion, r.answered, r.calls])).toEqual([
        ['before', 'triplegain-1', 1, 1],
        ['now', 'triplegain-3', 1, 1],
      ]);
    });
  });

  test('one queue for each provider, at the least rate of its models', async () => {
    const profile = profileWith([
      { id: 'a', provider: 'openai', model: 'gpt-6-luna' },
      { id: 'b', provider: 'openai', model: 'gpt-6.1-sol', callsPerMinute: 30 },
      { id: 'c', provider: 'anthropic', model: 'claude-opus-5-5' },
    ]);
    const nobody = { askModel: () => Promise.reject(new Error('nobody is asked')) };
    const workers = await modelWorkers('rates', profile, nobody, { connection });
    const ended = Promise.all(workers.map((worker) => worker.run()));
    for (const worker of workers) worker.shutdown();
    await ended;
    const rates = workers.map(({ options }) => [
      ...[options.taskQueue, options.maxTaskQueueActivitiesPerSecond],
    ]);
    // the catalogue has 10 a second for OpenAI
    expect(rates).toEqual([
      [decideQueue('rates', 'openai'), 0.5],
      [decideQueue('rates', 'anthropic'), 5],
    ]);
  });

  test('no more calls are open at a provider than it is allowed', async () => {
    let [open, most] = [0, 0];
    const server = await startLlmServer('chat', [
      { kind: 'slow', text: (hold as { text: string }).text, ms: 60 },
    ]);
    const seen = server.seen.push.bind(server.seen);
    server.seen.push = (request) => {
      most = Math.max(most, ++open);
      void request.ended.then(() => open--);
      return seen(request);
    };
    try {
      const one = { api: 'chat' as const, replies: [] };
      const behaviour = { a: one, b: one, c: one, d: one };
      const change = { baseUrl: server.url, callsAtOnce: 2 };
      const of = { name: 'at-once', behaviour, event: 7, change, deadlineSeconds: 60 };
      const { said } = await withCycle(of, ({ handle }) => handle.result());
      expect(Object.values(said)).toEqual(Array(4).fill('hold 0.62'));
      expect(most).toBe(2);
    } finally {
      await server.close();
    }
  });
});
