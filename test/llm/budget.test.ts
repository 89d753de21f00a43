import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createCallStore } from '../../activities/deciders/call-store.ts';
import { readModelsNow } from '../../activities/deciders/read-models-now.ts';
import { inTransaction } from '../../activities/ledger/database.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import { createDesk } from '../../activities/ledger/desk/desk-store.ts';
import {
  BAR_MS,
  CLOSE_MS,
  exampleProfile,
  HOUR_MS,
} from '../../activities/ledger/example-desk.fixture.ts';
import { reviewedDesk } from '../../activities/orders/review/reviewed-desk.ts';
import { resolveModel } from '../../shared/llm/resolve-model.ts';
import { LlmSettingsSchema, type LlmSettings } from '../../shared/llm/settings.ts';
import { Decimal } from '../../shared/money.ts';
import { modelDecidersOf } from '../../shared/profile.ts';
import { startLlmServer, type LlmServer, type Reply } from '../support/llm-server.ts';
import { askPatiently, callsOf, decision, modelAt, modelsOf, profileWith } from './llm-desk.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const good: Reply = { kind: 'text', text: JSON.stringify(decision) };
/** Each call: about 4,900 tokens of prompt * 1.25 * 2 / 1e6 + 1,000 * 10 / 1e6, so 0.022 at most, and 0.004 in fact. */
const budget = (change: Partial<LlmSettings['budget']>): Partial<LlmSettings> =>
  LlmSettingsSchema.parse({ budget: change });

let pool: pg.Pool;
let server: LlmServer;
let desks = 0;

beforeAll(async () => {
  pool = await emptySchema(`llm_budget_${process.pid}`);
});
afterEach(() => server.close());
afterAll(() => pool.end());

/** A desk of one model with this budget; `ask` asks it in a cycle at a time of the wall clock. */
async function deskWith(llm: Partial<LlmSettings>, ids: string[] = ['model']) {
  server = await startLlmServer('chat', [good]);
  const desk = `budget-${++desks}`;
  const profile = profileWith(
    ids.map((id) => modelAt('chat', server.url, id)),
    llm,
  );
  let nowMs = NOON;
  const models = modelsOf({ pool, profile, desk, clock: () => nowMs });
  return {
    ...{ desk, profile },
    ask: async (cycle: string, atMs = NOON, decider = 'model') => {
      nowMs = atMs;
      const { answer } = await askPatiently(models, { cycle: `${desk}/${cycle}`, decider });
      return answer.kind === 'absent' ? answer.cause : answer.kind;
    },
  };
}

describe('the budget', () => {
  test('a call that may cost more than its cap is not sent', async () => {
    const { ask } = await deskWith(budget({ callUsd: 0.01 }));
    expect(await ask('a')).toMatch(/^the budget of this call is used up: 0\.00 of 0\.01 USD spent/);
    expect(server.seen).toHaveLength(0);
  });

  test("at the day's cap the model is absent until the next UTC day", async () => {
    // the second call may bring the day to 0.004 + 0.022
    const { ask } = await deskWith(budget({ dayUsd: 0.024 }));
    expect(await ask('a')).toBe('answered');
    expect(await ask('b')).toContain('the budget of the desk today');
    expect(await ask('c', NOON + 12 * 3_600_000)).toBe('answered');
    expect(server.seen).toHaveLength(2);
  });

  test('one model cannot spend what is meant for another', async () => {
    const { ask } = await deskWith(budget({ modelDayUsd: 0.024 }), ['model', 'other']);
    expect(await ask('a')).toBe('answered');
    expect(await ask('b')).toContain('the budget of this model today');
    expect(await ask('b', NOON, 'other')).toBe('answered');
  });

  test('a cycle has its own cap', async () => {
    const { ask } = await deskWith(budget({ cycleUsd: 0.024 }), ['model', 'other']);
    expect(await ask('a')).toBe('answered');
    expect(await ask('a', NOON, 'other')).toContain('the budget of this cycle');
    expect(await ask('b', NOON, 'other')).toBe('answered');
  });

  test('of many at once no more are sent than the cap pays for', async () => {
    const { desk, profile } = await deskWith(budget({}));
    const [decider] = modelDecidersOf(profile);
    const [model] = decider === undefined ? [] : [resolveModel(decider)];
    if (model === undefined) throw new Error('the profile has no model');
    const calls = createCallStore({
      ...{ pool, desk, clock: () => NOON },
      budget: { callUsd: 1, cycleUsd: 1, dayUsd: 0.5, modelDayUsd: 1 },
    });
    const prompt = await calls.keepPrompt(
      { version: 'triplegain-1', system: 's', user: desk, tokens: 2 },
      'snapshot',
    );
    const reserved = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        calls.reserve({
          ...{ cycle: `${desk}/${n}`, decider: 'model', purpose: 'decision', model, prompt },
          ...{ request: {}, venueAtMs: NOON, mostUsd: new Decimal('0.1') },
        }),
      ),
    );
    // 0.5 / 0.1
    expect(reserved.filter((r) => r.kind === 'reserved')).toHaveLength(5);
  });
});

