import { expect, test } from 'vitest';
import type { DeciderReport } from '../../activities/deciders/read-deciders.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import { LlmSettingsSchema } from '../../shared/llm/settings.ts';
import { plain } from '../paint.ts';
import { decidersText } from './deciders-text.ts';

const { budget } = LlmSettingsSchema.parse({});
type Report = DeciderReport & { record: UsedRecord | null };
const trend: Report = {
  record: null,
  ...{ decider: 'trend', model: null, promptVersion: null, isCurrent: true },
  ...{ answered: 12, absent: 0, lastAbsence: null, calls: 0, repairs: 0, builds: [] },
  ...{ meanLatencyMs: null, slowLatencyMs: null, inputTokens: 0, outputTokens: 0 },
  ...{ usd: '0', spentTodayUsd: '0' },
};
const gpt: Report = {
  // 0.1 + 0.4 * logit 0.7 = 0.439: 61 %
  record: {
    ...{ decider: 'gpt', variant: 'gpt-6.1-sol, triplegain-2', weight: 0.4321 },
    ...{ resolved: 40, independent: 9, brierSum: 9.2, alpha: 0.1, beta: 0.4 },
  },
  ...{ decider: 'gpt', model: 'gpt-6.1-sol', promptVersion: 'triplegain-2', isCurrent: true },
  ...{ answered: 10, absent: 2, lastAbsence: null, calls: 13, repairs: 1, builds: ['b'] },
  ...{ meanLatencyMs: 4_321, slowLatencyMs: 9_876, inputTokens: 48_000, outputTokens: 12_000 },
  ...{ usd: '0.4567', spentTodayUsd: '0.2' },
};
const capped: Report = {
  ...gpt,
  lastAbsence: {
    ...{ bar: '2026-01-05T12:00:00Z', pair: 'BTC/USDT' },
    cause:
      'the budget of this model today is used up: 9.99 of 10 USD spent, this call may cost 0.02',
  },
};

test('each decider in a line, models with what they cost and why they were absent', () => {
  const lines = decidersText([capped, trend], budget, plain).split('\n');
  expect(lines[1]).toMatch(
    /^gpt +gpt-6.1-sol +triplegain-2 +10 +2 +0.432 +61 % +2026-01-05 12:00 BTC\/USDT: the budget of this model today is used up/,
  );
  expect(lines[2]).toMatch(/^trend +- +- +12 +0 +- +-$/);
  expect(lines[5]).toMatch(
    /^gpt +triplegain-2 +13 +1 +4.3 s +9.9 s +48000 +12000 +0.46 USD +0.20 of 10$/,
  );
  expect(lines.at(-1)).toBe('models today: 0.20 of 20 USD');
});

test('what a decider was before stands in a line of its own', () => {
  const before = { ...gpt, promptVersion: 'triplegain-1', isCurrent: false, record: null };
  const lines = decidersText([gpt, { ...before, spentTodayUsd: '0.3' }], budget, plain).split('\n');
  expect(lines[2]).toMatch(/^gpt \(before\) +gpt-6.1-sol +triplegain-1 /);
  // 0.2 and 0.3: a day's cap does not begin anew with another prompt
  expect(lines.at(-1)).toBe('models today: 0.50 of 20 USD');
});

test('a desk of strategies has no cost', () => {
  expect(decidersText([trend], budget, plain)).not.toContain('USD');
  expect(decidersText([], budget, plain)).toBe('no decider was asked yet');
});
