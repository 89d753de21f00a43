import { describe, expect, test } from 'vitest';
import { RiskLimitsSchema, type RiskLimits } from './limits.ts';
import { limitsInForce, tightened, type Tightenings } from './standing-limits.ts';

const profile = RiskLimitsSchema.parse({});
const by = { atMs: 1000, who: 'ann', why: 'news' };
const asked = (of: RiskLimits, before: Tightenings, change: Record<string, number>) =>
  tightened(of, limitsInForce(of, before), change, by);

describe('a tightening', () => {
  test('holds in the running desk, with who, why, when and what it stands over', () => {
    const answer = asked(profile, {}, { riskPerTradePct: 0.5, capitalUsdt: 100 });
    expect(answer).toMatchObject({
      ...{ kind: 'tightened', limits: { riskPerTradePct: 0.5, capitalUsdt: 100, stopPct: 2 } },
      tightened: {
        riskPerTradePct: { value: 0.5, over: 1, ...by },
        capitalUsdt: { value: 100, over: null, ...by },
      },
    });
  });

  test('adds to those before it', () => {
    const before = { stopPct: { value: 1, over: 2, ...by } };
    expect(asked(profile, before, { heatPct: 3 })).toMatchObject({
      ...{ limits: { stopPct: 1, heatPct: 3 } },
      tightened: { stopPct: { value: 1 }, heatPct: { value: 3, over: 6 } },
    });
  });

  test('of nothing names no limit', () => {
    expect(asked(profile, {}, {})).toMatchObject({ kind: 'refused', limit: '' });
  });

  test.each([
    [{ stopPct: 1.5 }, 'stopPct may only be tightened: 1 stands, 1.5 was asked'],
    [
      { heatPct: 3, confidence: 0.5 },
      'confidence may only be tightened: 0.6 stands, 0.5 was asked',
    ],
    [{}, 'no limit is named'],
  ])('%o is refused whole', (change, reason) => {
    const before = { stopPct: { value: 1, over: 2, ...by } };
    expect(asked(profile, before, change)).toMatchObject({ kind: 'refused', reason });
  });
});

describe('after a start anew', () => {
  test('a tightening stands over the same profile', () => {
    const kept = { stopPct: { value: 1, over: 2, ...by } };
    expect(limitsInForce(profile, kept)).toEqual({
      ...{ limits: { ...profile, stopPct: 1 }, tightened: kept },
    });
  });

  test('another value in the profile ends it', () => {
    const kept = { stopPct: { value: 1, over: 2, ...by }, heatPct: { value: 3, over: 6, ...by } };
    const wider = RiskLimitsSchema.parse({ stopPct: 3 });
    expect(limitsInForce(wider, kept)).toEqual({
      ...{ limits: { ...wider, heatPct: 3 }, tightened: { heatPct: kept.heatPct } },
    });
  });

  test('bands that were tightened together stand together, in whatever order they are kept', () => {
    const band = (value: number, over: number) => ({ value, over, ...by });
    const kept = {
      drawdownHaltPct: band(8, 20),
      drawdownReducePct: band(6, 15),
      drawdownPausePct: band(4, 10),
    };
    expect(limitsInForce(profile, kept).limits).toMatchObject({
      ...{ drawdownPausePct: 4, drawdownReducePct: 6, drawdownHaltPct: 8 },
    });
  });

  test('one that the new profile contradicts is left out', () => {
    const kept = { drawdownPausePct: { value: 9, over: 10, ...by } };
    const stricter = RiskLimitsSchema.parse({ drawdownReducePct: 10, drawdownHaltPct: 10 });
    expect(limitsInForce(stricter, kept).limits.drawdownPausePct).toBe(9);
    const contradicting = { volatilityVeto: { value: 2.5, over: 3, ...by } };
    const other = RiskLimitsSchema.parse({ volatilityHalve: 2.8 });
    expect(limitsInForce(other, contradicting)).toEqual({ limits: other, tightened: {} });
  });
});
