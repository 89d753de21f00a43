import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deskMeasures } from './desk-measures.ts';
import {
  DRAWDOWN_BANDS,
  decides,
  deskStanding,
  deskStateAfter,
  newDeskState,
  nextUnlock,
  resetsHighWaterMark,
  type DeskEvent,
  type DeskState,
} from './desk-state.ts';
import { RiskLimitsSchema } from './limits.ts';
import { nextPeriod, periodStart, rollOvers } from './periods.ts';

const HOUR = 3_600_000;
/** A Wednesday. */
const NOON = Date.UTC(2026, 2, 4, 12);
const ada = { who: 'ada', why: 'lunch' };
const bob = { who: 'bob', why: 'looks wrong' };

function after(events: readonly DeskEvent[]): DeskState {
  return events.reduce(deskStateAfter, newDeskState(NOON));
}

const drawdown = (band: (typeof DRAWDOWN_BANDS)[number], pct: number, atMs = NOON): DeskEvent => ({
  kind: 'drawdown',
  atMs,
  band,
  pct,
  pauseHours: 24,
});

describe('desk states', () => {
  const cases: { name: string; events: DeskEvent[]; mode: string; untilMs?: number | null }[] = [
    { name: 'starts running', events: [], mode: 'running' },
    {
      name: 'a pause without a time lasts until a person',
      events: [
        { kind: 'pause', atMs: NOON, ...ada, untilMs: null },
        { kind: 'clock', atMs: NOON + 1000 * HOUR },
      ],
      mode: 'paused',
    },
    {
      name: 'a timed pause stands a millisecond before its end',
      events: [
        { kind: 'pause', atMs: NOON, ...ada, untilMs: NOON + HOUR },
        { kind: 'clock', atMs: NOON + HOUR - 1 },
      ],
      mode: 'paused',
      untilMs: NOON + HOUR,
    },
    {
      name: 'a timed pause ends at its time',
      events: [
        { kind: 'pause', atMs: NOON, ...ada, untilMs: NOON + HOUR },
        { kind: 'clock', atMs: NOON + HOUR },
      ],
      mode: 'running',
    },
    {
      name: 'a pause whose time has passed is none',
      events: [{ kind: 'pause', atMs: NOON, ...ada, untilMs: NOON }],
      mode: 'running',
    },
    {
      name: 'a halt is not loosened by a pause',
      events: [
        { kind: 'halt', atMs: NOON, ...ada },
        { kind: 'pause', atMs: NOON, ...bob, untilMs: NOON + HOUR },
        { kind: 'clock', atMs: NOON + 2 * HOUR },
      ],
      mode: 'halted',
    },
    {
      name: 'a person resumes a halt',
      events: [
        { kind: 'halt', atMs: NOON, ...ada },
        { kind: 'resume', atMs: NOON + 1, ...bob },
      ],
      mode: 'running',
    },
    {
      name: 'a resume does not interrupt a flattening',
      events: [
        { kind: 'flatten', atMs: NOON, ...ada },
        { kind: 'resume', atMs: NOON + 1, ...bob },
      ],
      mode: 'flattening',
    },
    {
      name: 'a flattened desk is halted',
      events: [
        { kind: 'flatten', atMs: NOON, ...ada },
        { kind: 'flat', atMs: NOON + 1 },
      ],
      mode: 'halted',
    },
    {
      name: 'a drawdown of the first band pauses for its hours',
      events: [drawdown('pause', 10)],
      mode: 'paused',
      untilMs: NOON + 24 * HOUR,
    },
    {
      name: 'it does not pause again while the drawdown stays',
      events: [drawdown('pause', 10), drawdown('pause', 12, NOON + 25 * HOUR)],
      mode: 'running',
    },
    {
      name: 'it pauses again after the drawdown had left the bands',
      events: [
        drawdown('pause', 10),
        drawdown('none', 8, NOON + 25 * HOUR),
        drawdown('pause', 10, NOON + 26 * HOUR),
      ],
      mode: 'paused',
      untilMs: NOON + 50 * HOUR,
    },
    {
      name: 'the second band reduces',
      events: [drawdown('pause', 10), drawdown('reduce', 15, NOON + 25 * HOUR)],
      mode: 'reduced',
    },
    {
      name: 'both bands at once pause, and reduce when the pause is over',
      events: [drawdown('reduce', 16), { kind: 'clock', atMs: NOON + 24 * HOUR }],
      mode: 'reduced',
    },
    {
      name: 'a resume leaves it reduced',
      events: [drawdown('reduce', 16), { kind: 'resume', atMs: NOON + 1, ...ada }],
      mode: 'reduced',
    },
    {
      name: 'recovery ends the reduction',
      events: [drawdown('reduce', 16), drawdown('pause', 14, NOON + 25 * HOUR)],
      mode: 'running',
    },
    { name: 'the last band flattens', events: [drawdown('halt', 20)], mode: 'flattening' },
    {
      name: 'a drawdown halt stands although prices recover',
      events: [
        drawdown('halt', 20),
        { kind: 'flat', atMs: NOON + 1 },
        drawdown('none', 3, NOON + 2),
      ],
      mode: 'halted',
    },
    {
      name: 'a loss limit pauses until the period ends',
      events: [{ kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5.2 }],
      mode: 'paused',
      untilMs: Date.UTC(2026, 2, 5),
    },
    {
      name: 'the end of the day does not end the week',
      events: [
        { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 10 },
        { kind: 'loss-limit', atMs: NOON, period: 'week', pct: 10 },
        { kind: 'roll-over', atMs: Date.UTC(2026, 2, 5), period: 'day' },
      ],
      mode: 'paused',
      untilMs: Date.UTC(2026, 2, 9), // the next Monday
    },
    {
      name: "the end of the day does not end a person's pause",
      events: [
        { kind: 'pause', atMs: NOON, ...ada, untilMs: null },
        { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 6 },
        { kind: 'roll-over', atMs: Date.UTC(2026, 2, 5), period: 'day' },
      ],
      mode: 'paused',
      untilMs: null,
    },
    {
      name: 'a person resumes from a loss limit, and it does not pause again that day',
      events: [
        { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 },
        { kind: 'resume', atMs: NOON + 1, ...ada },
        { kind: 'loss-limit', atMs: NOON + HOUR, period: 'day', pct: 6 },
      ],
      mode: 'running',
    },
    {
      name: 'but the week does',
      events: [
        { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 },
        { kind: 'resume', atMs: NOON + 1, ...ada },
        { kind: 'loss-limit', atMs: NOON + HOUR, period: 'week', pct: 10 },
      ],
      mode: 'paused',
      untilMs: Date.UTC(2026, 2, 9),
    },
    {
      name: 'and so does the next day',
      events: [
        { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 },
        { kind: 'resume', atMs: NOON + 1, ...ada },
        { kind: 'loss-limit', atMs: Date.UTC(2026, 2, 5), period: 'day', pct: 5 },
      ],
      mode: 'paused',
      untilMs: Date.UTC(2026, 2, 6),
    },
    {
      name: 'a difference halts, also after it is gone',
      events: [
        { kind: 'reconcile-difference', atMs: NOON, why: 'BTC: 1 in the ledger, 0.9 there' },
        { kind: 'reconciled', atMs: NOON + HOUR },
      ],
      mode: 'halted',
    },
  ];
  test.each(cases)('$name', ({ events, mode, untilMs }) => {
    const state = after(events);
    expect(deskStanding(state).mode).toBe(mode);
    if (untilMs !== undefined) expect(deskStanding(state).untilMs).toBe(untilMs);
    expect(decides(state)).toBe(mode === 'running' || mode === 'reduced');
  });

  test('says who and why of the strictest lock', () => {
    const state = after([
      { kind: 'halt', atMs: NOON, ...bob },
      { kind: 'loss-limit', atMs: NOON + 1, period: 'day', pct: 5 },
    ]);
    expect(deskStanding(state)).toEqual({
      mode: 'halted',
      sinceMs: NOON,
      untilMs: null,
      ...bob,
    });
  });

  test('says who resumed it, and why', () => {
    const state = after([
      { kind: 'halt', atMs: NOON, ...bob },
      { kind: 'resume', atMs: NOON + 5, ...ada },
    ]);
    expect(deskStanding(state)).toMatchObject({ mode: 'running', sinceMs: NOON + 5, ...ada });
  });

  test('is unreconciled from the difference until the next equal comparison', () => {
    const differing = after([{ kind: 'reconcile-difference', atMs: NOON, why: 'XRP' }]);
    expect(differing.reconciled).toBe(false);
    expect(deskStateAfter(differing, { kind: 'reconciled', atMs: NOON + 1 }).reconciled).toBe(true);
  });

  test('knows when the next lock ends', () => {
    const state = after([
      { kind: 'pause', atMs: NOON, ...ada, untilMs: NOON + 2 * HOUR },
      { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 },
      { kind: 'halt', atMs: NOON, ...bob },
    ]);
    expect(nextUnlock(state)).toBe(Date.UTC(2026, 2, 5)); // the halt took the place of ada's pause
    expect(nextUnlock(newDeskState(NOON))).toBe(null);
  });

  test('after a drawdown halt a resume starts the high-water mark anew, and only then', () => {
    const resume: DeskEvent = { kind: 'resume', atMs: NOON + 9, ...ada };
    const flattening = after([drawdown('halt', 21)]);
    const flat = deskStateAfter(flattening, { kind: 'flat', atMs: NOON + 1 });
    expect(resetsHighWaterMark(flattening, resume)).toBe(false);
    expect(resetsHighWaterMark(flat, resume)).toBe(true);
    expect(resetsHighWaterMark(after([drawdown('reduce', 16)]), resume)).toBe(false);
    const resumed = deskStateAfter(flat, resume);
    expect(deskStanding(resumed).mode).toBe('running');
    expect(resumed.drawdownBand).toBe('none');
  });
});

