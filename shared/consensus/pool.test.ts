import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pooledProbability, scoreWeights, type Forecast } from './pool.ts';
import type { DeciderRecord } from './settings.ts';

const record = (cases: number, brier: number, change: Partial<DeciderRecord> = {}) => ({
  ...{ resolved: cases, independent: cases, brierSum: cases * brier, alpha: 0, beta: 1 },
  ...change,
});

describe('weights', () => {
  const cases: { name: string; records: (DeciderRecord | null)[]; weights: number[] }[] = [
    { name: 'nothing known of anybody', records: [null, null], weights: [0.5, 0.5] },
    { name: 'one alone', records: [record(900, 0.4)], weights: [1] },
    {
      // k = 10/210; raw e^(2 * 10 * 0.05) to e^-1, so 0.881 of it: 0.0476 * 0.881 + 0.952 / 2
      name: 'few cases: next to equal',
      records: [record(10, 0.2), record(10, 0.3)],
      weights: [0.518, 0.482],
    },
    {
      // k = 2/3, raw 1 to e^-80: 2/3 + 1/6
      name: 'many cases: the better one',
      records: [record(400, 0.2), record(400, 0.3)],
      weights: [0.833, 0.167],
    },
    {
      // the third keeps its 1/3; the others share 2/3 as above: 2/3 * 0.833
      name: 'an unproven one has the equal share',
      records: [record(400, 0.2), record(400, 0.3), null],
      weights: [0.556, 0.111, 0.333],
    },
    {
      // cases that overlap are no evidence: 40 of 400 are independent, k = 1/6, raw e^4 to e^-4
      name: 'what overlaps counts once',
      records: [record(400, 0.2, { independent: 40 }), record(400, 0.3, { independent: 40 })],
      weights: [0.583, 0.417],
    },
  ];
  test.each(cases)('$name', ({ records, weights }) => {
    expect(scoreWeights(records).map((w) => Number(w.toFixed(3)))).toEqual(weights);
  });

  const anyRecord = fc
    .record({
      resolved: fc.integer({ min: 0, max: 5000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      brier: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ resolved, share, brier }) => {
      const independent = resolved === 0 ? 0 : Math.max(1, Math.floor(share * resolved));
      return record(resolved, brier, { independent });
    });
  const some = fc.array(fc.option(anyRecord), { minLength: 1, maxLength: 8 });

  test('add to 1, none below 0, and the unproven have the equal share', () => {
    fc.assert(
      fc.property(some, (records) => {
        const weights = scoreWeights(records);
        expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        records.forEach((r, m) => {
          expect(weights[m]).toBeGreaterThanOrEqual(0);
          if ((r?.resolved ?? 0) === 0) expect(weights[m]).toBeCloseTo(1 / records.length, 12);
        });
      }),
      { numRuns: 5000 },
    );
  });

  test('of as many cases, the worse score never has the greater weight', () => {
    const twins = fc.tuple(
      some,
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(twins, ([others, n, one, other]) => {
        const [better, worse] = [Math.min(one, other), Math.max(one, other)];
        const weights = scoreWeights([record(n, better), record(n, worse), ...others]);
        expect(weights[0]).toBeGreaterThanOrEqual(weights[1]! - 1e-12);
      }),
      { numRuns: 5000 },
    );
  });

  test('a score that gets worse never gains weight', () => {
    fc.assert(
      fc.property(some, anyRecord, fc.double({ min: 0, max: 1, noNaN: true }), (rest, r, more) => {
        const worse = { ...r, brierSum: Math.min(r.resolved, r.brierSum + more * r.resolved) };
        const [before] = scoreWeights([r, ...rest]);
        const [after] = scoreWeights([worse, ...rest]);
        expect(after).toBeLessThanOrEqual(before! + 1e-12);
      }),
      { numRuns: 5000 },
    );
  });

  test('are as near to equal as little is known: no further off than k / M and its rest', () => {
    fc.assert(
      fc.property(some, (records) => {
        const weights = scoreWeights(records);
        const M = records.length;
        const earned = records.map((r) => (r === null ? 0 : r.independent / (r.independent + 200)));
        const all = earned.reduce((a, b) => a + b, 0);
        weights.forEach((w, m) => {
          expect(w).toBeGreaterThanOrEqual((1 - earned[m]!) / M - 1e-12);
          expect(w).toBeLessThanOrEqual((1 - earned[m]! + all) / M + 1e-12);
        });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the pool', () => {
  const says = (vote: Forecast['vote'], confidence = 0.9, of: DeciderRecord | null = null) => ({
    ...{ vote, confidence, record: of },
  });

  test('equal weights without records, log-odds halved', () => {
    // logit 0.9 = 2.197; each of two has weight 1/2 and beta 1/2, so the pool stands at 1.099: p = 0.75
    expect(pooledProbability('long', [says('long'), says('long')], 1)).toBeCloseTo(0.75, 10);
    // one absent: half of it, sqrt(3) / (1 + sqrt(3)) = 0.634
    expect(pooledProbability('long', [says('long'), says('absent')], 1)).toBeCloseTo(0.634, 3);
  });

  test('a decider is recalibrated by its own fit, for a short as for a long', () => {
    const exact = record(100, 0.24);
    const tooSure = { ...exact, alpha: -1, beta: 0.5 };
    for (const side of ['long', 'short'] as const) {
      expect(pooledProbability(side, [says(side, 0.9, exact)], 1)).toBeCloseTo(0.9, 10);
      // -1 + 2.197 / 2 = 0.0986
      expect(pooledProbability(side, [says(side, 0.9, tooSure)], 1)).toBeCloseTo(0.5246, 4);
    }
  });

  test('that a long fails is no case for a short', () => {
    const doubts = [says('hold', 0.1), says('hold', 0.1)];
    // -1.099: p = 0.25
    expect(pooledProbability('long', doubts, 1)).toBeCloseTo(0.25, 10);
    expect(pooledProbability('short', doubts, 1)).toBe(0.5);
    // one that is known to be wrong when it says long
    const wrong = [says('long', 0.9, { ...record(400, 0.6), alpha: -2, beta: 0 })];
    expect(pooledProbability('short', wrong, 1)).toBe(0.5);
  });

  test('never favours both sides', () => {
    const forecast = fc.record({
      vote: fc.constantFrom('long', 'short', 'hold', 'close', 'absent'),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      record: fc.option(
        fc.record({
          resolved: fc.constant(300),
          independent: fc.integer({ min: 1, max: 300 }),
          brierSum: fc.double({ min: 0, max: 300, noNaN: true }),
          alpha: fc.double({ min: -3, max: 3, noNaN: true }),
          beta: fc.double({ min: 0, max: 3, noNaN: true }),
        }),
      ),
    });
    fc.assert(
      fc.property(fc.array(forecast, { maxLength: 6 }), (all) => {
        const of = (side: 'long' | 'short') => pooledProbability(side, all, 1) > 0.5 + 1e-12;
        expect(of('long') && of('short')).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });
});
