import { expect, test } from 'vitest';
import { ada, after, drawdown, HOUR, NOON } from './desk-state.fixture.ts';
import { deskStanding, type DeskEvent } from './desk-state.ts';

test.each<[DeskEvent, string, string]>([
  [{ kind: 'pause', atMs: NOON, ...ada, untilMs: null }, 'person', 'ada'],
  [{ kind: 'halt', atMs: NOON, ...ada }, 'person', 'ada'],
  [{ kind: 'flatten', atMs: NOON, ...ada }, 'person', 'ada'],
  [{ kind: 'reconcile-difference', atMs: NOON, why: 'BTC' }, 'reconcile', 'reconciliation'],
  [{ kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 }, 'day', 'risk'],
  [drawdown('pause', 10), 'drawdown', 'risk'],
  [drawdown('reduce', 15), 'drawdown', 'risk'],
  [drawdown('halt', 20), 'drawdown', 'risk'],
])('%o locks for a cause, by somebody', (event, cause, who) => {
  const { locks } = after([event]);
  expect(locks.length).toBeGreaterThan(0);
  for (const lock of locks) expect(lock).toMatchObject({ cause, who });
});

test('a reduction that comes in a pause for drawdown stays after it', () => {
  const events = [drawdown('pause', 10), drawdown('reduce', 15, NOON + HOUR)];
  expect(deskStanding(after(events)).mode).toBe('paused');
  // the pause is over 24 hours after it began: half size is left
  const ended: DeskEvent = { kind: 'clock', atMs: NOON + 24 * HOUR };
  expect(deskStanding(after([...events, ended])).mode).toBe('reduced');
});

test('a halt by a person takes the place of that person’s pause', () => {
  const { locks } = after([
    { kind: 'pause', atMs: NOON, ...ada, untilMs: null },
    { kind: 'halt', atMs: NOON + 1, ...ada },
  ]);
  expect(locks.map((lock) => lock.mode)).toEqual(['halted']);
});
