import { expect, test } from 'vitest';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import { readExitBar } from './read-exit-bar.ts';
import type { CandleStore } from './candle-store.ts';

const HOUR_MS = 3_600_000;
/** Closes of 1, 2, 3, ... an hour apart; each high 0.5 above, each low 0.5 below: an ATR of 1.5. */
function rising(count: number, stepMs: number): CandleColumns {
  const column = (of: (i: number) => number) =>
    Float64Array.from({ length: count }, (_, i) => of(i));
  return {
    timeMs: column((i) => i * stepMs),
    open: column((i) => i + 1),
    high: column((i) => i + 1.5),
    low: column((i) => i + 0.5),
    close: column((i) => i + 1),
    volume: column(() => 1),
  };
}

const bars: Partial<Record<Timeframe, CandleColumns>> = {
  '1h': rising(100, HOUR_MS),
  '4h': rising(25, 4 * HOUR_MS),
};
const store: Pick<CandleStore, 'closedBy'> = {
  closedBy: ({ timeframe }) => Promise.resolve(bars[timeframe] ?? rising(0, 1)),
};
const read = (of: {
  sinceMs: number;
  watch?: { series: 'close' | 'rsi14'; timeframe: '4h' | '1d' };
}) =>
  readExitBar(store as CandleStore, {
    ...{ pair: 'BTC/USDT', atMs: 100 * HOUR_MS, sinceMs: of.sinceMs },
    terms: {
      timeframe: '1h',
      invalidation: of.watch === undefined ? null : { ...of.watch, comparator: 'below', level: 1 },
    },
  });

test('reads close, ATR and the highest high since the bar of the fill', async () => {
  const bar = await read({ sinceMs: 98.7 * HOUR_MS });
  expect(bar).toMatchObject({ close: 100, highest: 100.5, watched: null });
  expect(bar?.atr).toBeCloseTo(1.5, 6);
});

test.each([
  { name: 'the close', watch: { series: 'close', timeframe: '4h' }, expected: 25 },
  { name: 'an indicator', watch: { series: 'rsi14', timeframe: '4h' }, expected: 100 },
  { name: 'nothing of a timeframe without bars', watch: { series: 'close', timeframe: '1d' }, expected: null }, // prettier-ignore
] as const)('watches $name on the invalidation’s timeframe', async ({ watch, expected }) => {
  expect(await read({ sinceMs: 0, watch })).toMatchObject({ watched: expected });
});

test('knows nothing before a bar has closed since the fill', async () => {
  expect(await read({ sinceMs: 100 * HOUR_MS })).toBeNull();
});
