import { describe, expect, it } from 'vitest';
import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import { predictionOf, settlementOf, type Prediction } from './prediction.ts';

const HOUR = 3_600_000;
const on = { price: 100, atr14: 2, position: { stop: 95, target: 120 }, atMs: 0 };
const answer = (change: Partial<Decision>): Decision => ({
  evidenceFor: [],
  evidenceAgainst: [],
  action: 'long',
  confidence: 0.6,
  horizonHours: 4,
  entry: { type: 'market', price: null },
  stopLossPct: 2,
  takeProfitPct: [6, 4],
  sizePct: null,
  leverage: null,
  expectedReturnPct: null,
  invalidation: null,
  reasoning: '',
  ...change,
});

describe('what confidence is the probability of', () => {
  const cases: {
    name: string;
    decision: Decision;
    position?: { stop: number; target: number };
    levels: object | null;
  }[] = [
    {
      name: 'a long: its nearest target before its stop',
      decision: answer({}),
      levels: { side: 'long', stop: 98, target: 104, limit: null, untilMs: 4 * HOUR },
    },
    {
      name: 'a short: the other way',
      decision: answer({ action: 'short' }),
      levels: { side: 'short', stop: 102, target: 96 },
    },
    {
      // 100 - 1.5 * 2, 100 + 3 * 2
      name: 'a hold: the default long',
      decision: answer({ action: 'hold', stopLossPct: null, takeProfitPct: [] }),
      levels: { side: 'long', stop: 97, target: 106 },
    },
    {
      name: "a close: the position's own target",
      decision: answer({ action: 'close' }),
      levels: { side: 'long', stop: 95, target: 120 },
    },
    {
      name: 'a close of a short: the same, the other way',
      decision: answer({ action: 'close' }),
      position: { stop: 105, target: 80 },
      levels: { side: 'short', stop: 105, target: 80 },
    },
    {
      // 90 * 0.98, 90 * 1.04
      name: 'a limit entry: from its price, once that is reached',
      decision: answer({ entry: { type: 'limit', price: 90 } }),
      levels: { stop: 88.2, target: expect.closeTo(93.6, 9), limit: 90 },
    },
    {
      name: 'an entry without stop names no event',
      decision: answer({ stopLossPct: null }),
      levels: null,
    },
  ];
  it.each(cases)('$name', ({ decision, position = on.position, levels }) => {
    const prediction = predictionOf(decision, { ...on, position });
    if (levels === null) expect(prediction).toBeNull();
    else expect(prediction).toMatchObject({ confidence: 0.6, ...levels });
  });
});

type Row = [open: number, high: number, low: number, close: number];
function bars(rows: Row[]): CandleColumns {
  const column = (k: number): Float64Array => Float64Array.from(rows, (row) => row[k]!);
  return {
    timeMs: Float64Array.from(rows, (_, i) => i * HOUR),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: new Float64Array(rows.length),
  };
}

describe('how it came out', () => {
  const long: Prediction = {
    ...{ confidence: 0.6, side: 'long', stop: 98, target: 104, limit: null },
    ...{ fromMs: 0, untilMs: 3 * HOUR },
  };
  const short: Prediction = { ...long, side: 'short', stop: 102, target: 96 };
  const quiet: Row = [100, 101, 99, 100];
  const cases: [name: string, prediction: Prediction, rows: Row[], outcome: string][] = [
    ['the target in time', long, [quiet, [100, 104, 99, 103]], 'hit'],
    [
      'the stop first',
      long,
      [
        [100, 101, 98, 99],
        [99, 110, 99, 105],
      ],
      'missed',
    ],
    ['both in one bar: the stop was first', long, [[100, 105, 97, 100]], 'missed'],
    ['a gap over the target, then the stop', long, [[105, 106, 97, 98]], 'hit'],
    ['neither within the horizon', long, [quiet, quiet, quiet], 'missed'],
    ['the target after the horizon', long, [quiet, quiet, quiet, [100, 110, 99, 105]], 'missed'],
    ['not known yet', long, [quiet, quiet], 'pending'],
    ['a short that comes down', short, [[100, 101, 96, 97]], 'hit'],
    ['a short that goes up', short, [[100, 102, 99, 101]], 'missed'],
    ['a limit never reached', { ...long, limit: 98.5 }, [quiet, quiet, quiet], 'void'],
    [
      'a limit reached, then the target in a later bar',
      { ...long, limit: 99 },
      [
        [100, 105, 99, 100],
        [100, 104, 99, 103],
      ],
      'hit',
    ],
  ];
  it.each(cases)('%s', (_name, prediction, rows, outcome) => {
    expect(settlementOf(prediction, bars(rows), 0, HOUR).outcome).toBe(outcome);
  });
});
