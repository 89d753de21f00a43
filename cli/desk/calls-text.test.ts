import { expect, test } from 'vitest';
import type { RawCall } from '../../activities/deciders/read-calls.ts';
import { plain } from '../paint.ts';
import { briefCall, callsText, promptsText } from './calls-text.ts';

const answered: RawCall = {
  ...{ cycle: 'cycle/d/BTC/USDT/2026-01-05T12:00:00Z', decider: 'gpt', n: 1, purpose: 'decision' },
  ...{ provider: 'openai', model: 'gpt-6.1-sol', build: 'gpt-6.1-sol-0929', prompt: 'c0ffee' },
  ...{ promptVersion: 'triplegain-2', sentAt: '2026-11-21T10:00:01.250Z', state: 'answered' },
  ...{ source: 'live', latencyMs: 4_321, status: 200, failure: null, answerUsd: null },
  usage: { input: 3_000, cachedInput: 1_000, cacheWrite: 500, output: 800 },
  ...{ reservedUsd: '0.05000000', costUsd: '0.01400000' },
  ...{ request: { model: 'gpt-6.1-sol' }, headers: { 'x-request-id': 'r' }, response: '{"ok":1}' },
};
const cut: RawCall = {
  ...{ ...answered, decider: 'claude', build: null, state: 'failed', status: null, usage: null },
  ...{ costUsd: null, failure: 'the connection failed (ECONNRESET)', latencyMs: 90 },
};
const kept: RawCall = { ...answered, source: 'recorded', costUsd: '0', answerUsd: '0.014' };

test('each call in a line, with what it cost or may have cost', () => {
  const lines = callsText([answered, cut, kept], false, plain).split('\n');
  expect(lines[1]).toMatch(
    /^2026-11-21 10:00:01 +BTC\/USDT\/2026-01-05T12:00 +gpt +decision 1 +gpt-6.1-sol-0929 +triplegain-2 +answered 200 +4.3 s +3500 +1000 +800 +0.0140$/,
  );
  expect(lines[2]).toMatch(/failed +0.1 s +- +- +- +at most 0.0500 +the connection failed/);
  expect(lines[3]).toMatch(/kept answer .* 0 \(was 0.0140\)$/);
  // 0.014 + 0.05 + 0
  expect(lines.at(-1)).toBe('3 calls, 0.0640 USD');
  expect(callsText([], false, plain)).toBe('no model was asked');
});

test('what went over the wire is shown where it is asked for, and nowhere else', () => {
  const text = callsText([answered], true, plain);
  expect(text).toContain('"model": "gpt-6.1-sol"');
  expect(text).toContain('response {"ok":1}');
  expect(briefCall(answered)).not.toHaveProperty('request');
});

test('a prompt is told word for word', () => {
  const prompt = { version: 'triplegain-2', hash: 'c0ffee', tokens: 12, deciders: ['gpt'] };
  const text = promptsText([{ ...prompt, system: 'Rules.', user: 'Data.\nDecide.' }], plain);
  expect(text).toBe(
    'prompt triplegain-2, c0ffee\nsent to gpt; measures 12 tokens\n\n' +
      '--- system\nRules.\n--- user\nData.\nDecide.',
  );
});
