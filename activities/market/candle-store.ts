import type pg from 'pg';
import type { Candle, CandleColumns } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';

/** Bars that indicators are computed from: the same number whatever is stored, so results repeat. */
export const WINDOW_BARS = 720;

export interface CandleKey {
  pair: Pair;
  timeframe: Timeframe;
}

/** Closed bars in Postgres, with the latest of each series kept in memory. */
export interface CandleStore {
  /** Stores closed bars; a bar that is there already stays as it is. */
  append(key: CandleKey, candles: readonly Candle[]): Promise<void>;
  /** Open time of the latest stored bar, or null. */
  latest(key: CandleKey): Promise<number | null>;
  /** Up to 720 bars that had closed by `atMs`, oldest first. */
  closedBy(key: CandleKey, atMs: number): Promise<CandleColumns>;
}

interface Row {
  open_at: Date;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export function createCandleStore(pool: pg.Pool): CandleStore {
  const windows = new Map<string, Candle[]>();
  const nameOf = (key: CandleKey): string => `${key.pair} ${key.timeframe}`;

  async function windowOf(key: CandleKey, lastOpenMs: number): Promise<Candle[]> {
    const known = windows.get(nameOf(key)) ?? [];
    if ((known.at(-1)?.timeMs ?? -Infinity) >= lastOpenMs) return known;
    // Reads only what is newer than the memory: another process may be the one that stores bars.
    const after = known.at(-1)?.timeMs ?? null;
    const { rows } = await pool.query<Row>(
      `select open_at, open, high, low, close, volume from candle
        where pair = $1 and timeframe = $2 and ($3::timestamptz is null or open_at > $3)
        order by open_at desc limit $4`,
      [key.pair, key.timeframe, after === null ? null : new Date(after), 2 * WINDOW_BARS],
    );
    const fresh = rows.reverse().map((r) => ({
      timeMs: r.open_at.getTime(),
      open: r.open,
      high: r.high,
      low: r.low,
      close: r.close,
      volume: r.volume,
    }));
    const window = [...known, ...fresh].slice(-2 * WINDOW_BARS);
    windows.set(nameOf(key), window);
    return window;
  }

  return {
    async append(key, candles) {
      if (candles.length === 0) return;
      await pool.query(
        `insert into candle (pair, timeframe, open_at, open, high, low, close, volume)
         select $1, $2, to_timestamp(t / 1000), o, h, l, c, v
           from unnest($3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[])
             as b (t, o, h, l, c, v)
         on conflict do nothing`,
        [
          key.pair,
          key.timeframe,
          candles.map((c) => c.timeMs),
          candles.map((c) => c.open),
          candles.map((c) => c.high),
          candles.map((c) => c.low),
          candles.map((c) => c.close),
          candles.map((c) => c.volume),
        ],
      );
      const window = windows.get(nameOf(key));
      const newest = window?.at(-1)?.timeMs ?? -Infinity;
      const isLate = ({ timeMs }: Candle): boolean =>
        timeMs < newest && !window?.some((known) => known.timeMs === timeMs);
      // One that fills a hole behind the newest: the window is read anew.
      if (candles.some(isLate)) windows.delete(nameOf(key));
    },

    async latest(key) {
      const { rows } = await pool.query<{ open_at: Date | null }>(
        `select max(open_at) as open_at from candle where pair = $1 and timeframe = $2`,
        [key.pair, key.timeframe],
      );
      return rows[0]?.open_at?.getTime() ?? null;
    },

    async closedBy(key, atMs) {
      const lastOpen = atMs - timeframeMs(key.timeframe);
      const window = await windowOf(key, lastOpen);
      let end = window.length;
      while (end > 0 && window[end - 1]!.timeMs > lastOpen) end--;
      const bars = window.slice(Math.max(0, end - WINDOW_BARS), end);
      const column = (pick: (c: Candle) => number): Float64Array => Float64Array.from(bars, pick);
      return {
        timeMs: column((c) => c.timeMs),
        open: column((c) => c.open),
        high: column((c) => c.high),
        low: column((c) => c.low),
        close: column((c) => c.close),
        volume: column((c) => c.volume),
      };
    },
  };
}
