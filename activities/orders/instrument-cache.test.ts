import { expect, test } from 'vitest';
import { instrumentCache } from './instrument-cache.ts';

const HOUR = 3_600_000;

function counted(isStepped: boolean) {
  let readings = 0;
  let nowMs = 0;
  const venue = {
    name: 'kraken',
    instruments: () => {
      readings += 1;
      return Promise.resolve([]);
    },
  };
  const cache = instrumentCache(venue, [], isStepped, () => nowMs);
  return {
    cache,
    readings: () => readings,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('in stepped time the fees of a venue time are those read at it, and read once', async () => {
  const { cache, readings } = counted(true);
  await Promise.all([cache.all(1 * HOUR), cache.all(1 * HOUR)]);
  await cache.all();
  expect(readings()).toBe(1);
  await cache.all(2 * HOUR);
  expect(readings()).toBe(2);
});

test('at real time the terms are read once an hour of the session', async () => {
  const { cache, readings, pass } = counted(false);
  await cache.all(1 * HOUR);
  await cache.all(2 * HOUR);
  expect(readings()).toBe(1);
  pass(HOUR + 1);
  await cache.all(3 * HOUR);
  expect(readings()).toBe(2);
});

test('a pair that the venue does not offer is named', async () => {
  await expect(counted(true).cache.of('DOGE/USDT')).rejects.toThrow(
    'kraken does not offer DOGE/USDT',
  );
});
