import { describe, expect, test } from 'vitest';
import { RiskLimitsSchema, tightenLimits, type RiskLimits } from './limits.ts';

const limits = RiskLimitsSchema.parse({});

describe('limits', () => {
  test('are the values of TripleGain where a profile says nothing', () => {
    expect(limits).toMatchObject({
      confidence: 0.6,
      stopPct: 2,
      rewardRisk: 2,
      riskPerTradePct: 1,
      leverage: 3,
      heatPct: 6,
      cooldownMinutes: 30,
      dailyLossPct: 5,
      weeklyLossPct: 10,
      monthlyLossPct: 20,
      drawdownPausePct: 10,
      drawdownReducePct: 15,
      drawdownHaltPct: 20,
    });
  });

  test.each<[string, object, string]>([
    ['an unknown name', { stopPercent: 2 }, 'stopPercent'],
    ['text', { stopPct: '2' }, 'expected number'],
    ['bands that fall', { drawdownPausePct: 16 }, 'drawdown bands must rise'],
    ['a halt before the reduction', { drawdownHaltPct: 12 }, 'drawdown bands must rise'],
    ['a veto before halving', { volatilityVeto: 1 }, 'volatilityHalve must not exceed'],
    ['a cluster of one', { clusters: [['BTC']] }, 'clusters'],
    ['no number', { heatPct: NaN }, 'NaN'],
  ])('refuse %s', (_name, change, message) => {
    const parsed = RiskLimitsSchema.safeParse(change);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).toContain(message);
  });

  test('a cluster may have many assets', () => {
    const clusters = [['BTC', 'ETH', 'SOL']];
    expect(RiskLimitsSchema.parse({ clusters })).toMatchObject({ clusters });
  });

  test('equal bands are allowed', () => {
    const same = { drawdownPausePct: 15, drawdownHaltPct: 15, volatilityHalve: 3 };
    expect(RiskLimitsSchema.parse(same)).toMatchObject(same);
  });
});

describe('tightening', () => {
  test.each<[Partial<RiskLimits>]>([
    [{ stopPct: 1 }],
    [{ stopPct: 2 }],
    [{ confidence: 0.8 }],
    [{ rewardRisk: 3, cooldownMinutes: 60, stopMinAtr: 2 }],
    [{ slippageBps: 10, drawdownPauseHours: 48 }],
    [{ capitalUsdt: 100 }],
    [{}],
  ])('%o is taken', (change) => {
    expect(tightenLimits(limits, change)).toEqual({
      kind: 'tightened',
      limits: { ...limits, ...change },
    });
  });

  test.each<[Record<string, unknown>, string, string]>([
    [{ stopPct: 2.1 }, 'stopPct', 'may only be tightened: 2 stands, 2.1 was asked'],
    [{ confidence: 0.5 }, 'confidence', 'may only be tightened'],
    [{ rewardRisk: 1 }, 'rewardRisk', 'may only be tightened'],
    [{ slippageBps: 0 }, 'slippageBps', 'may only be tightened'],
    [{ cooldownMinutes: 0 }, 'cooldownMinutes', 'may only be tightened'],
    [{ stopMinAtr: 0 }, 'stopMinAtr', 'may only be tightened'],
    [{ drawdownPauseHours: 1 }, 'drawdownPauseHours', 'may only be tightened'],
    [{ heatPct: NaN }, 'heatPct', 'may only be tightened'],
    [{ heatPct: '1' }, 'heatPct', 'may only be tightened'],
    [{ heatPct: undefined }, 'heatPct', 'may only be tightened'],
    [{ clusters: [] }, 'clusters', 'only be changed in the profile'],
    [{ nonsense: 1 }, 'nonsense', 'there is no limit "nonsense"'],
    [{ stopPct: -1 }, 'stopPct', '>0'],
    [{ drawdownHaltPct: 5 }, 'drawdownPausePct', 'drawdown bands must rise'],
    [{ volatilityVeto: 1 }, 'volatilityHalve', 'must not exceed volatilityVeto'],
    [{ stopPct: 1, heatPct: 7 }, 'heatPct', 'may only be tightened'],
  ])('%o is refused', (change, limit, reason) => {
    const answer = tightenLimits(limits, change);
    expect(answer).toMatchObject({ kind: 'refused', limit });
    expect(answer).toHaveProperty('reason', expect.stringContaining(reason));
  });

  test('a bound cannot be taken away again', () => {
    const bound = RiskLimitsSchema.parse({ capitalUsdt: 100 });
    expect(tightenLimits(bound, { capitalUsdt: null })).toMatchObject({
      kind: 'refused',
      reason: 'capitalUsdt may only be tightened: 100 stands, no bound was asked',
    });
  });
});
