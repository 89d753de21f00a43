import { describe, expect, test } from 'vitest';
import { statusFailure } from './call-failure.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const failure = (status: number, headers: Record<string, string> = {}, body: unknown = {}) =>
  statusFailure(status, headers, typeof body === 'string' ? body : JSON.stringify(body), NOW);

describe('statusFailure', () => {
  test.each([
    ...[400, 401, 402, 403, 404, 413, 422].map((status) => [status, 1] as const),
    ...[408, 409, 499].map((status) => [status, 2] as const),
    ...[429, 500, 502, 503, 504, 529].map((status) => [status, 3] as const),
  ])('%i is worth %i calls', (status, calls) => {
    expect(failure(status).mostCalls).toBe(calls);
  });

  test.each([
    [{ error: { code: 'insufficient_quota', type: 'x' } }],
    [
      {
        type: 'error',
        error: { type: 'x', details: { error_code: 'enforced_spend_limit_reached' } },
      },
    ],
  ])('no money is no reason to wait: %j', (body) => {
    expect(failure(429, {}, body).mostCalls).toBe(1);
  });

  const waits: [string, Record<string, string>, unknown, number | null][] = [
    ['seconds', { 'retry-after': '7' }, {}, 7_000],
    ['milliseconds first', { 'retry-after': '7', 'retry-after-ms': '250' }, {}, 250],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, {}, 30_000],
    ['a date that is over', { 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, {}, 0],
    [
      "Google's body",
      {},
      [{ error: { code: 429, details: [{}, { retryDelay: '12.5s' }] } }],
      12_500,
    ],
    ['nothing', {}, {}, null],
    ['nonsense', { 'retry-after': 'soon' }, 'not JSON', null],
  ];
  test.each(waits)('waits as told by %s', (_, headers, body, ms) => {
    expect(failure(429, headers, body).retryAfterMs).toBe(ms);
  });

  test("of the provider's text only its code is told", () => {
    const body = { error: { code: 'invalid_api_key', message: 'Incorrect key sk-secret' } };
    expect(failure(401, {}, body).cause).toBe('401: the key was refused (invalid_api_key)');
    expect(failure(500, {}, { error: { type: 'x'.repeat(500) } }).cause.length).toBeLessThan(120);
  });

  test('what was refused was not billed', () => {
    expect([400, 401, 429].map((s) => failure(s).mayBeBilled)).toEqual([false, false, false]);
    expect([408, 500, 529].map((s) => failure(s).mayBeBilled)).toEqual([true, true, true]);
  });
});
