import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { answersTable } from '../../activities/ledger/answers-table.ts';
import { emptySchema } from '../../activities/ledger/desk-database.fixture.ts';
import type { Api } from '../../shared/llm/model-facts.ts';
import { PATHS, startLlmServer, type LlmServer, type Reply } from '../support/llm-server.ts';
import {
  askPatiently,
  callsOf,
  decision,
  KEY,
  modelAt,
  modelsOf,
  profileWith,
} from './llm-desk.ts';

const APIS: Api[] = ['responses', 'chat', 'messages', 'ollama'];
const json = (change: Record<string, unknown> = {}): Reply => ({
  kind: 'text',
  text: JSON.stringify({ ...decision, ...change }),
});
const error = (status: number, code: string, headers: Record<string, string> = {}): Reply => ({
  kind: 'raw',
  status,
  headers,
  body: JSON.stringify({
    type: 'error',
    error: { type: code, code, message: `something about ${KEY}` },
  }),
});

let pool: pg.Pool;
let server: LlmServer;
let cycles = 0;

beforeAll(async () => {
  pool = await emptySchema(`llm_wire_${process.pid}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  await server.close();
});
afterAll(() => pool.end());

/** Asks a model whose server replies so, and tells what came of it. */
const ask = (api: Api, ...replies: Reply[]) => askAs({}, api, ...replies);

/** The same, of a decider with further fields. */
async function askAs(change: object, api: Api, ...replies: Reply[]) {
  server = await startLlmServer(api, replies);
  const cycle = `cycle-${++cycles}`;
  const model = { ...modelAt(api, server.url), ...change };
  const models = modelsOf({ pool, profile: profileWith([model]) });
  const { answer, failures } = await askPatiently(models, { cycle });
  return { answer, failures, calls: await callsOf(pool, cycle), seen: server.seen };
}

describe.each(APIS)('over the wire of %s', (api) => {
  test('a decision comes back, and everything of the call is kept', async () => {
    const { answer, calls, seen } = await ask(api, json());
    expect(answer).toEqual({ kind: 'answered', decider: 'model', decision });
    expect(seen.map((s) => s.path)).toEqual([PATHS[api]]);
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      ...{ state: 'answered', purpose: 'decision', n: 1, model: 'm-1', build: 'm-1-2026-11' },
      ...{ status: 200, failure: null, request: seen[0]?.body },
      usage: { input: 1_000, cachedInput: 0, cacheWrite: 0, output: 200 },
      // 1,000 * 2 / 1e6 + 200 * 10 / 1e6
      cost_usd: '0.00400000',
    });
    expect(calls[0]?.['headers']).toMatchObject({ 'x-request-id': 'req_1' });
    expect(String(calls[0]?.['response'])).toContain('The trend holds.');
  });

  const absences: [string, Reply, string][] = [
    ['a refusal', { kind: 'refusal' }, api === 'ollama' ? 'empty' : 'refused'],
    ['an answer cut at its length', { kind: 'cut' }, 'cut at its length limit'],
    ['an empty answer', { kind: 'empty' }, 'empty'],
    ['a body that is no JSON', { kind: 'raw', status: 200, body: '<html>' }, 'not JSON'],
    ['a body of another form', { kind: 'raw', status: 200, body: '{"ok":true}' }, 'not the form'],
  ];
  test.each(absences)('%s is an absence at the first call', async (_, reply, cause) => {
    const { answer, calls, failures } = await ask(api, reply);
    expect(answer).toMatchObject({
      kind: 'absent',
      cause: expect.stringContaining(cause) as string,
    });
    expect([calls.length, failures.length]).toEqual([1, 0]);
  });

  const unusable: [string, Reply, string][] = [
    ['free text', { kind: 'text', text: 'Go long, I am sure.' }, 'not one JSON object'],
    [
      'truncated JSON',
      { kind: 'text', text: JSON.stringify(decision).slice(0, 90) },
      'not one JSON',
    ],
    ['a wrong schema', { kind: 'text', text: '{"signal":"buy"}' }, 'unusable'],
    ['a number as text', json({ stopLossPct: '1.5' }), 'stopLossPct'],
    ['confidence 87', json({ confidence: 87 }), 'confidence'],
  ];
  test.each(unusable)('%s is asked to be repaired once', async (_, reply, cause) => {
    const repaired = await ask(api, reply, json({ action: 'hold' }));
    expect(repaired.answer).toMatchObject({ kind: 'answered', decision: { action: 'hold' } });
    expect(repaired.calls.map((c) => c['purpose'])).toEqual(['decision', 'repair']);
    await server.close();
    const given = await ask(api, reply);
    const { cause: told = '' } = given.answer as { cause?: string };
    expect(told).toContain('not repaired');
    if (cause !== 'unusable') expect(told).toContain(cause);
    expect(given.calls).toHaveLength(2);
  });

  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
  ])('%i is an absence at once and costs nothing', async (status, code) => {
    const { answer, calls, failures } = await ask(api, error(status, code));
    expect(answer).toMatchObject({
      kind: 'absent',
      cause: expect.stringContaining(`${status}: `) as string,
    });
    expect([calls.length, failures.length, calls[0]?.['cost_usd']]).toEqual([1, 0, '0.00000000']);
  });

  test('429 is tried again after the time that it names', async () => {
    const limited = error(429, 'rate_limit_error', { 'retry-after': '3' });
    const { answer, failures, seen } = await ask(api, limited, json());
    expect(answer.kind).toBe('answered');
    expect(failures).toMatchObject([{ nextRetryDelay: 3_000 }]);
    // the SDK itself has tried no more than once each
    expect(seen).toHaveLength(2);
  });

  test('429 with a longer wait than anybody waits is an absence', async () => {
    const { answer, calls } = await ask(
      api,
      error(429, 'rate_limit_error', { 'retry-after': '3600' }),
    );
    expect(answer).toMatchObject({
      cause: '429: too many requests (rate_limit_error), asks to wait 3600 s',
    });
    expect(calls).toHaveLength(1);
  });

  test.each([500, 503, 529])('%i is tried three times in all', async (status) => {
    const { answer, calls, failures, seen } = await ask(api, error(status, 'overloaded_error'));
    expect(answer).toMatchObject({
      kind: 'absent',
      cause: expect.stringMatching(new RegExp(`^${status}: .*, 3 calls$`)) as string,
    });
    expect([calls.length, failures.length, seen.length]).toEqual([3, 2, 3]);
    // What an overloaded provider billed is not known: the reservations stand.
    expect(calls.map((c) => c['cost_usd'])).toEqual([null, null, null]);
  });

  test('a connection that is cut in the body is tried once more', async () => {
    const { answer, calls } = await ask(api, { kind: 'broken' }, json());
    expect(answer.kind).toBe('answered');
    expect(calls[0]).toMatchObject({ state: 'failed', response: '{"model":"half of it' });
    expect(String(calls[0]?.['failure'])).toContain('the connection failed');
  });

  test('a connection that is cut before any header is tried once more', async () => {
    const { answer, calls, failures } = await ask(api, { kind: 'reset' }, json());
    expect(answer.kind).toBe('answered');
    expect(failures).toHaveLength(1);
    expect(calls[0]).toMatchObject({ state: 'failed', status: null, response: null });
  });

  test('headers that take their time within the limit are waited for', async () => {
    const slow: Reply = { kind: 'slow', text: JSON.stringify(decision), ms: 150 };
    const { answer, calls } = await ask(api, slow);
    expect(answer.kind).toBe('answered');
    expect(Number(calls[0]?.['latency_ms'])).toBeGreaterThanOrEqual(140);
  });

  test('hostile text in an answer is kept as text and does nothing else', async () => {
    const hostile = `'); drop table llm_call; -- \u0000<script>alert(1)</script> | \u202Egnol\u202C`;
    const { answer, calls } = await ask(api, json({ reasoning: hostile, evidenceFor: [hostile] }));
    const kept = hostile.replace('\u0000', '\uFFFD');
    expect(answer).toMatchObject({ kind: 'answered', decision: { reasoning: kept } });
    expect(calls).toHaveLength(1);
    const row = answersTable([answer]).split('\n')[2] ?? '';
    // one row of four cells, nothing that a page would run or turn round
    expect(row.replaceAll(String.raw`\|`, '').split('|')).toHaveLength(6);
    expect(row).not.toMatch(/(?<!\\)[<>]|[\p{Cc}\p{Cf}]/u);
  });

  test('signs that no database keeps hold nobody up, not in an answer and not in a repair', async () => {
    const odd = '\u0000 and \uD800';
    const { answer, calls } = await ask(api, { kind: 'text', text: odd }, json({ reasoning: odd }));
    expect(answer).toMatchObject({ decision: { reasoning: '\uFFFD and \uFFFD' } });
    expect(calls.map((c) => c['purpose'])).toEqual(['decision', 'repair']);
    await pool.query(`insert into document values ($1, 'test', $2)`, [
      String(calls[0]?.['id']),
      JSON.stringify(answer),
    ]);
  });

  test.each(['silent', 'trickle'] as const)('a %s server ends at the deadline', async (kind) => {
    server = await startLlmServer(api, [{ kind }]);
    const profile = profileWith([{ ...modelAt(api, server.url), timeoutSeconds: 0.3 }]);
    const { answer } = await askPatiently(modelsOf({ pool, profile }), {
      cycle: `slow-${++cycles}`,
    });
    expect(answer).toMatchObject({ cause: 'no answer within 0.3 s, 2 calls' });
  });

  test('calling it off reaches the server, before and within the answer', async () => {
    for (const kind of ['silent', 'trickle'] as const) {
      server = await startLlmServer(api, [{ kind }]);
      const off = new AbortController();
      const models = modelsOf({ pool, profile: profileWith([modelAt(api, server.url)]) });
      const cycle = `off-${++cycles}`;
      const asked = askPatiently(models, { cycle, signal: off.signal });
      await expect.poll(() => server.seen.length).toBe(1);
      off.abort(new Error('called off'));
      await expect(asked).rejects.toThrow('called off');
      await server.seen[0]?.gone;
      expect(await callsOf(pool, cycle)).toMatchObject([{ state: 'lost', cost_usd: null }]);
      await server.close();
    }
  });

  test("what the environment names for a vendor's SDK goes to no server", async () => {
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'X-Team: secret\nAuthorization: Bearer other');
    vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'X-Team: secret\nAuthorization: Bearer other');
    vi.stubEnv('OPENAI_ORG_ID', 'org-secret');
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'token-secret');
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9');
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:9');
    const { answer, seen } = await ask(api, json());
    expect(answer.kind).toBe('answered');
    expect(JSON.stringify(seen[0]?.headers)).not.toMatch(/secret|other/);
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test('a server that needs no key is sent none', async () => {
    const { answer, seen } = await askAs({ keyEnv: undefined }, api, json());
    expect(answer.kind).toBe('answered');
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
    expect(seen[0]?.headers).not.toHaveProperty('x-api-key');
  });

  test('a server that takes no schema is asked as the profile says', async () => {
    const { seen } = await askAs({ structured: 'none', extra: { top_k: 1 } }, api, json());
    const { top_k, text, format, response_format, output_config } = seen[0]!.body as Record<
      string,
      { format?: object } | undefined
    >;
    expect([text, format, response_format, output_config?.format]).toEqual(
      Array(4).fill(undefined),
    );
    expect(top_k).toBe(1);
  });

  test('the key is in no row, no cause and no message', async () => {
    const echo = error(500, 'server_error', { 'x-request-id': KEY });
    const { answer, calls, failures } = await ask(api, echo);
    const told = JSON.stringify([answer, calls, failures.map((f) => f.message)]);
    expect(told).not.toContain(KEY);
    expect(told).toContain('something about [key]');
    expect(told).not.toContain('session=secret');
  });
});

