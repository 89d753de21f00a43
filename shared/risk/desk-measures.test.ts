import { describe, expect, test } from 'vitest';
import { deskMeasures } from './desk-measures.ts';
import { deskStateAfter, newDeskState } from './desk-state.ts';
import { RiskLimitsSchema } from './limits.ts';

/** A Wednesday. */
const NOON = Date.UTC(2026, 2, 4, 12);
const ada = { who: 'ada', why: 'lunch' };

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

  test('tells a loss although a person paused it, or another period is known', () => {
    const paused = deskStateAfter(newDeskState(NOON), {
      kind: 'pause',
      atMs: NOON,
      ...ada,
      untilMs: null,
    });
    expect(kinds('950', paused)).toEqual(['day']);
    const week = { kind: 'loss-limit' as const, atMs: NOON, period: 'week' as const, pct: 10 };
    const known = deskStateAfter(newDeskState(NOON), week);
    expect(kinds('950', known)).toEqual(['day']);
    const resumed = deskStateAfter(known, { kind: 'resume', atMs: NOON, ...ada });
    expect(kinds('950', resumed)).toEqual(['day']);
  });

  test('tells percent to two digits', () => {
    const told = deskMeasures(newDeskState(NOON), { ...marks, equity: '876.544' }, limits, NOON);
    // (1000 - 876.544) / 1000
    expect(told[0]).toEqual({
      kind: 'drawdown',
      atMs: NOON,
      band: 'pause',
      pct: 12.35,
      pauseHours: 24,
    });
    expect(told[1]).toEqual({ kind: 'loss-limit', atMs: NOON, period: 'day', pct: 12.35 });
  });

  test('a mark that was never set measures nothing', () => {
    const unset = {
      peakEquity: '0',
      dayStartEquity: '0',
      weekStartEquity: '0',
      monthStartEquity: '0',
    };
    for (const equity of ['5', '-5']) {
      expect(deskMeasures(newDeskState(NOON), { ...unset, equity }, limits, NOON)).toEqual([]);
    }
  });

  test('limits of 0 do not stop a desk that has lost nothing', () => {
    const zero = RiskLimitsSchema.parse({
      dailyLossPct: 0,
      drawdownPausePct: 0,
      drawdownReducePct: 0,
      drawdownHaltPct: 0,
    });
    expect(deskMeasures(newDeskState(NOON), { ...marks, equity: '1000' }, zero, NOON)).toEqual([]);
  });

  test('tells the loss of a new day although the last one was known', () => {
    const paused = deskStateAfter(newDeskState(NOON), {
      kind: 'loss-limit',
      atMs: NOON,
      period: 'day',
      pct: 5,
    });
    const nextDay = deskMeasures(paused, { ...marks, equity: '950' }, limits, Date.UTC(2026, 2, 5));
    expect(nextDay).toMatchObject([{ kind: 'loss-limit', period: 'day' }]);
  });

  test('says nothing twice', () => {
    const once = deskMeasures(newDeskState(NOON), { ...marks, equity: '900' }, limits, NOON).reduce(
      deskStateAfter,
      newDeskState(NOON),
    );
    expect(kinds('900', once)).toEqual([]);
  });
});
