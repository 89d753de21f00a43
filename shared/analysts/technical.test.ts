import { expect, test } from 'vitest';
import { exampleSnapshot } from '../prompts/example-snapshot.fixture.ts';
import { technicalAnalyst, technicalScore } from './technical.ts';

const up = { ema21: 110, ema50: 100, ema200: 90, macdHistogram: 1, rsi14: 60 };

test.each<[string, Record<string, number | null>, number, number | null]>([
  ['all up', { ...up, trendDirection: 1, breakoutDirection: 1 }, 120, 1],
  // 1 + 1 + 1 + 1 + 0 + 0 of six
  ['no trend and no breakout', { ...up, trendDirection: 0, breakoutDirection: 0 }, 120, 0.67],
  // the votes that cannot be cast do not count: 1 + 1 - 1 of three
  [
    'what is unknown has no vote',
    { ema21: 110, ema50: 100, ema200: null, macdHistogram: 1, rsi14: 40 },
    1,
    0.33,
  ],
  ['rsi in the middle says nothing', { rsi14: 50 }, 1, 0],
  ['nothing known', { ema21: null }, 1, null],
])('%s', (_, indicators, close, score) => {
  expect(technicalScore(indicators, close)).toBe(score);
});

test('reads every timeframe that the snapshot has, as of its latest bar', () => {
  const found = technicalAnalyst.read({ snapshot: exampleSnapshot, candles: {} });
  expect(found).toMatchObject({
    kind: 'reading',
    availableAtMs: Date.parse(exampleSnapshot.asOf),
    reading: {
      agreement: 1,
      score1h: expect.any(Number) as number,
      score4h: expect.any(Number) as number,
    },
  });
  expect(
    technicalAnalyst.read({ snapshot: { ...exampleSnapshot, timeframes: {} }, candles: {} }),
  ).toEqual({
    kind: 'missing',
    reason: 'no timeframe has enough bars for an indicator',
  });
});
