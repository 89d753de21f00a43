import type { Candle } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { Venue } from '../../shared/venue.ts';
import type { CandleStore } from './candle-store.ts';

interface Series {
  pair: Pair;
  timeframe: Timeframe;
  /** Open time of the bar up to which everything is stored. */
  storedMs: number;
  running: Candle | null;
  closed: Candle[];
}

export interface SteppedBars {
  /** Reads the venue's history, and stores what is newer than what is there. */
  catchUp(): Promise<void>;
  /** A running candle, as the venue streams it: the next one closes it. */
  take(update: { pair: Pair; timeframe: Timeframe; candle: Candle }): void;
  /** Stores what has been seen to close. */
  store(): Promise<void>;
  /** Reads from the venue what should have closed by `atMs` and was not seen to. */
  complete(atMs: number): Promise<void>;
}

/**
 * The bars of a desk's pairs and timeframes at a venue whose clock stands while they are stored. What is
 * streamed may be late, twice or lost, so a bar counts as seen only when it follows the one before it and
 * somebody has traded in it: a first tick whose close got lost looks like a bar, but is none.
 */
export function steppedBars(parts: {
  profile: Pick<Profile, 'pairs' | 'snapshotTimeframes'>;
  venue: Pick<Venue, 'closedCandles'>;
  candles: CandleStore;
}): SteppedBars {
  const { profile, venue, candles } = parts;
  /** Series that the venue has a history of; what it streams of others is not bars of that length. */
  const offered = new Map<string, Series>();
  const keyOf = (of: { pair: Pair; timeframe: Timeframe }): string => `${of.pair} ${of.timeframe}`;

  async function readAgain(series: Series): Promise<void> {
    const closed = await venue.closedCandles(series.pair, series.timeframe);
    await candles.append(
      series,
      closed.filter((c) => c.timeMs > series.storedMs),
    );
    series.storedMs = Math.max(series.storedMs, closed.at(-1)?.timeMs ?? -Infinity);
  }

  return {
    async catchUp() {
      for (const pair of profile.pairs) {
        for (const timeframe of profile.snapshotTimeframes) {
          const closed = await venue.closedCandles(pair, timeframe);
          const storedMs = (await candles.latest({ pair, timeframe })) ?? -Infinity;
          const newer = closed.filter((c) => c.timeMs > storedMs);
          await candles.append({ pair, timeframe }, newer);
          const last = closed.at(-1);
          if (last === undefined) continue;
          const series = { pair, timeframe, storedMs: Math.max(storedMs, last.timeMs) };
          offered.set(keyOf(series), { ...series, running: null, closed: [] });
        }
      }
    },

    take(update) {
      const series = offered.get(keyOf(update));
      if (series === undefined) return;
      const { running } = series;
      if (running !== null && running.timeMs < update.candle.timeMs) series.closed.push(running);
      if (running === null || running.timeMs <= update.candle.timeMs) {
        series.running = update.candle;
      }
    },

    async store() {
      await Promise.all(
        [...offered.values()].map(async (series) => {
          const length = timeframeMs(series.timeframe);
          const seen: Candle[] = [];
          for (const candle of series.closed.splice(0)) {
            if (candle.timeMs !== series.storedMs + length || candle.volume === 0) continue;
            seen.push(candle);
            series.storedMs = candle.timeMs;
          }
          await candles.append(series, seen);
        }),
      );
    },

    async complete(atMs) {
      for (const series of offered.values()) {
        const length = timeframeMs(series.timeframe);
        const lastMs = Math.floor(atMs / length) * length - length;
        if (series.storedMs >= lastMs) continue;
        await readAgain(series);
        // A bar that the venue does not have either was not traded in.
        series.storedMs = Math.max(series.storedMs, lastMs);
      }
    },
  };
}
