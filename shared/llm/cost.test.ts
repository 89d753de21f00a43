import { describe, expect, test } from 'vitest';
import { costUsd, mostUsd } from './cost.ts';
import type { Price } from './model-facts.ts';
import { usageOf, type TokenUsage } from './usage.ts';

const price: Price = {
  from: '2026-01-01',
  input: 2,
  cachedInput: 0.2,
  cacheWrite: 2.5,
  output: 10,
};
const usage = (change: Partial<TokenUsage>): TokenUsage => ({
  ...{ input: 0, cachedInput: 0, cacheWrite: 0, output: 0 },
  ...change,
});
const MONDAY_5 = Date.parse('2026-11-16T05:00:00Z');

describe('costUsd', () => {
  const peak = {
    peakHours: [
      [1, 4],
      [6, 10],
    ],
    factor: 0.5,
  } as const;
  const cases: [string, Price[], Partial<TokenUsage>, string, string][] = [
    // 5,000 * 2 / 1e6 + 1,500 * 10 / 1e6
    ['input and output', [price], { input: 5_000, output: 1_500 }, '2026-11-16T05:00:00Z', '0.025'],
    // 1,000 * 0.2 / 1e6 + 2,000 * 2.5 / 1e6
    [
      'caches',
      [price],
      { cachedInput: 1_000, cacheWrite: 2_000 },
      '2026-11-16T05:00:00Z',
      '0.0052',
    ],
    [
      'a long prompt doubles all of it',
      [{ ...price, long: { tokens: 1_000, input: 4, cachedInput: 0.4, output: 20 } }],
      { input: 2_000, output: 100 },
      '2026-11-16T05:00:00Z',
      '0.01',
    ],
    [
      'the price of its day',
      [price, { ...price, from: '2027-01-01', input: 4 }],
      { input: 1_000_000 },
      '2027-01-01T00:00:00Z',
      '4',
    ],
    ['at peak', [{ ...price, offPeak: peak }], { input: 1_000_000 }, '2026-11-16T06:00:00Z', '2'],
    ['off peak', [{ ...price, offPeak: peak }], { input: 1_000_000 }, '2026-11-16T05:00:00Z', '1'],
    [
      'at weekends',
      [{ ...price, offPeak: peak }],
      { input: 1_000_000 },
      '2026-11-15T06:00:00Z',
      '1',
    ],
    ['a model of one’s own', [], { input: 9_000, output: 9_000 }, '2026-11-16T05:00:00Z', '0'],
  ];
  test.each(cases)('%s', (_, prices, tokens, at, usd) => {
    expect(costUsd({ prices }, usage(tokens), Date.parse(at)).toFixed()).toBe(usd);
  });

  test('never above the reservation', () => {
    const facts = { prices: [price], maxOutputTokens: 8_000 };
    // 6,000 * 2.5 / 1e6 + 8,000 * 10 / 1e6
    expect(mostUsd(facts, 6_000).toFixed()).toBe('0.095');
    for (const part of ['input', 'cachedInput', 'cacheWrite'] as const) {
      const spent = costUsd(facts, usage({ [part]: 6_000, output: 8_000 }), MONDAY_5);
      expect(spent.lte(mostUsd(facts, 6_000))).toBe(true);
    }
  });
});

describe('usageOf', () => {
  test('Responses tell cached and written input within the input', () => {
    const told = {
      input_tokens: 1_000,
      output_tokens: 50,
      input_tokens_details: { cached_tokens: 300, cache_write_tokens: 200 },
    };
    expect(usageOf('responses', { usage: told })).toEqual({
      ...{ input: 500, cachedInput: 300, cacheWrite: 200, output: 50 },
    });
  });

  test('Messages tell them beside it', () => {
    const told = {
      ...{ input_tokens: 500, output_tokens: 50 },
      ...{ cache_read_input_tokens: 300, cache_creation_input_tokens: 200 },
    };
    expect(usageOf('messages', { usage: told })).toEqual({
      ...{ input: 500, cachedInput: 300, cacheWrite: 200, output: 50 },
    });
  });

  test('thinking that Chat Completions leave out of the completion is billed', () => {
    const told = {
      ...{ prompt_tokens: 2_640, completion_tokens: 182, total_tokens: 3_494 },
      completion_tokens_details: { reasoning_tokens: 672 },
    };
    expect(usageOf('chat', { usage: told })?.output).toBe(854);
    expect(usageOf('chat', { usage: { ...told, total_tokens: 2_822 } })?.output).toBe(182);
  });

  test('a cached prefix makes the prompt of Ollama small', () => {
    expect(usageOf('ollama', { eval_count: 20 })).toMatchObject({ input: 0, output: 20 });
  });

  test.each(['responses', 'messages', 'chat', 'ollama'] as const)('%s without usage', (api) => {
    expect(usageOf(api, {})).toBeNull();
    expect(usageOf(api, { usage: { input_tokens: 'many' } })).toBeNull();
  });
});
