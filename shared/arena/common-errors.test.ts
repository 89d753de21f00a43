import { describe, expect, it } from 'vitest';
import { commonErrors, commonErrorsWords, type Errors } from './common-errors.ts';

const errors = (values: readonly number[], from = 0): Errors =>
  new Map(values.map((value, n) => [`BTC/USDT ${from + n}`, value]));
/** Two series of 40 that have nothing to do with each other: each value of one meets both of the other. */
const one = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? 0.4 : -0.6));
const other = Array.from({ length: 40 }, (_, n) => (n % 4 < 2 ? 0.3 : -0.7));

describe('how far deciders err together', () => {
  const cases: { name: string; all: Errors[]; correlation: number; effective: number }[] = [
    {
      name: 'twins are one',
      all: [errors(one), errors(one)],
      ...{ correlation: 1, effective: 1 },
    },
    {
      name: 'who have nothing in common are two',
      all: [errors(one), errors(other)],
      ...{ correlation: 0, effective: 2 },
    },
    {
      name: 'opposites are not more than they are',
      all: [errors(one), errors(one.map((x) => -x))],
      ...{ correlation: -1, effective: 2 },
    },
    {
      // correlations 1, 0, 0: 3 / (1 + 2 / 3)
      name: 'two twins and another',
      all: [errors(one), errors(one), errors(other)],
      ...{ correlation: 1 / 3, effective: 1.8 },
    },
  ];
  it.each(cases)('$name', ({ all, correlation, effective }) => {
    const found = commonErrors(all)!;
    expect(found.correlation).toBeCloseTo(correlation, 12);
    expect(found.effective).toBeCloseTo(effective, 12);
    expect(found).toMatchObject({ deciders: all.length, cases: 40 });
  });

  it('is not told of few cases, of others, or of those that never vary', () => {
    expect(commonErrors([])).toBeNull();
    expect(commonErrors([errors(one), errors(one.slice(0, 29))])).toBeNull();
    expect(commonErrors([errors(one), errors(other, 15)])).toBeNull();
    expect(commonErrors([errors(one), errors(one.map(() => 0.5))])).toBeNull();
  });

  it('is told in a sentence', () => {
    expect(commonErrorsWords(commonErrors(cases[3]!.all)!)).toBe(
      'Errors of 3 deciders correlate by 0.33 (at least 40 common predictions): ' +
        'together they are worth 1.8 with errors of their own',
    );
  });
});
