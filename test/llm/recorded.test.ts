import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAnswerStore } from '../../activities/deciders/answer-store.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import type { Decision } from '../../shared/decision.ts';
import { LlmSettingsSchema, type CallMode } from '../../shared/llm/settings.ts';
import { exampleSnapshot, heldSnapshot } from '../../shared/prompts/example-snapshot.fixture.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { startLlmServer, type LlmServer, type Reply } from '../support/llm-server.ts';
import { askPatiently, callsOf, decision, modelAt, modelsOf, profileWith } from './llm-desk.ts';

const says = (change: Partial<Decision> = {}): Reply => ({
  kind: 'text',
  text: JSON.stringify({ ...decision, ...change }),
});
const nonsense: Reply = { kind: 'text', text: 'to the moon' };

let pool: pg.Pool;
let server: LlmServer;
let dir: string;
let runs = 0;

beforeAll(async () => {
  pool = await emptySchema(`llm_recorded_${process.pid}`);
});
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-answers-'));
  server = await startLlmServer('chat', [says()]);
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await server.close();
});
afterAll(() => pool.end());

interface Run {
  calls: CallMode;
  snapshot?: Snapshot;
  keyOf?: () => string | undefined;
  change?: object;
}

/** One question of another run, of another desk, whose answers are kept in the same folder. */
async function run(of: Run) {
  const desk = `run-${++runs}`;
  const llm = LlmSettingsSchema.parse({ calls: of.calls });
  const model = { ...modelAt('chat', server.url), ...of.change };
  const { answer } = await askPatiently(
    modelsOf({
      ...{ pool, desk, profile: profileWith([model], llm), answers: createAnswerStore(dir) },
      ...(of.snapshot === undefined ? {} : { snapshot: of.snapshot }),
      ...(of.keyOf === undefined ? {} : { keyOf: of.keyOf }),
    }),
    { cycle: `cycle/${desk}` },
  );
  const asked = server.seen.length;
  server.seen.length = 0;
  return { answer, asked, calls: await callsOf(pool, `cycle/${desk}`) };
}

describe('answers of an earlier run', () => {
  test('are used by the next one, which pays nothing and says what they cost', async () => {
    const first = await run({ calls: 'record' });
    const second = await run({ calls: 'record' });
    expect([first.asked, second.asked]).toEqual([1, 0]);
    expect(second.answer).toEqual(first.answer);
    expect(second.calls).toMatchObject([
      {
        ...{ state: 'answered', source: 'recorded', build: 'm-1-2026-11', cost_usd: '0' },
        ...{ answer_usd: '0.00400000', reserved_usd: '0', response: first.calls[0]?.['response'] },
      },
    ]);
    const { rows } = await pool.query(`select usd from decider_cost where cycle = $1`, [
      second.calls[0]?.['cycle'],
    ]);
    expect(rows).toEqual([{ usd: '0.00400000' }]);
  });

  test('serve alone, without key and without a server', async () => {
    await run({ calls: 'record' });
    await server.close();
    const { answer, calls } = await run({ calls: 'replay-only', keyOf: () => undefined });
    expect(answer).toMatchObject({ kind: 'answered', decision: { action: 'long' } });
    expect(calls).toHaveLength(1);
  });

  test('need no key while recording either; a question without an answer does', async () => {
    await run({ calls: 'record' });
    const kept = await run({ calls: 'record', keyOf: () => undefined });
    expect(kept).toMatchObject({ answer: { kind: 'answered' }, asked: 0 });
    const price = { ...exampleSnapshot.price, now: 302 };
    const snapshot = { ...exampleSnapshot, price };
    const { answer, asked } = await run({ calls: 'record', snapshot, keyOf: () => ' \n' });
    expect(answer).toMatchObject({ cause: expect.stringContaining('(set TEST_KEY)') as string });
    expect(asked).toBe(0);
  });

  test('that are not there are absences with their cause, and nothing is asked', async () => {
    const { answer, asked } = await run({ calls: 'replay-only' });
    expect(answer).toMatchObject({
      kind: 'absent',
      cause: expect.stringMatching(
        /^no recorded answer of m-1, prompt triplegain-\d, snapshot [0-9a-f]{12}$/,
      ) as string,
    });
    expect(asked).toBe(0);
  });

  test('are for one snapshot, one request and no other', async () => {
    await run({ calls: 'record' });
    const price = { ...exampleSnapshot.price, now: 301 };
    expect((await run({ calls: 'record', snapshot: { ...exampleSnapshot, price } })).asked).toBe(1);
    expect((await run({ calls: 'record', change: { maxOutputTokens: 900 } })).asked).toBe(1);
  });

  test('serve desks of other names: what is asked does not name the workflows', async () => {
    server.replies = [says({ action: 'hold' })];
    await run({ calls: 'record', snapshot: heldSnapshot });
    const position = { ...heldSnapshot.position!, guard: 'guard/another' };
    const account = { ...heldSnapshot.account, positions: [position] };
    expect(
      (await run({ calls: 'record', snapshot: { ...heldSnapshot, position, account } })).asked,
    ).toBe(0);
  });

  test('hold the repair too', async () => {
    server.replies = [nonsense, says()];
    const first = await run({ calls: 'record' });
    const second = await run({ calls: 'replay-only' });
    expect(second.answer).toEqual(first.answer);
    expect(second.calls.map((c) => c['purpose'])).toEqual(['decision', 'repair']);
  });

  test('of a build that the model is no more are not used, but can be replayed', async () => {
    await run({ calls: 'record' });
    // The same name answers as another build to another question.
    const store = createAnswerStore(dir);
    const other = {
      ...{ promptVersion: 'p', snapshot: 's', purpose: 'decision', request: {} },
      model: {
        provider: new URL(server.url).host.replaceAll(':', '-'),
        facts: { id: 'm-1', api: 'chat' as const },
      },
    };
    await store.keep(other, {
      build: 'm-1-2027-01',
      at: '2027-01-01T00:00:00Z',
      text: '{}',
      costUsd: null,
    });
    expect((await run({ calls: 'replay-only' })).answer.kind).toBe('answered');
    expect((await run({ calls: 'record' })).asked).toBe(1);
  });

  test('are neither read nor written by a live desk', async () => {
    expect((await run({ calls: 'live' })).asked).toBe(1);
    expect((await run({ calls: 'replay-only' })).answer.kind).toBe('absent');
  });
});
