import type pg from 'pg';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeskStatus } from '../../workflows/messages.ts';
import { loadProfile } from '../load-profile.ts';
import { paintFor } from '../paint.ts';
import { watchDesk } from './watch.ts';

const profile = loadProfile(join(import.meta.dirname, '..', '..', 'desks', 'triplegain.yaml'));
/** A database in which nothing was recorded. */
const pool = { query: () => Promise.resolve({ rows: [] }) } as unknown as pg.Pool;
const watch = (status: () => Promise<DeskStatus | null>, signal: AbortSignal) =>
  watchDesk({
    ...{ pool, desk: 'd', profile, status, signal },
    ...{ paint: paintFor({}, {}), print: () => {}, onProgress: () => {} },
  });
const at = (venueTimeMs: number, isEnded: boolean) =>
  ({ venueTimeMs, isEnded }) as Partial<DeskStatus> as DeskStatus;

test('tells at which venue time the prices ended, also where no end was asked for', async () => {
  const said = [null, at(1000, false), at(2000, true)];
  const ended = await watch(
    () => Promise.resolve(said.shift() ?? null),
    new AbortController().signal,
  );
  expect(ended).toEqual({ kind: 'ended', atMs: 2000 });
});

test('stops when it is told to, in the middle of a wait', async () => {
  const stopping = new AbortController();
  const stopped = watch(() => {
    setImmediate(() => stopping.abort());
    return Promise.resolve(null);
  }, stopping.signal);
  expect(await stopped).toEqual({ kind: 'stopped' });
});
