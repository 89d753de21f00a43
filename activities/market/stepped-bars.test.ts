import { beforeEach, describe, expect, test } from 'vitest';
import type { Candle } from '../../shared/candle.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import { steppedBars, type SteppedBars } from './stepped-bars.ts';

const HOUR_MS = timeframeMs('1h');
const bar = (hour: number, close = 100 + hour, volume = 5): Candle => ({
  ...{ timeMs: hour * HOUR_MS, open: 100, high: 200, low: 50, close, volume },
});
/** The first tick of a bar: nobody has traded in it yet. */
const tick = (hour: number): Candle => bar(hour, 100, 0);

let history: Candle[];
let stored: Map<number, Candle>;
let reads: number;
let bars: SteppedBars;
const take = (...candles: Candle[]): void => {
  for (const candle of candles) bars.take({ pair: 'BTC/USDT', timeframe: '1h', candle });
};
/** What the desk has of the hours up to `hour` when it hears that this one has closed. */
async function closesAt(hour: number): Promise<number[]> {
  await bars.store();
  await bars.complete((hour + 1) * HOUR_MS);
  return [...stored.keys()].sort((a, b) => a - b).map((timeMs) => stored.get(timeMs)!.close);
}

beforeEach(async () => {
  history = [bar(0), bar(1)];
  stored = new Map();
  reads = 0;
  bars = steppedBars({
    profile: { pairs: ['BTC/USDT'], snapshotTimeframes: ['1h'] },
    venue: {
      closedCandles: () => {
        reads += 1;
        return Promise.resolve([...history]);
      },
    },
    candles: {
      append: (_, candles) => {
        for (const c of candles) if (!stored.has(c.timeMs)) stored.set(c.timeMs, c);
        return Promise.resolve();
      },
      latest: () => Promise.resolve(null),
      closedBy: () => Promise.reject(new Error('nobody asks')),
    },
  });
  await bars.catchUp();
  history.push(bar(2));
});

describe('the bar that closes', () => {
  const cases = [
    { name: 'is the one that was streamed', streamed: [tick(2), bar(2), tick(3)], again: 0 },
    { name: 'comes twice', streamed: [tick(2), bar(2), bar(2), tick(3), tick(3)], again: 0 },
    { name: 'is read where its close got lost', streamed: [tick(2), tick(3)], again: 1 },
    { name: 'is read where its close came too late', streamed: [tick(3), bar(2)], again: 1 },
    { name: 'is read where nothing came at all', streamed: [], again: 1 },
  ];
  test.each(cases)('$name', async ({ streamed, again }) => {
    take(...streamed);
    expect(await closesAt(2)).toEqual([100, 101, 102]);
    expect(reads).toBe(1 + again);
  });

  test('is not looked for again where the venue does not have it', async () => {
    history.pop();
    expect(await closesAt(2)).toEqual([100, 101]);
    expect(await closesAt(2)).toEqual([100, 101]);
    expect(reads).toBe(2);
  });

  test('does not hide a gap before it', async () => {
    history.push(bar(3));
    take(tick(3), bar(3), tick(4));
    expect(await closesAt(3)).toEqual([100, 101, 102, 103]);
  });
});
