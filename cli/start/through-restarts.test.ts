import { expect, test } from 'vitest';
import { throughRestarts } from './through-restarts.ts';

const never = new AbortController().signal;

/** Fails once with each of `errors`, then answers. */
function failing(...errors: Error[]): () => Promise<string> {
  return () => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve('answer') : Promise.reject(error);
  };
}

test.each([
  ['a killed database', Object.assign(new Error('unexpected postmaster exit'), { code: '57P02' })],
  ['a cut connection', new Error('Connection terminated unexpectedly')],
  [
    'nobody there',
    new Error('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
  ],
  [
    'Temporal away',
    new Error('Failed to start Workflow', {
      cause: Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }),
    }),
  ],
])('a step is repeated: %s', async (_, error) => {
  await expect(throughRestarts(failing(error), never)).resolves.toBe('answer');
});

test('any other error is told at once', async () => {
  const error = Object.assign(new Error('relation "cycle" does not exist'), { code: '42P01' });
  await expect(throughRestarts(failing(error), never)).rejects.toBe(error);
});

test('who stops the start does not wait', async () => {
  const error = new Error('fetch failed');
  await expect(throughRestarts(failing(error), AbortSignal.abort())).rejects.toBe(error);
});