describe('measures', () => {
  const limits = RiskLimitsSchema.parse({});
  const level = { peakEquity: '1000', dayStartEquity: '1000' };
  const marks = { ...level, weekStartEquity: '1000', monthStartEquity: '1000' };
  const kinds = (equity: string, state = newDeskState(NOON)): string[] =>
    deskMeasures(state, { ...marks, equity }, limits, NOON).map((e) =>
      e.kind === 'loss-limit' ? e.period : e.kind === 'drawdown' ? e.band : e.kind,
    );

  const cases = [
    { equity: '1000', expected: [] },
    { equity: '1100', expected: [] },
    { equity: '950.01', expected: [] },
    { equity: '950', expected: ['day'] }, // exactly 5 %
    { equity: '900', expected: ['pause', 'day', 'week'] }, // 10 %
    { equity: '850', expected: ['reduce', 'day', 'week'] },
    { equity: '800', expected: ['halt', 'day', 'week', 'month'] },
  ];
  test.each(cases)('equity $equity of 1000', ({ equity, expected }) => {
    expect(kinds(equity)).toEqual(expected);
  });

  test('what a person resumed from is not told again in its period', () => {
    const paused = deskStateAfter(newDeskState(NOON), {
      kind: 'loss-limit',
      atMs: NOON,
      period: 'day',
      pct: 5,
    });
    expect(kinds('950', paused)).toEqual([]);
    expect(kinds('950', deskStateAfter(paused, { kind: 'resume', atMs: NOON, ...ada }))).toEqual(
      [],
    );
  });

  test('a loss limit that is told twice is one change', () => {
    const event = { kind: 'loss-limit' as const, atMs: NOON, period: 'day' as const, pct: 5 };
    const once = deskStateAfter(newDeskState(NOON), event);
    expect(deskStateAfter(once, { ...event, atMs: NOON + HOUR, pct: 6 })).toBe(once);
  });

  test.each<DeskEvent>([
    { kind: 'clock', atMs: NOON + HOUR },
    { kind: 'roll-over', atMs: NOON + HOUR, period: 'day' },
    { kind: 'reconciled', atMs: NOON },
    { kind: 'flat', atMs: NOON },
    drawdown('none', 1),
    { kind: 'pause', atMs: NOON, ...ada, untilMs: NOON - 1 },
  ])('$kind changes nothing in a desk that runs', (event) => {
    const running = newDeskState(NOON);
    expect(deskStateAfter(running, event)).toBe(running);
  });

  test('says nothing twice', () => {
    const once = deskMeasures(newDeskState(NOON), { ...marks, equity: '900' }, limits, NOON).reduce(
      deskStateAfter,
      newDeskState(NOON),
    );
    expect(kinds('900', once)).toEqual([]);
  });
});

