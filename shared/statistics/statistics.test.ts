import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, percentile, stationaryIndexes } from './bootstrap.ts';
import { dailyReturns } from './daily-returns.ts';
import { moments } from './moments.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { overfittingProbability } from './overfitting.ts';
import {
  deflatedSharpe,
  expectedBestSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  psrOf,
} from './probabilistic-sharpe.ts';
import { annualGrowth, maxDrawdown, sharpeRatio, sortinoRatio } from './ratios.ts';
import { seededRandom } from './seeded-random.ts';
import { tradeMeasures } from './trade-measures.ts';
import { wilsonInterval } from './wilson.ts';

const DAY = 86_400_000;

describe('normal distribution', () => {
  it.each([
    { x: 0, p: 0.5 },
    { x: 1, p: 0.841344746068543 },
    { x: -1.96, p: 0.02499789514822 },
    { x: 3, p: 0.99865010196837 },
    { x: -8, p: 6.22096057427178e-16 },
  ])('of $x is $p', ({ x, p }) => {
    expect(Math.abs(normalCdf(x) - p)).toBeLessThan(1e-14);
    expect(Math.abs(normalCdf(x) / p - 1)).toBeLessThan(1e-7);
  });

  it('quantile is the inverse', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
        expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-13);
      }),
    );
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  });
});

describe('daily returns', () => {
  it('leaves out the change over missing days', () => {
    // 100 -> 110 is +10 %; two days are missing before 55; 55 -> 66 is +20 %.
    const returns = dailyReturns([0, DAY, 4 * DAY, 5 * DAY], [100, 110, 55, 66]);
    expect([...returns].map((r) => Number(r.toFixed(12)))).toEqual([0.1, 0.2]);
  });
});

describe('ratios', () => {
  it('Sharpe of 1 %, -1 %, 3 %: mean 1 %, deviation 2 %, times the root of 365', () => {
    expect(sharpeRatio([0.01, -0.01, 0.03])).toBeCloseTo(0.5 * Math.sqrt(365), 12);
  });

  it('Sortino counts the days below over all days: root of 0.0001 / 4 is 0.5 %', () => {
    expect(sortinoRatio([0.01, -0.01, 0.02, 0])).toBeCloseTo(Math.sqrt(365), 12);
  });

  it('neither is known when nothing varies', () => {
    expect(sharpeRatio([0, 0, 0])).toBeNaN();
    expect(sortinoRatio([0.01, 0.02])).toBeNaN();
  });

  it('growth of 21 % in two years is 10 % a year', () => {
    expect(annualGrowth(100, 121, 730)).toBeCloseTo(0.1, 12);
  });

  it('drawdown from 120 to 90 is 25 %, four marks long', () => {
    expect(maxDrawdown([100, 120, 110, 90, 100, 119, 121, 120])).toEqual({
      depth: 0.25,
      longest: 4,
    });
  });
});

describe('probabilistic Sharpe ratio', () => {
  it('of the paper: annual 1.585 from 24 months with skew -2.448, kurtosis 10.164 is 0.913', () => {
    expect(psrOf(0.458, 0, 24, -2.448, 10.164)).toBeCloseTo(0.913, 2);
  });

  it('needs about 440 days for an annual 1.5 at 95 %', () => {
    // 1 + (1 + 0.5 * 0.0785^2) * (1.645 / 0.0785)^2 = 441
    expect(minimumTrackRecord(1.5 / Math.sqrt(365), 0, 3)).toBeCloseTo(441, -1);
    expect(minimumTrackRecord(-0.1, 0, 3)).toBe(Infinity);
  });

  it('is one half for a mean of nothing', () => {
    expect(probabilisticSharpe([0.01, -0.01, 0.01, -0.01])).toBeCloseTo(0.5, 12);
  });
});

