import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { combineDecisions } from '../../shared/consensus/combine.ts';
import { ConsensusSettingsSchema } from '../../shared/consensus/settings.ts';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { parseDecision } from '../../shared/llm/parse-decision.ts';
import { buildPrompt } from '../../shared/prompts/build-prompt.ts';
import { exampleSnapshot } from '../../shared/prompts/example-snapshot.fixture.ts';
import { RiskLimitsSchema } from '../../shared/risk/limits.ts';
import { decision, SNAPSHOT } from './llm-desk.ts';

const injections = JSON.parse(
  readFileSync(join(import.meta.dirname, 'injections.json'), 'utf8'),
) as { name: string; text: string }[];

const promptWith = (text: string): string =>
  buildPrompt('triplegain-3', {
    snapshot: { ...exampleSnapshot, lessons: [text], missing: { orderBook: text } },
    snapshotHash: SNAPSHOT,
    limits: RiskLimitsSchema.parse({}),
  }).user;

describe.each(injections)('$name', ({ text }) => {
  test('stays one line of quoted data between the marks', () => {
    const user = promptWith(text);
    const harmless = promptWith('calm');
    expect(user.split('\n')).toHaveLength(harmless.split('\n').length);
    const changed = user.split('\n').filter((line, n) => line !== harmless.split('\n')[n]);
    for (const line of changed) {
      const quoted = /^- (?:orderBook: )?(".*")$/.exec(line)?.[1];
      expect(typeof JSON.parse(quoted ?? 'null')).toBe('string');
      expect(line).not.toMatch(/[\p{Cf}\p{Cc}<>`]/u);
    }
  });

  test('an answer that repeats it is no decision', () => {
    expect(parseDecision(text, ['long', 'hold']).kind).toBe('invalid');
    const around = `${JSON.stringify(decision)}\n${text}`;
    expect(parseDecision(around, ['long', 'hold']).kind).toBe('invalid');
  });

  test('a model that obeys it, alone, changes no order', () => {
    const obedient = { ...decision, confidence: 1, sizePct: 100, leverage: 10, reasoning: text };
    const answers: DeciderAnswer[] = [1, 2, 3, 4, 5, 6].map((n) => ({
      kind: 'answered',
      decider: `m${n}`,
      decision: n === 1 ? obedient : { ...decision, action: 'hold', stopLossPct: null },
    }));
    const settings = ConsensusSettingsSchema.parse({ quorum: 4, mostAgainst: 1 });
    const roster = answers.map((a) => a.decider);
    expect(combineDecisions('quorum', answers, roster, settings).action).toBe('hold');
  });
});

test('its wishes shrink those of the others, never grow them', () => {
  const greedy = { ...decision, sizePct: 100, leverage: 10 };
  const modest = { ...decision, sizePct: 20, leverage: 1 };
  const answers: DeciderAnswer[] = [greedy, modest, modest, modest].map((d, n) => ({
    ...{ kind: 'answered', decider: `m${n}` },
    decision: d,
  }));
  const settings = ConsensusSettingsSchema.parse({ quorum: 4 });
  const merged = combineDecisions(
    'quorum',
    answers,
    answers.map((a) => a.decider),
    settings,
  );
  expect(merged.decision).toMatchObject({ sizePct: 20, leverage: 1 });
});
