import { expect, test } from 'vitest';
import { SHORT_NAMES } from './catalogue.ts';
import { namedDeciders } from './named-deciders.ts';
import { resolveModel } from './resolve-model.ts';
import type { DeciderProfile } from '../profile.ts';

const deciders: DeciderProfile[] = [
  { id: 'gpt', provider: 'openai', model: 'gpt-6-luna' },
  { id: 'claude-opus', provider: 'anthropic', model: 'claude-opus-5-5' },
  { id: 'claude-sonnet', provider: 'anthropic', model: 'claude-sonnet-5-5' },
  { id: 'trend', provider: 'strategy', strategy: 'trend', confidence: 0.6 },
];

test.each([
  ['gpt', ['gpt-6-luna']],
  ['claude', ['claude-opus-5-5', 'claude-sonnet-5-5']],
  ['claude-sonnet', ['claude-sonnet-5-5']],
  ['gpt-6-sol', ['gpt-6-sol']],
  ['grok', ['grok-4.6']],
  ['nobody', []],
])('%s', (name, models) => {
  const found = namedDeciders(name, { deciders });
  expect(found.map((d) => (d.provider === 'strategy' ? d.strategy : d.model))).toEqual(models);
  for (const decider of found) {
    if (decider.provider !== 'strategy') expect(resolveModel(decider).isListed).toBe(true);
  }
});

test('every short name is that of a listed model', () => {
  for (const name of Object.keys(SHORT_NAMES)) {
    expect(namedDeciders(name, { deciders: [] })).toMatchObject([{ model: SHORT_NAMES[name] }]);
  }
});

test('a strategy is a decider too', () => {
  expect(namedDeciders('trend', { deciders })).toEqual([deciders[3]]);
});