describe('deflated Sharpe ratio', () => {
  it('expects of the best of 100 tries with deviation 1 about 2.53', () => {
    expect(expectedBestSharpe(1, 100)).toBeCloseTo(2.53, 2);
    expect(expectedBestSharpe(1, 1)).toBe(0);
  });

  it('falls with the number of trials', () => {
    const random = seededRandom(1);
    const returns = Array.from({ length: 300 }, () => 0.002 + 0.02 * (random() - 0.5));
    const few = deflatedSharpe(returns, [0.1, 0.2, 0.3]);
    const many = deflatedSharpe(
      returns,
      Array.from({ length: 90 }, (_, k) => 0.1 * ((k % 3) + 1)),
    );
    expect(few).toBeGreaterThan(many);
    expect(probabilisticSharpe(returns)).toBeGreaterThan(few);
  });
});

describe('stationary bootstrap', () => {
  it('takes rows in blocks of the asked mean length, all equally often', () => {
    const random = seededRandom(5);
    const rows = new Int32Array(50_000);
    stationaryIndexes(rows, 10, random);
    let breaks = 0;
    for (let i = 1; i < rows.length; i++) {
      if (rows[i] !== (rows[i - 1]! + 1) % rows.length) breaks++;
    }
    expect(rows.length / breaks).toBeGreaterThan(9.3);
    expect(rows.length / breaks).toBeLessThan(10.7);
  });

  it('covers the true mean about as often as it says', () => {
    const random = seededRandom(9);
    let covered = 0;
    for (let k = 0; k < 200; k++) {
      const sample = Float64Array.from({ length: 120 }, () => random() - 0.5);
      const { low, high } = bootstrapInterval([sample], ([s]) => moments(s!).mean, {
        random,
        draws: 300,
        meanBlock: 3,
        confidence: 0.9,
      });
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered).toBeGreaterThan(165);
    expect(covered).toBeLessThan(196);
  });

  it('resamples series together', () => {
    const one = Float64Array.from([1, 2, 3, 4, 5]);
    const two = one.map((x) => 10 * x);
    const { low, high } = bootstrapInterval(
      [one, two],
      ([a, b]) => b!.reduce((s, x, i) => s + x - 10 * a![i]!, 0),
      { random: seededRandom(3), draws: 50 },
    );
    expect([low, high]).toEqual([0, 0]);
  });

  it('percentile lies between neighbours in proportion', () => {
    expect(percentile([0, 10, 20], 0.25)).toBe(5);
  });
});

describe('Wilson', () => {
  it('of 18 wins in 30 is 42 to 75 %', () => {
    const { low, high } = wilsonInterval(18, 30);
    expect(low).toBeCloseTo(0.423, 3);
    expect(high).toBeCloseTo(0.754, 3);
  });
});

describe('overfitting', () => {
  const market = (seed: number, drift: (trial: number) => number): Float64Array[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, (_, trial) =>
      Float64Array.from({ length: 320 }, () => drift(trial) + 0.02 * (random() - 0.5)),
    );
  };

  it('is near one half for noise, near none when one trial is truly better', () => {
    // One market of noise may look either way; over many it is a coin.
    let sum = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const { probability, splits } = overfittingProbability(
        market(seed, () => 0),
        10,
      );
      expect(splits).toBe(252); // 10 over 5
      sum += probability;
    }
    expect(sum / 30).toBeGreaterThan(0.38);
    expect(sum / 30).toBeLessThan(0.62);
    const real = overfittingProbability(
      market(4, (t) => (t === 7 ? 0.005 : 0)),
      10,
    );
    expect(real.probability).toBe(0);
  });

  it('knows no answer from one trial', () => {
    expect(overfittingProbability([new Float64Array(100)]).probability).toBeNaN();
  });
});

describe('trades', () => {
  it('+2 R, -1 R, -1 R, +1 R: half won, expectancy a quarter R, profit factor 30 / 20', () => {
    const measures = tradeMeasures([20, -10, -10, 10], [10, 10, 10, 10]);
    expect(measures).toMatchObject({ wins: 2, winRate: 0.5, expectancyR: 0.25, profitFactor: 1.5 });
  });

  it('without trades knows nothing', () => {
    expect(tradeMeasures([], []).winRate).toBeNaN();
  });
});
