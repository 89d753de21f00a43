import { describe, expect, test } from 'vitest';
import type { DeciderAnswer, Decision } from '../decision.ts';
import { heldStopPct, isReviewDue } from './exit-review.ts';

const HOUR_MS = 3_600_000;

describe('a review every four hours, at bars of one', () => {
  const due = (openedHour: number, everyMs: number | null = 4 * HOUR_MS) =>
    Array.from({ length: 13 }, (_, i) => i).filter((i) =>
      isReviewDue({
        ...{ openedAtMs: openedHour * HOUR_MS, atMs: i * HOUR_MS, barMs: HOUR_MS, everyMs },
      }),
    );
  test.each([
    { name: 'from the fill on', openedHour: 0, expected: [4, 8, 12] },
    { name: 'at the first close after it is due', openedHour: 0.5, expected: [5, 9] },
  ])('is due $name', ({ openedHour, expected }) => {
    expect(due(openedHour)).toEqual(expected);
  });
  test('is due at every bar when the profile names no span', () => {
    expect(due(0, null)).toHaveLength(13);
  });
});

describe('the stop that those ask for who would hold', () => {
  const says = (
    decider: string,
    action: Decision['action'],
    stopLossPct: number | null,
  ): DeciderAnswer => ({
    kind: 'answered',
    decider,
    decision: {
      ...{ evidenceFor: [], evidenceAgainst: [], action, confidence: 0.6, horizonHours: 24 },
      ...{ entry: { type: 'market', price: null }, stopLossPct, takeProfitPct: [], sizePct: null },
      ...{ leverage: null, expectedReturnPct: null, invalidation: null, reasoning: '' },
    },
  });
  const roster = ['a', 'b', 'c'];
  test.each([
    { name: 'is the median', answers: [says('a', 'hold', 1), says('b', 'hold', 3)], expected: 2 },
    { name: 'needs more than half', answers: [says('a', 'hold', 1)], expected: null },
    {
      name: 'counts no close and no long',
      answers: [says('a', 'hold', 1), says('b', 'close', 1), says('c', 'long', 1)],
      expected: null,
    },
    {
      name: 'counts nobody outside of the roster',
      answers: [says('a', 'hold', 1), says('x', 'hold', 1), says('y', 'hold', 1)],
      expected: null,
    },
    {
      name: 'counts no hold without a stop',
      answers: [says('a', 'hold', 1), says('b', 'hold', null), says('c', 'hold', 0)],
      expected: null,
    },
  ])('$name', ({ answers, expected }) => {
    expect(heldStopPct(answers, roster)).toBe(expected);
  });
});
