import type { CandleColumns } from '../shared/candle.ts';
import { seededRandom } from '../shared/statistics/seeded-random.ts';

const START = [30_000, 2_000, 25];
const DECIMALS = [1, 2, 4];

/**
 * The seeded 1m series on which engines are compared: up to three pairs drawn one after the other from one
 * stream, volatility clustering, pulled back to the start price. Bit for bit the same on every machine
 * whose Math.log, exp and cos agree.
 */
export function h2hSeries(pairs: number, barsPerPair: number): CandleColumns[] {
  const random = seededRandom(0x9e3779b9);
  const gauss = (): number => {
    const u = 1 - random();
    const v = random();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  };
  const all: CandleColumns[] = [];
  for (let p = 0; p < pairs; p++) {
    const start = START[p]!;
    const scale = 10 ** DECIMALS[p]!;
    const round = (x: number): number => Math.round(x * scale) / scale;
    const column = (): Float64Array =>
      new Float64Array(new SharedArrayBuffer(barsPerPair * Float64Array.BYTES_PER_ELEMENT));
    const bars = {
      timeMs: column(),
      open: column(),
      high: column(),
      low: column(),
      close: column(),
      volume: column(),
    };
    let c = start;
    let vol = 0.0006;
    for (let i = 0; i < barsPerPair; i++) {
      vol = Math.min(0.003, Math.max(0.0002, vol * Math.exp(0.05 * gauss()) * 0.999 + 6e-7));
      let o = c * (1 + 0.00002 * gauss());
      let next = o * Math.exp(vol * gauss());
      next *= Math.exp(-Math.log(next / start) * 1e-5);
      let h = Math.max(o, next) * (1 + Math.abs(gauss()) * vol * 0.4);
      let l = Math.min(o, next) * (1 - Math.abs(gauss()) * vol * 0.4);
      o = round(o);
      h = round(h);
      l = round(l);
      c = round(next);
      h = Math.max(h, o, c);
      l = Math.min(l, o, c);
      bars.timeMs[i] = 1_577_836_800_000 + i * 60_000;
      bars.open[i] = o;
      bars.high[i] = h;
      bars.low[i] = l;
      bars.close[i] = c;
      bars.volume[i] = Math.round((random() + random()) * 1e4) / 1e4;
    }
    all.push(bars);
  }
  return all;
}