describe('what a request says', () => {
  test('Responses: a strict schema, nothing stored, no sampling', async () => {
    const { seen } = await ask('responses', json());
    expect(seen[0]?.body).toMatchObject({
      ...{ model: 'm-1', store: false, max_output_tokens: 1_000 },
      text: { format: { type: 'json_schema', strict: true } },
    });
    expect(seen[0]?.body).not.toHaveProperty('temperature');
    expect(seen[0]?.headers).not.toHaveProperty('openai-organization');
  });

  test('Messages: the format in output_config, no forced tool', async () => {
    const { seen } = await ask('messages', json());
    expect(seen[0]?.body).toMatchObject({ output_config: { format: { type: 'json_schema' } } });
    expect(seen[0]?.body).not.toHaveProperty('tool_choice');
  });

  test('Ollama: a context that fits and no silent cut', async () => {
    const { seen } = await ask('ollama', json());
    const { options, ...body } = (seen[0]?.body ?? {}) as { options?: { num_ctx: number } };
    expect(body).toMatchObject({ truncate: false, shift: false, stream: false, keep_alive: -1 });
    // 4,900 tokens of prompt * 1.25 and 1,000 of answer, in steps of 4,096
    expect(options?.num_ctx).toBe(8_192);
  });

  test('Ollama: a full context is an absence, whatever the server made of the prompt', async () => {
    const full = (prompt: number): Reply => ({
      ...{ kind: 'raw', status: 200 },
      body: JSON.stringify({
        ...{ model: 'm-1', done_reason: 'stop', prompt_eval_count: prompt, eval_count: 200 },
        message: { role: 'assistant', content: JSON.stringify(decision) },
      }),
    });
    // of 8,192 tokens
    expect((await ask('ollama', full(7_991))).answer.kind).toBe('answered');
    await server.close();
    expect((await ask('ollama', full(7_992))).answer).toMatchObject({
      cause: 'the context of 8192 tokens was full: the prompt may have been cut',
    });
  });

  test('Ollama: depth of thought and a form without schema', async () => {
    const change = { effort: 'low', structured: 'json-object' };
    const { seen } = await askAs(change, 'ollama', json());
    expect(seen[0]?.body).toMatchObject({ think: 'low', format: 'json' });
  });

  test('Chat Completions: what a server is known to want', async () => {
    const change = {
      ...{ structured: 'json-object', outputLimit: 'max_completion_tokens', effort: 'high' },
      extra: { thinking: { type: 'disabled' } },
    };
    const { seen } = await askAs(change, 'chat', json());
    expect(seen[0]?.body).toMatchObject({
      ...{ response_format: { type: 'json_object' }, max_completion_tokens: 1_000 },
      ...{ reasoning_effort: 'high', thinking: { type: 'disabled' } },
    });
    expect(seen[0]?.body).not.toHaveProperty('max_tokens');
  });

  test('Chat Completions: blank lines that keep a connection alive are no part of the answer', async () => {
    const body = {
      ...{ model: 'm-1', usage: { prompt_tokens: 1, completion_tokens: 1 } },
      choices: [{ finish_reason: 'stop', message: { content: JSON.stringify(decision) } }],
    };
    const kept: Reply = { kind: 'raw', status: 200, body: `\n\n\n${JSON.stringify(body)}` };
    expect((await ask('chat', kept)).answer.kind).toBe('answered');
  });

  test('every model gets the same bytes', async () => {
    const texts: string[] = [];
    for (const api of APIS) {
      const { seen, calls } = await ask(api, json());
      const body = seen[0]?.body as Record<string, unknown>;
      const turns = (body['input'] ?? body['messages']) as { role: string; content: string }[];
      texts.push(
        [
          body['instructions'] ?? body['system'] ?? '',
          ...turns.map((t) => t.content),
          calls[0]?.['prompt'],
        ]
          .filter((part) => part !== '')
          .join('\n'),
      );
      await server.close();
    }
    expect(new Set(texts).size).toBe(1);
  });
});

