import { describe, expect, test } from 'vitest';
import { MODELS, VENDORS } from './catalogue.ts';
import { ModelDeciderSchema } from './model-decider.ts';
import { resolveModel } from './resolve-model.ts';

const resolve = (decider: object) =>
  resolveModel(ModelDeciderSchema.parse({ id: 'x', ...decider }));

describe('resolveModel', () => {
  test('a model of the catalogue needs its name alone', () => {
    expect(resolve({ provider: 'openai-compatible', model: 'grok-4.6' })).toMatchObject({
      ...{ provider: 'xai', baseUrl: 'https://api.x.ai/v1', keyEnv: 'XAI_API_KEY', isListed: true },
      effort: 'low',
    });
  });

  test('another server is one line more, and costs the dearest price until one is named', () => {
    const server = {
      provider: 'openai-compatible',
      model: 'm',
      baseUrl: 'https://llm.example.org/v1',
    };
    const dearest = Math.max(...MODELS.flatMap((m) => m.prices.map((p) => p.output)));
    const unknown = resolve({ ...server, keyEnv: 'MY_KEY' });
    expect(unknown).toMatchObject({
      provider: 'llm.example.org',
      keyEnv: 'MY_KEY',
      isListed: false,
    });
    expect(unknown.facts.prices[0]?.output).toBe(dearest);
    const priced = resolve({ ...server, price: { input: 1, output: 3 } });
    expect(priced.facts.prices[0]?.output).toBe(3);
  });

  test('rates come from the catalogue, the protocol, or the profile', () => {
    const ollama = { provider: 'ollama', model: 'm' };
    expect(resolve({ provider: 'openai', model: 'gpt-6-luna' })).toMatchObject({
      ...{ callsPerSecond: 10, callsAtOnce: 12 },
    });
    // one machine, wherever it stands
    expect(resolve({ ...ollama, baseUrl: 'http://gpu:11434' })).toMatchObject({
      ...{ provider: 'gpu-11434', callsPerSecond: null, callsAtOnce: 1 },
    });
    expect(resolve({ ...ollama, callsPerMinute: 30, callsAtOnce: 4 })).toMatchObject({
      ...{ callsPerSecond: 0.5, callsAtOnce: 4 },
    });
  });

  test('what a server can do is said in the profile where the catalogue does not know it', () => {
    const server = {
      provider: 'openai-compatible',
      model: 'm',
      baseUrl: 'https://llm.example.org',
    };
    const said = { structured: 'none', outputLimit: 'max_completion_tokens', extra: { top_k: 1 } };
    expect(resolve({ ...server, ...said }).facts).toMatchObject(said);
    expect(resolve(server).facts).toMatchObject({
      ...{ structured: 'response-format', outputLimit: 'max_tokens', extra: {} },
    });
    expect(
      resolve({ provider: 'openai-compatible', model: 'deepseek-flash' }).facts.structured,
    ).toBe('json-object');
    const fields = (extra: object) =>
      ModelDeciderSchema.safeParse({ id: 'x', ...server, extra }).success;
    expect([fields({ top_p: 0.5 }), fields({ stream: true }), fields({ tools: [] })]).toEqual([
      ...[true, false, false],
    ]);
  });

  test("a vendor's key goes to no other address", () => {
    for (const provider of ['openai', 'anthropic', 'openai-compatible'] as const) {
      const elsewhere = { provider, model: 'gpt-6-luna', baseUrl: 'https://llm.example.org' };
      expect(resolve(elsewhere).keyEnv).toBeNull();
    }
  });

  test('no key crosses a network in the open', () => {
    const plain = { id: 'x', provider: 'openai-compatible', model: 'm', keyEnv: 'MY_KEY' };
    const accepts = (baseUrl: string) =>
      ModelDeciderSchema.safeParse({ ...plain, baseUrl }).success;
    expect(accepts('http://llm.example.org/v1')).toBe(false);
    expect(accepts('http://127.0.0.1:8080/v1')).toBe(true);
    expect(accepts('file:///etc/passwd')).toBe(false);
    expect(accepts('https://ann:sk-1@llm.example.org/v1')).toBe(false);
    expect(accepts('llm.example.org')).toBe(false);
  });

  test('refuses what could never work', () => {
    expect(() => resolve({ provider: 'openai-compatible', model: 'm' })).toThrow('needs a baseUrl');
    expect(() => resolve({ provider: 'openai', model: 'gpt-6.1-sol', effort: 'none' })).toThrow(
      'takes an effort of low, medium',
    );
  });

  test('the catalogue holds together', () => {
    for (const model of MODELS) {
      expect(VENDORS.map((v) => v.name)).toContain(model.vendor);
      if (model.effort !== null) expect(model.effort.values).toContain(model.effort.use);
      expect(model.prices.map((p) => p.from)).toEqual([...model.prices.map((p) => p.from)].sort());
    }
    expect(new Set(MODELS.map((m) => `${m.api} ${m.id}`)).size).toBe(MODELS.length);
  });
});
