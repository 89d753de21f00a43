import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CANDLE_HEADER } from '../candles/candle-files.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 0, 5);
/** Bars before the first cycle, so that every indicator has its warm-up. */
const HISTORY_BARS = 60 * 24;
/** The up-trend that the strategies see begins this long before the first cycle. */
const TREND_BARS = 120;
const PAIRS = [
  { name: 'BTCUSDT', price: 50_000, decimals: 1, drift: 0.001 },
  { name: 'XRPUSDT', price: 0.5, decimals: 5, drift: 0.002 },
  { name: 'XRPBTC', price: 0.5 / 50_000, decimals: 9, drift: 0.001 },
] as const;
const DIP = 0.93;

/**
 * Hourly candles of three pairs in which the strategies want to be long at every bar and every second bar
 * falls through the stops: as many entries as a desk can make. The pairs of `falling` are the mirror image, for
 * desks that sell short. Returns the range to replay.
 */
export function writeCycleMarket(
  dir: string,
  bars: number,
  falling: readonly string[] = [],
): { from: string; to: string } {
  mkdirSync(dir, { recursive: true });
  for (const { name, price, decimals, drift } of PAIRS) {
    const rows = [CANDLE_HEADER];
    let open: number = price;
    const falls = falling.includes(name);
    for (let bar = -HISTORY_BARS; bar < bars; bar += 1) {
      const isTrending = bar >= -TREND_BARS;
      const grows = isTrending ? 1 + drift : bar % 2 === 0 ? 1.001 : 1 / 1.001;
      const close = falls ? open / grows : open * grows;
      const dips = isTrending && bar % 2 === 0;
      const low = Math.min(open, close) * (dips && !falls ? DIP : 0.998);
      const high = falls && dips ? Math.max(open, close) / DIP : Math.max(open, close) * 1.002;
      const prices = [open, high, low, close];
      const fields = prices.map((value) => value.toFixed(decimals));
      rows.push([(FROM_MS + bar * HOUR_MS) / 1000, ...fields, '1000000'].join(','));
      open = close;
    }
    writeFileSync(join(dir, `${name}-1h.csv`), `${rows.join('\n')}\n`);
  }
  return {
    from: new Date(FROM_MS).toISOString(),
    to: new Date(FROM_MS + bars * HOUR_MS).toISOString(),
  };
}