test('a call that cannot be written takes none of those beside it with it', async () => {
  const { desk, profile } = await deskWith(budget({}));
  const [model] = modelDecidersOf(profile).map(resolveModel);
  const calls = createCallStore({
    ...{ pool, desk, clock: () => NOON },
    budget: LlmSettingsSchema.parse({}).budget,
  });
  const prompt = await calls.keepPrompt(
    { version: 'triplegain-1', system: 's', user: desk, tokens: 2 },
    'snapshot',
  );
  const reserved = await Promise.allSettled(
    // PostgreSQL keeps no NUL in JSON.
    ['first', '\u0000', 'third'].map((text, n) =>
      calls.reserve({
        ...{ cycle: `${desk}/${n}`, decider: 'model', purpose: 'decision', model: model!, prompt },
        ...{ request: { text }, venueAtMs: NOON, mostUsd: new Decimal('0.1') },
      }),
    ),
  );
  expect(reserved.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('what models have cost on a venue day is seen by the review of orders', async () => {
  const { desk, ask } = await deskWith({});
  expect(await ask('a')).toBe('answered');
  await inTransaction(pool, (client) =>
    createDesk(client, { desk, profile: exampleProfile, instruments: [], atMs: BAR_MS }),
  );
  const spentAt = async (atMs: number): Promise<number> => {
    return (await reviewedDesk(pool, desk, exampleProfile.risk, { pair: 'BTC/USDT', atMs }))
      .llmSpendTodayUsd;
  };
  expect(await spentAt(CLOSE_MS)).toBe(0.004);
  expect(await spentAt(CLOSE_MS + 24 * HOUR_MS)).toBe(0);
});

test('at a cap the desk says so: what is spent today, and who was absent for what', async () => {
  const { desk, profile, ask } = await deskWith(budget({ dayUsd: 0.024 }));
  await inTransaction(pool, (client) =>
    createDesk(client, { desk, profile, instruments: [], atMs: BAR_MS }),
  );
  expect(await ask('a')).toBe('answered');
  const cause = await ask('b');
  for (const [pair, answer] of [
    ['BTC/USDT', { kind: 'absent', decider: 'model', cause }],
    ['XRP/USDT', { kind: 'answered', decider: 'model', decision }],
  ] as const) {
    const id = `${desk}/${pair}`;
    await pool.query(
      `insert into cycle (id, desk, pair, bar, decided_at, snapshot_hash, action, outcome, consensus)
       values ($1, $2, $3, $4, $4, 'none', 'hold', 'held', '{}')`,
      [id, desk, pair, new Date(BAR_MS)],
    );
    await pool.query(`insert into decision values ($1, 'model', $2)`, [id, answer]);
  }
  expect(await readModelsNow(pool, desk, NOON)).toEqual({
    ...{ spentTodayUsd: '0.004', dayUsd: 0.024 },
    absent: [{ decider: 'model', bar: '2026-01-05T12:00:00Z', pairs: ['BTC/USDT'], cause }],
  });
  expect(cause).toContain('the budget of the desk today is used up: 0.00 of 0.024 USD spent');
  expect(await readModelsNow(pool, 'no-such-desk', NOON)).toBeNull();
});

describe('a lost process', () => {
  test('does not pay twice for an answer that is there', async () => {
    const { ask } = await deskWith({});
    expect(await ask('a')).toBe('answered');
    expect(await ask('a')).toBe('answered');
    expect(server.seen).toHaveLength(1);
  });

  test('costs another call, never an absence, and what it had reserved stays', async () => {
    const { ask, desk } = await deskWith({});
    for (let n = 1; n <= 4; n++) {
      await pool.query(
        `insert into prompt values ('h', 'triplegain-1', 's', '', '', 1) on conflict do nothing`,
      );
      await pool.query(
        `insert into llm_call (desk, cycle, decider, n, purpose, provider, model, catalogue, prompt, request,
                               venue_at, sent_at, state, reserved_usd)
         values ($1, $2, 'model', $3, 'decision', 'p', 'm', 'c', 'h', '{}', $4, $4, 'sent', 0.02)`,
        [desk, `${desk}/a`, n, new Date(NOON)],
      );
    }
    expect(await ask('a')).toBe('answered');
    const states = (await callsOf(pool, `${desk}/a`)).map((c) => c['state']);
    expect(states).toEqual(['lost', 'lost', 'lost', 'lost', 'answered']);
  });
});

describe('what is not asked at all', () => {
  test.each([
    ['no key', () => undefined],
    ['an empty key', () => ''],
  ])('%s is an absence that names the variable', async (_, keyOf) => {
    server = await startLlmServer('chat', [good]);
    const models = modelsOf({ pool, profile: profileWith([modelAt('chat', server.url)]), keyOf });
    const { answer } = await askPatiently(models, { cycle: 'no-key' });
    expect(answer).toMatchObject({ cause: expect.stringContaining('(set TEST_KEY)') as string });
    expect(server.seen).toHaveLength(0);
  });

  test('a prompt above its limit', async () => {
    const { ask } = await deskWith({ maxPromptTokens: 1_000 });
    expect(await ask('a')).toMatch(/^the prompt measures \d+ tokens, the limit is 1000$/);
    expect(server.seen).toHaveLength(0);
  });

  test('a prompt that does not fit into the context', async () => {
    server = await startLlmServer('ollama', [good]);
    const small = { ...modelAt('ollama', server.url), contextTokens: 4_096 };
    const models = modelsOf({ pool, profile: profileWith([small]) });
    const { answer } = await askPatiently(models, { cycle: 'small' });
    expect(answer).toMatchObject({ cause: expect.stringContaining('do not fit') as string });
  });

  test('nothing after the deadline', async () => {
    server = await startLlmServer('chat', [{ kind: 'silent' }]);
    const models = modelsOf({ pool, profile: profileWith([modelAt('chat', server.url)]) });
    const { answer } = await askPatiently(models, {
      ...{ cycle: 'late', deadlineMs: Date.now() + 200 },
    });
    expect(answer.kind).toBe('absent');
  });
});
