import { describe, expect, test } from 'vitest';
import { after, ada, bob, drawdown, HOUR, NOON } from './desk-state.fixture.ts';
import {
  decides,
  deskStanding,
  deskStateAfter,
  newDeskState,
  nextUnlock,
  resetsHighWaterMark,
  type DeskEvent,
} from './desk-state.ts';

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

  test('says since when and by whom it runs', () => {
    expect(deskStanding(newDeskState(NOON))).toEqual({
      mode: 'running',
      sinceMs: NOON,
      untilMs: null,
      who: 'desk',
      why: 'started',
    });
    expect(newDeskState(NOON).reconciled).toBe(true);
  });

  test('of two pauses the one that lasts longer is shown, whichever came first', () => {
    const day: DeskEvent = { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 };
    const week: DeskEvent = { kind: 'loss-limit', atMs: NOON, period: 'week', pct: 10 };
    const person: DeskEvent = { kind: 'pause', atMs: NOON, ...ada, untilMs: null };
    const shownOf = (...events: DeskEvent[]) => deskStanding(after(events)).why;
    expect(shownOf(day, week)).toBe('10 % lost this week');
    expect(shownOf(week, day)).toBe('10 % lost this week');
    expect(shownOf(person, week)).toBe('lunch');
    expect(shownOf(week, person)).toBe('lunch');
  });

  test('of two equal locks the older one is shown', () => {
    const first: DeskEvent = { kind: 'reconcile-difference', atMs: NOON, why: 'BTC' };
    const second: DeskEvent = { kind: 'halt', atMs: NOON + 1, ...ada };
    expect(deskStanding(after([first, second])).why).toBe('BTC');
  });

  test('a second command of the same person takes the place of the first', () => {
    const again: DeskEvent = { kind: 'pause', atMs: NOON + 1, ...bob, untilMs: NOON + HOUR };
    const state = after([{ kind: 'pause', atMs: NOON, ...ada, untilMs: null }, again]);
    expect(state.locks).toHaveLength(1);
    expect(deskStanding(state)).toMatchObject({ ...bob, untilMs: NOON + HOUR });
    expect(state.changed).toEqual({ atMs: NOON + 1, ...bob });
  });

  test('risk says how far it fell', () => {
    expect(deskStanding(after([drawdown('pause', 10.4)]))).toMatchObject({
      who: 'risk',
      why: '10.4 % below the high-water mark',
    });
    expect(deskStanding(after([drawdown('halt', 21)]))).toMatchObject({
      who: 'risk',
      sinceMs: NOON,
    });
  });

  test('flattened is only what was flattening', () => {
    const paused: DeskEvent = { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 5 };
    const state = after([
      paused,
      { kind: 'flatten', atMs: NOON, ...ada },
      { kind: 'flat', atMs: NOON },
    ]);
    expect(state.locks.map((lock) => lock.mode)).toEqual(['paused', 'halted']);
  });

  test('a flattening beside another halt cannot be resumed', () => {
    const state = after([
      { kind: 'reconcile-difference', atMs: NOON, why: 'BTC' },
      drawdown('halt', 21),
    ]);
    const resume: DeskEvent = { kind: 'resume', atMs: NOON, ...ada };
    expect(deskStateAfter(state, resume)).toBe(state);
    expect(resetsHighWaterMark(state, resume)).toBe(false);
  });

  test('a repeated drawdown of the same band is no change', () => {
    const reduced = after([drawdown('reduce', 16)]);
    expect(deskStateAfter(reduced, drawdown('reduce', 17, NOON + 1))).toBe(reduced);
    const halted = after([drawdown('halt', 21)]);
    expect(deskStateAfter(halted, drawdown('reduce', 17, NOON + 1))).toBe(halted);
  });

  test('from the first band back to none leaves the pause that runs', () => {
    const state = after([drawdown('pause', 11), drawdown('none', 9, NOON + 1)]);
    expect(deskStanding(state).mode).toBe('paused');
    expect(state.drawdownBand).toBe('none');
  });

  test('from the second band a further fall still halts', () => {
    expect(deskStanding(after([drawdown('reduce', 16), drawdown('halt', 20)])).mode).toBe(
      'flattening',
    );
  });

  test('only a resume starts the mark anew', () => {
    const flat = after([drawdown('halt', 21), { kind: 'flat', atMs: NOON }]);
    expect(resetsHighWaterMark(flat, { kind: 'halt', atMs: NOON, ...ada })).toBe(false);
  });

  test('roll-over ends the waiver of its own period alone', () => {
    const state = after([
      { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 10 },
      { kind: 'loss-limit', atMs: NOON, period: 'week', pct: 10 },
      { kind: 'resume', atMs: NOON, ...ada },
    ]);
    expect(state.waived).toEqual([
      { period: 'day', untilMs: Date.UTC(2026, 2, 5) },
      { period: 'week', untilMs: Date.UTC(2026, 2, 9) },
    ]);
    const midnight = Date.UTC(2026, 2, 5);
    const next = deskStateAfter(state, { kind: 'roll-over', atMs: midnight, period: 'day' });
    expect(next.waived.map((w) => w.period)).toEqual(['week']);
    expect(deskStateAfter(state, { kind: 'clock', atMs: midnight - 1 })).toBe(state);
  });

  test('a resume waives nothing but loss limits', () => {
    const state = after([
      { kind: 'pause', atMs: NOON, ...ada, untilMs: null },
      drawdown('pause', 10),
      { kind: 'resume', atMs: NOON, ...bob },
    ]);
    expect(state.waived).toEqual([]);
    expect(state.locks).toEqual([]);
  });

  test('flat says nothing to a desk that is not flattening', () => {
    const paused = after([{ kind: 'pause', atMs: NOON, ...ada, untilMs: null }]);
    expect(deskStateAfter(paused, { kind: 'flat', atMs: NOON })).toBe(paused);
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

  test('the first of two ends comes next', () => {
    const state = after([
      { kind: 'loss-limit', atMs: NOON, period: 'week', pct: 10 },
      { kind: 'loss-limit', atMs: NOON, period: 'day', pct: 10 },
    ]);
    expect(nextUnlock(state)).toBe(Date.UTC(2026, 2, 5));
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

describe('an event without effect', () => {
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

  test('a loss limit that is told twice is one change', () => {
    const event = { kind: 'loss-limit' as const, atMs: NOON, period: 'day' as const, pct: 5 };
    const once = deskStateAfter(newDeskState(NOON), event);
    expect(deskStateAfter(once, { ...event, atMs: NOON + HOUR, pct: 6 })).toBe(once);
  });
});
