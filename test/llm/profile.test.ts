import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProfile } from '../../cli/load-profile.ts';
import { variantsOf } from '../../shared/arena/variants.ts';
import { combineDecisions } from '../../shared/consensus/combine.ts';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { modelAsks, withoutKey } from '../../shared/llm/model-asks.ts';
import { ProfileSchema, rosterOf } from '../../shared/profile.ts';
import { decision } from './llm-desk.ts';

const desk = (name: string) => loadProfile(join(import.meta.dirname, '..', '..', 'desks', name));
const models = desk('triplegain-models.yaml');

describe('the desk of six models', () => {
  test('six vote, two strategies are asked beside them', () => {
    expect(rosterOf(models)).toEqual([
      ...['gpt', 'claude-opus', 'claude-sonnet', 'grok', 'deepseek', 'qwen'],
    ]);
    expect(models.deciders.map((d) => d.id).slice(6)).toEqual(['trend', 'breakout']);
    expect(Object.keys(modelAsks('d', models))).toEqual(rosterOf(models));
  });

  test('differs from the first desk in its deciders, its rebalancing, its bag and its margin alone', () => {
    const { name: _n, deciders: _d, consensus: _c, llm: _l, ...trades } = models;
    const { rebalance: _r, bag: _b, margin, ...rest } = trades;
    expect(margin).toEqual({ leverage: 2 });
    expect(desk('triplegain.yaml')).toMatchObject(rest);
  });

  test('says which keys are missing, and needs none for the local model', () => {
    expect(withoutKey(models, (name) => (name === 'XAI_API_KEY' ? 'k' : undefined))).toEqual([
      'gpt is absent: no key for openai (set OPENAI_API_KEY)',
      'claude-opus is absent: no key for anthropic (set ANTHROPIC_API_KEY)',
      'claude-sonnet is absent: no key for anthropic (set ANTHROPIC_API_KEY)',
      'deepseek is absent: no key for deepseek (set DEEPSEEK_API_KEY)',
    ]);
    expect(withoutKey(desk('triplegain.yaml'), () => undefined)).toEqual([]);
  });

  test('is decided by the trend strategy when no model answers, and by models when one does', () => {
    const { kind, ...rule } = models.consensus;
    const settings = { ...rule, valueGate: { costPct: 0.8, margin: 0 } };
    const absent = rosterOf(models).map((decider): DeciderAnswer => ({
      ...{ kind: 'absent', decider, cause: 'no key' },
    }));
    const trend: DeciderAnswer = { kind: 'answered', decider: 'trend', decision };
    const of = (answers: DeciderAnswer[]) =>
      combineDecisions(kind, answers, rosterOf(models), settings).action;
    expect(of([...absent, trend])).toBe('long');
    expect(of([...absent.slice(1), { ...trend, decider: 'gpt' }, trend])).toBe('hold');
  });
});

describe('what a decider is asked with', () => {
  const profile = (deciders: object[]) => {
    const { llm: _l, ...rest } = models;
    return ProfileSchema.parse({ ...rest, deciders, consensus: { kind: 'quorum' } });
  };
  const gpt = { id: 'gpt', provider: 'openai', model: 'gpt-6.1-sol' };
  const trend = { id: 'trend', provider: 'strategy', strategy: 'trend', confidence: 0.65 };

  test('is stored with the profile, so that another default later means nothing else', () => {
    expect(profile([gpt]).llm?.prompt).toBe('triplegain-3');
    expect(profile([trend]).llm).toBeUndefined();
  });

  test('names what its results are kept by: model, depth of thought and version of the prompt', () => {
    const before = { ...gpt, id: 'before', prompt: 'triplegain-1', votes: false };
    const deep = { ...gpt, id: 'deep', effort: 'high' };
    expect(variantsOf(profile([gpt, before, deep, trend]))).toEqual({
      gpt: 'gpt-6.1-sol, triplegain-3',
      before: 'gpt-6.1-sol, triplegain-1',
      deep: 'gpt-6.1-sol at high, triplegain-3',
      trend: 'trend',
    });
  });
});

describe('a profile is refused', () => {
  const { llm: _l, ...base } = models;
  const mistakes: [string, object, string][] = [
    [
      'with a model nobody knows and no address',
      { deciders: [{ id: 'a', provider: 'openai-compatible', model: 'm' }] },
      'needs a baseUrl',
    ],
    ['with a fallback that is no decider', { consensus: { fallback: 'trnd' } }, 'names no decider'],
    ['with a quorum that only voters beside it could fill', { consensus: { quorum: 7 } }, 'roster'],
    ['with a key in it', { deciders: [{ ...models.deciders[0], key: 'sk-1' }] }, 'key'],
  ];
  test.each(mistakes)('%s', (_, change, said) => {
    const parsed = ProfileSchema.safeParse({ ...base, ...change });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(said);
  });
});
