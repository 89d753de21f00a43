import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { assertRoom, watchDisk } from './disk-space.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a start on a full disk is refused, with what to do', () => {
  expect(() => assertRoom('/home', () => 99_999_999)).toThrow(
    'the disk that holds /home has 99 MB left, a start needs 100: make room, or choose another folder with --home',
  );
  expect(() => assertRoom('/home', () => 100_000_000)).not.toThrow();
});

test('a disk that fills up is said once a minute, and that there is room again', () => {
  const lines: string[] = [];
  let left = 30_000_000;
  const stop = watchDisk(
    '/home',
    (line) => lines.push(line),
    () => left,
  );
  const said = (): string[] =>
    lines.splice(0).map((line) => line.replace(/.*(is full|again).*/, '$1'));
  vi.advanceTimersByTime(10_000);
  expect(said()).toEqual([]);
  left = 1_000_000;
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(['is full']);
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(['is full']);
  left = 30_000_000;
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual(['again']);
  stop();
  left = 0;
  vi.advanceTimersByTime(120_000);
  expect(said()).toEqual([]);
});