describe('the vendors of the catalogue', () => {
  const format = expect.objectContaining({ type: 'json_schema' }) as object;
  const vendors: { decider: object; url: string; body: object; key: string | null }[] = [
    {
      decider: { provider: 'openai', model: 'gpt-6.1-sol' },
      url: 'https://api.openai.com/v1/responses',
      body: { reasoning: { effort: 'low' }, max_output_tokens: 8_000, text: { format } },
      key: 'OPENAI_API_KEY',
    },
    {
      decider: { provider: 'anthropic', model: 'claude-opus-5-5' },
      url: 'https://api.anthropic.com/v1/messages',
      body: { output_config: { effort: 'medium', format }, max_tokens: 8_000 },
      key: 'ANTHROPIC_API_KEY',
    },
    {
      decider: { provider: 'openai-compatible', model: 'grok-4.6' },
      url: 'https://api.x.ai/v1/chat/completions',
      body: { reasoning_effort: 'low', max_completion_tokens: 8_000, response_format: format },
      key: 'XAI_API_KEY',
    },
    {
      decider: { provider: 'openai-compatible', model: 'deepseek-v4-pro' },
      url: 'https://api.deepseek.com/chat/completions',
      body: {
        ...{ response_format: { type: 'json_object' }, thinking: { type: 'enabled' } },
        ...{ reasoning_effort: 'low', max_tokens: 8_000 },
      },
      key: 'DEEPSEEK_API_KEY',
    },
    {
      decider: { provider: 'openai-compatible', model: 'gemini-3.8-flash' },
      url: 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
      body: { reasoning_effort: 'low', response_format: format },
      key: 'GEMINI_API_KEY',
    },
    {
      decider: { provider: 'ollama', model: 'qwen2.5:7b-instruct' },
      url: 'http://127.0.0.1:11434/api/chat',
      body: { truncate: false, options: { num_predict: 2_000 } },
      key: null,
    },
  ];
  test.each(vendors)(
    '$url is asked by one line of a profile',
    async ({ decider, url, body, key }) => {
      server = await startLlmServer('chat');
      const sent: { url: string; body: unknown; authorization: string | null }[] = [];
      // Nothing leaves this machine.
      vi.stubGlobal('fetch', (to: string, init: { headers: Headers; body: string }) => {
        const authorization = init.headers.get('authorization');
        sent.push({ url: to, body: JSON.parse(init.body), authorization });
        return Promise.resolve(new Response('{}', { status: 401 }));
      });
      const asked: string[] = [];
      const models = modelsOf({
        ...{ pool, profile: profileWith([{ id: 'model', ...decider }]) },
        keyOf: (name) => {
          asked.push(name);
          return `key of ${name}`;
        },
      });
      const { answer } = await askPatiently(models, { cycle: `vendor-${++cycles}` });
      expect(answer).toMatchObject({ cause: '401: the key was refused' });
      expect(asked).toEqual(key === null ? [] : [key]);
      expect(sent).toMatchObject([
        { url, body, authorization: key === null ? null : `Bearer key of ${key}` },
      ]);
    },
  );
});
