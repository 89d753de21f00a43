import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logOdds, probabilityOf } from './log-odds.ts';
import { recalibration, type SaidAndCame } from './recalibration.ts';

const at = (confidence: number, count: number, hits: number): SaidAndCame => ({
  ...{ confidence, count, hits },
});

describe('recalibration', () => {
  const cases: {
    name: string;
    cases: SaidAndCame[];
    independent: number;
    alpha: number;
    beta: number;
  }[] = [
    { name: 'nothing known: the half', cases: [], independent: 0, alpha: 0, beta: 0.5 },
    {
      // logit 0.5 = 0, so beta stays; alpha: 10 a + 40 p(a) - 20 = 0 at a = 0
      name: 'half said and half come',
      cases: [at(0.5, 40, 20)],
      ...{ independent: 40, alpha: 0, beta: 0.5 },
    },
    {
      // 10 a + 40 / (1 + e^-a) = 0: 40 / (1 + 2.8366) = 10.426
      name: 'never comes',
      cases: [at(0.5, 40, 0)],
      ...{ independent: 40, alpha: -1.0426, beta: 0.5 },
    },
    {
      // 100,000 cases: logit 0.3 = -0.847 at logit 0.4 = -0.405, 0.847 at 0.405, so beta = 2.09
      name: 'many cases: what they say',
      cases: [at(0.4, 50_000, 15_000), at(0.6, 50_000, 35_000)],
      ...{ independent: 100_000, alpha: 0, beta: 2.088 },
    },
    {
      // the surer the seldomer: beta 0 and the hit rate 0.4, logit -0.405
      name: 'the opposite is not bought',
      cases: [at(0.3, 50_000, 30_000), at(0.8, 50_000, 10_000)],
      ...{ independent: 100_000, alpha: -0.4054, beta: 0 },
    },
  ];
  test.each(cases)('$name', ({ cases: said, independent, alpha, beta }) => {
    const fit = recalibration(said, independent);
    expect(fit.alpha).toBeCloseTo(alpha, 3);
    expect(fit.beta).toBeCloseTo(beta, 2);
  });

  test('cases that overlap move it as little as the independent ones of them', () => {
    const few = recalibration([at(0.7, 20, 4)], 20);
    expect(recalibration([at(0.7, 200, 40)], 20)).toEqual(few);
    expect(recalibration([at(0.7, 200, 40)], 200).alpha).toBeLessThan(few.alpha);
  });

  test('comes near to the rate as cases come in', () => {
    const of = (cases: number): number => {
      const { alpha, beta } = recalibration([at(0.7, cases, 0.3 * cases)], cases);
      return Number(probabilityOf(alpha + beta * logOdds(0.7)).toFixed(2));
    };
    expect([0, 10, 40, 100, 400].map(of)).toEqual([0.6, 0.51, 0.41, 0.36, 0.32]);
  });

  const some = fc.array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      )
      .map(([percent, count, rate]) => at(percent / 100, count, Math.round(rate * count))),
    { minLength: 1, maxLength: 12 },
  );

  test('finds the least of what it minimises: no neighbour is better', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0.01, max: 1, noNaN: true }), (said, share) => {
        const all = said.reduce((sum, c) => sum + c.count, 0);
        const { alpha, beta } = recalibration(said, share * all);
        const loss = (a: number, b: number): number =>
          5 * (a * a + (b - 0.5) ** 2) +
          said.reduce((sum, { confidence, count, hits }) => {
            const z = a + b * logOdds(confidence);
            const p = probabilityOf(z);
            const tiny = Number.MIN_VALUE;
            return (
              sum - share * (hits * Math.log(p + tiny) + (count - hits) * Math.log(1 - p + tiny))
            );
          }, 0);
        const least = loss(alpha, beta);
        expect(beta).toBeGreaterThanOrEqual(0);
        for (const [da, db] of [
          [0.01, 0],
          [-0.01, 0],
          [0, 0.01],
          [0, -0.01],
        ] as const) {
          if (beta + db < 0) continue;
          expect(loss(alpha + da, beta + db)).toBeGreaterThan(least - 1e-6);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
