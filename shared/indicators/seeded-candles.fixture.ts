import { newColumns } from '../candle-columns.ts';
import type { CandleColumns } from '../candle.ts';
import { seededRandom } from '../statistics/seeded-random.ts';

/** A small seeded market of hourly bars with drifting volatility, for tests: the same seed, the same bars. */
export function seededCandles(bars: number, seed: number, start = 100): CandleColumns {
  const random = seededRandom(seed);
  const gauss = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const columns = newColumns(bars);
  let close = start;
  let volatility = 0.006;
  let drift = 0;
  const round = (x: number): number => Math.round(x * 1e4) / 1e4;
  for (let i = 0; i < bars; i++) {
    volatility = Math.min(0.02, Math.max(0.002, volatility * Math.exp(0.1 * gauss())));
    if (i % 60 === 0) drift = 0.0015 * gauss();
    const open = close;
    close = Math.max(start / 1000, round(open * Math.exp(drift + volatility * gauss())));
    columns.timeMs[i] = 1_577_836_800_000 + i * 3_600_000;
    columns.open[i] = open;
    columns.high[i] = round(Math.max(open, close) * (1 + Math.abs(gauss()) * volatility * 0.4));
    columns.low[i] = round(Math.min(open, close) * (1 - Math.abs(gauss()) * volatility * 0.4));
    columns.close[i] = close;
    columns.volume[i] = round(10 + 90 * random());
  }
  return columns;
}
