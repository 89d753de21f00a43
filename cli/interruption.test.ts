import { describe, expect, it } from 'vitest';
import { Interrupted, orInterrupted } from './interruption.ts';

describe('orInterrupted', () => {
  it('gives what the work gives, its failure too', async () => {
    const { signal } = new AbortController();
    expect(await orInterrupted(Promise.resolve(1), signal)).toBe(1);
    await expect(orInterrupted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('does not wait for work that never ends', async () => {
    const stopping = new AbortController();
    const waiting = orInterrupted(new Promise(() => {}), stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toThrow(Interrupted);
    await expect(orInterrupted(new Promise(() => {}), stopping.signal)).rejects.toThrow(
      Interrupted,
    );
  });
});
