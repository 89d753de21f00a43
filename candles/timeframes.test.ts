import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newColumns } from '../shared/candle-columns.ts';
import type { CandleColumns } from '../shared/candle.ts';
import type { Timeframe } from '../shared/timeframe.ts';
import type { CandleFile } from './candle-files.ts';
import { aggregateCandles, chooseBaseTimeframe, lowerBound } from './timeframes.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const file = (pair: string, timeframe: Timeframe): CandleFile => ({
  path: `${pair} ${timeframe}`,
  name: `${pair} ${timeframe}`,
  pair,
  timeframe,
  format: 'csv',
});

function flat(times: number[]): CandleColumns {
  const c = newColumns(times.length);
  times.forEach((t, i) => {
    c.timeMs[i] = t;
    c.open[i] = c.high[i] = c.low[i] = c.close[i] = i + 1;
    c.volume[i] = 1;
  });
  return c;
}
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: (to - from) / step }, (_, i) => from + i * step);

describe('chooseBaseTimeframe', () => {
  const pairs = ['A/B', 'C/D'];
  const times = new Map<string, number[]>([
    ['A/B 15m', every(HOUR / 4, 0, 30 * DAY)],
    ['C/D 15m', every(HOUR / 4, 10 * DAY, 30 * DAY)],
    ['A/B 1h', every(HOUR, 0, 30 * DAY)],
    ['C/D 1h', [...every(HOUR, 0, 12 * DAY), ...every(HOUR, 15 * DAY, 30 * DAY)]],
    ['A/B 4h', every(4 * HOUR, 0, 30 * DAY)],
    ['A/B 5m', every(HOUR / 12, 0, 30 * DAY)],
  ]);
  const files = [...times.keys()].map((k) =>
    file(k.split(' ')[0] ?? '', k.split(' ')[1] as Timeframe),
  );
  const choose = (fromMs?: number, toMs?: number) =>
    chooseBaseTimeframe(files, pairs, fromMs, toMs, (f) => flat(times.get(f.name) ?? []));

  it('takes the finest that all pairs have throughout', () => {
    expect(choose(11 * DAY, 20 * DAY).timeframe).toBe('15m');
    expect(choose(0, 11 * DAY).timeframe).toBe('1h');
  });
  it('tolerates a start within a day', () => {
    expect(choose(9 * DAY + 1, 20 * DAY).timeframe).toBe('15m');
    expect(choose(8 * DAY, 12 * DAY).timeframe).toBe('1h');
  });
  it('says why a finer one was passed over', () => {
    expect(choose(0, 11 * DAY).passedOver.map((p) => `${p.timeframe}: ${p.reason}`)).toEqual([
      '1m: no file for A/B, C/D',
      '5m: no file for C/D',
      '15m: C/D 15m starts at 1970-01-11T00:00:00Z',
      '30m: no file for A/B, C/D',
    ]);
  });
  it('falls back on what lacks least when every timeframe has a gap', () => {
    expect(choose(0, 30 * DAY).timeframe).toBe('1h');
  });
  it('names pairs, range and reasons when nothing serves', () => {
    expect(() => choose(29 * DAY, 40 * DAY)).toThrow(/A\/B, C\/D throughout 1970-01-30.*ends at/);
  });
});

describe('aggregateCandles', () => {
  it('builds a longer bar from what is there of the shorter ones', () => {
    const c = newColumns(3);
    // 00:00 and 00:30 fall in one hour, 02:15 in another; 01:00 has none
    c.timeMs.set([0, HOUR / 2, 2.25 * HOUR]);
    c.open.set([10, 12, 20]);
    c.high.set([13, 15, 21]);
    c.low.set([9, 11, 18]);
    c.close.set([12, 14, 19]);
    c.volume.set([1, 2, 4]);
    const out = aggregateCandles(c, '15m', '1h');
    expect([...out.timeMs]).toEqual([0, 2 * HOUR]);
    expect([...out.open]).toEqual([10, 20]);
    expect([...out.high]).toEqual([15, 21]);
    expect([...out.low]).toEqual([9, 18]);
    expect([...out.close]).toEqual([14, 19]);
    expect([...out.volume]).toEqual([3, 4]);
  });
  it('gives the same day whether built in one step or by way of hours', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(600), { minLength: 1 }), (minutes) => {
        const c = flat(minutes.sort((a, b) => a - b).map((m) => m * 300_000));
        const direct = aggregateCandles(c, '5m', '1d');
        const steps = aggregateCandles(aggregateCandles(c, '5m', '1h'), '1h', '1d');
        expect(steps).toEqual(direct);
      }),
    );
  });
});

it('lowerBound finds the first time at or after', () => {
  const times = Float64Array.of(10, 20, 30);
  expect([5, 10, 11, 30, 31].map((t) => lowerBound(times, t))).toEqual([0, 0, 1, 2, 3]);
});
