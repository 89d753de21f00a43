import { expect, it } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { predictionScore, type Resolved } from './prediction-score.ts';

const DAY = 86_400_000;

it('scores by hand-checked numbers', () => {
  const resolved: Resolved[] = [
    { confidence: 0.8, hit: true, atMs: 0 },
    { confidence: 0.6, hit: false, atMs: DAY },
    { confidence: 0.5, hit: true, atMs: 2 * DAY },
    { confidence: 0.1, hit: false, atMs: 3 * DAY },
  ];
  const score = predictionScore(resolved, seededRandom(1))!;
  // (0.04 + 0.36 + 0.25 + 0.01) / 4; the hit rate of a half alone would score 0.25
  expect(score.brier).toBeCloseTo(0.165, 12);
  expect(score.skill).toBeCloseTo(1 - 0.165 / 0.25, 12);
  expect(score.logScore).toBeCloseTo(
    -(Math.log(0.8) + Math.log(0.4) + Math.log(0.5) + Math.log(0.9)) / 4,
    12,
  );
  expect(score).toMatchObject({ count: 4, hits: 2, hitRate: 0.5, meanConfidence: 0.5 });
  expect(score.calibration.map((bin) => [bin.meanConfidence, bin.hitRate])).toEqual([
    [0.1, 0],
    [0.5, 1],
    [0.6, 0],
    [0.8, 1],
  ]);
});

it('a forecaster that knows is told from one that is only sure of itself', () => {
  const random = seededRandom(5);
  const make = (tells: (p: number) => number): Resolved[] =>
    Array.from({ length: 2000 }, (_, i) => {
      const p = 0.1 + 0.8 * random();
      return { confidence: tells(p), hit: random() < p, atMs: (i / 20) * DAY };
    });
  const knows = predictionScore(
    make((p) => p),
    seededRandom(1),
  )!;
  expect(knows.skillInterval.low).toBeGreaterThan(0);
  const boasts = predictionScore(
    make(() => 0.95),
    seededRandom(1),
  )!;
  expect(boasts.skillInterval.high).toBeLessThan(0);
});

it('one sure error costs a finite number, and no prediction has no score', () => {
  const wrong = [{ confidence: 1, hit: false, atMs: 0 }];
  expect(predictionScore(wrong, seededRandom(1))!.logScore).toBeCloseTo(-Math.log(0.01), 12);
  expect(predictionScore([], seededRandom(1))).toBeNull();
});
