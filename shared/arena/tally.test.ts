import { describe, expect, test } from 'vitest';
import { foldTallies, recordsOfTallies, type SettledOf } from './fold-records.ts';

const settled = (change: Partial<SettledOf> & { fromMs: number; knownMs: number }): SettledOf => ({
  ...{ decider: 'a', variant: 'm, p1', pair: 'BTC/USDT', confidence: 0.7, hit: true },
  ...change,
});

describe('what is kept of a decider', () => {
  test('its cases, and how many of them did not overlap', () => {
    const tallies = foldTallies({}, [
      settled({ fromMs: 0, knownMs: 10 }),
      // made while the first was open
      settled({ fromMs: 5, knownMs: 12, hit: false }),
      settled({ fromMs: 9, knownMs: 20, confidence: 0.6 }),
      settled({ fromMs: 10, knownMs: 30 }),
      settled({ fromMs: 5, knownMs: 12, pair: 'XRP/USDT' }),
    ]);
    expect(tallies['a | m, p1']).toMatchObject({
      ...{ resolved: 5, independent: 3, counts: { '70': [4, 3], '60': [1, 1] } },
      untilMs: { 'BTC/USDT': 30, 'XRP/USDT': 12 },
    });
    // 0.09 + 0.49 + 0.16 + 0.09 + 0.09
    expect(tallies['a | m, p1']!.brierSum).toBeCloseTo(0.92, 12);
  });

  test('is the same in one go and bit by bit', () => {
    const all = Array.from({ length: 60 }, (_, n) =>
      settled({
        ...{ fromMs: n, knownMs: n + 1 + ((n * 7) % 13), hit: n % 3 === 0 },
        ...{ confidence: (n % 10) / 10, decider: n % 2 === 0 ? 'a' : 'b' },
      }),
    );
    let step = {};
    for (let now = 0; now <= 80; now++) {
      step = foldTallies(step, all.filter((each) => each.knownMs === now).reverse());
    }
    expect(step).toEqual(foldTallies({}, all));
  });

  test('belongs to a variant: a new model or prompt starts unproven', () => {
    const tallies = foldTallies({}, [
      settled({ fromMs: 0, knownMs: 10 }),
      settled({ fromMs: 0, knownMs: 10, decider: 'b' }),
    ]);
    const roster = ['b', 'a'];
    const was = recordsOfTallies(tallies, roster, { a: 'm, p1', b: 'm, p1' });
    expect(was.map((r) => [r.decider, r.resolved])).toEqual([
      ['b', 1],
      ['a', 1],
    ]);
    const now = recordsOfTallies(tallies, roster, { a: 'm, p2', b: 'm, p1' });
    expect(now).toMatchObject([
      { decider: 'b', resolved: 1 },
      { decider: 'a', variant: 'm, p2', resolved: 0, alpha: 0, beta: 0.5, weight: 0.5 },
    ]);
  });
});