describe('periods', () => {
  test.each([
    // a Sunday night: the week that began on Monday the 2nd
    { at: Date.UTC(2026, 2, 8, 23, 59), week: Date.UTC(2026, 2, 2), next: Date.UTC(2026, 2, 9) },
    { at: Date.UTC(2026, 2, 9), week: Date.UTC(2026, 2, 9), next: Date.UTC(2026, 2, 16) },
    { at: Date.UTC(1970, 0, 1), week: Date.UTC(1969, 11, 29), next: Date.UTC(1970, 0, 5) },
  ])('weeks begin on Monday', ({ at, week, next }) => {
    expect(periodStart(at, 'week')).toBe(week);
    expect(nextPeriod(at, 'week')).toBe(next);
  });

  test('months end with the year', () => {
    expect(nextPeriod(Date.UTC(2025, 11, 31, 23), 'month')).toBe(Date.UTC(2026, 0, 1));
  });

  test('a night may end day, week and month, or nothing', () => {
    const sunday = Date.UTC(2026, 1, 28, 22);
    expect(rollOvers(sunday, sunday + HOUR)).toEqual([]);
    expect(rollOvers(sunday, Date.UTC(2026, 2, 1))).toEqual(['day', 'month']); // a Sunday
    expect(rollOvers(Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2))).toEqual(['day', 'week']);
    expect(rollOvers(sunday, Date.UTC(2026, 2, 2))).toEqual(['day', 'week', 'month']);
  });
});

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
