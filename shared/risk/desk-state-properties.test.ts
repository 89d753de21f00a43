import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ada, bob, drawdown, HOUR, NOON } from './desk-state.fixture.ts';
import {
  DRAWDOWN_BANDS,
  deskStanding,
  deskStateAfter,
  newDeskState,
  type DeskEvent,
} from './desk-state.ts';

describe('whatever happens', () => {
  const at = fc.integer({ min: NOON, max: NOON + 1000 * HOUR });
  const period = fc.constantFrom('day' as const, 'week' as const, 'month' as const);
  const machine: fc.Arbitrary<DeskEvent> = fc.oneof(
    fc
      .record({ kind: fc.constant('pause' as const), atMs: at, untilMs: fc.option(at) })
      .map((e) => ({
        ...e,
        ...bob,
      })),
    fc.record({
      kind: fc.constant('drawdown' as const),
      atMs: at,
      band: fc.constantFrom(...DRAWDOWN_BANDS),
      pct: fc.constant(12),
      pauseHours: fc.constant(24),
    }),
    fc.record({ kind: fc.constant('loss-limit' as const), atMs: at, period, pct: fc.constant(6) }),
    fc.record({ kind: fc.constant('roll-over' as const), atMs: at, period }),
    fc.record({ kind: fc.constant('reconciled' as const), atMs: at }),
    fc.record({ kind: fc.constant('flat' as const), atMs: at }),
    fc.record({ kind: fc.constant('clock' as const), atMs: at }),
  );
  const stops: fc.Arbitrary<DeskEvent> = fc.constantFrom<DeskEvent>(
    { kind: 'halt', atMs: NOON, ...ada },
    { kind: 'flatten', atMs: NOON, ...ada },
    { kind: 'reconcile-difference', atMs: NOON, why: 'BTC' },
    drawdown('halt', 22),
  );

  test('only a person lets a stopped desk open again', () => {
    fc.assert(
      fc.property(fc.array(machine, { maxLength: 12 }), stops, (rest, stop) => {
        const state = [stop, ...rest].reduce(deskStateAfter, newDeskState(NOON));
        return ['halted', 'flattening'].includes(deskStanding(state).mode);
      }),
      { numRuns: 20_000 },
    );
  });

  test('an event that is told twice changes nothing more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(machine, stops), { maxLength: 8 }),
        machine,
        (before, event) => {
          const once = deskStateAfter(before.reduce(deskStateAfter, newDeskState(NOON)), event);
          expect(deskStateAfter(once, event)).toEqual(once);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});
