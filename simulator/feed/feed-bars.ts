import type { Pair } from '../../shared/pair.ts';
import { barOpenMs, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { FeedBar, FeedPrint } from '../market/book-feed.ts';

/** Bars kept of each pair and timeframe: a little more than REST gives. */
const KEPT = 800;

/** Bars by pair and timeframe, restated by open time. */
export interface FeedBars {
  put(pair: Pair, timeframe: Timeframe, bar: FeedBar): void;
  /** Counts a trade into the bar that it falls into, and returns that. */
  add(print: FeedPrint, timeframe: Timeframe): FeedBar;
  /**
   * The newest `count` bars closed at `atMs`, oldest first. Where nothing was traded in between, a bar stands
   * at the last close with volume 0, as REST tells it.
   */
  closed(pair: Pair, timeframe: Timeframe, atMs: number, count: number): FeedBar[];
  at(pair: Pair, timeframe: Timeframe, openMs: number): FeedBar | null;
}

export function createFeedBars(): FeedBars {
  const lanes = new Map<string, Map<number, FeedBar>>();

  const laneOf = (pair: Pair, timeframe: Timeframe): Map<number, FeedBar> => {
    const key = `${pair} ${timeframe}`;
    const lane = lanes.get(key) ?? new Map<number, FeedBar>();
    lanes.set(key, lane);
    return lane;
  };

  const put = (pair: Pair, timeframe: Timeframe, bar: FeedBar): void => {
    const lane = laneOf(pair, timeframe);
    lane.set(bar.timeMs, bar);
    if (lane.size <= KEPT) return;
    lane.delete(Math.min(...lane.keys()));
  };

  return {
    put,
    add(print, timeframe) {
      const price = Number(print.price);
      const quantity = Number(print.quantity);
      const openMs = barOpenMs(Number(print.ns / 1_000_000n), timeframe);
      const before = laneOf(print.pair, timeframe).get(openMs);
      const volume = (before?.volume ?? 0) + quantity;
      const worth = (before?.vwap ?? 0) * (before?.volume ?? 0) + price * quantity;
      const bar: FeedBar = {
        timeMs: openMs,
        open: before?.open ?? price,
        high: Math.max(before?.high ?? price, price),
        low: Math.min(before?.low ?? price, price),
        close: price,
        volume,
        vwap: volume > 0 ? worth / volume : price,
        trades: (before?.trades ?? 0) + 1,
      };
      put(print.pair, timeframe, bar);
      return bar;
    },
    closed(pair, timeframe, atMs, count) {
      const lane = laneOf(pair, timeframe);
      const length = timeframeMs(timeframe);
      const known = [...lane.keys()].sort((a, b) => a - b);
      const first = known[0];
      if (first === undefined) return [];
      const bars: FeedBar[] = [];
      const end = Math.floor(atMs / length) * length;
      const start = Math.max(first, end - count * length);
      // The bar to stand on may lie before the first one wanted.
      let last = lane.get(known.findLast((openMs) => openMs < start) ?? first)?.close ?? 0;
      for (let openMs = start; openMs < end; openMs += length) {
        const bar = lane.get(openMs) ?? emptyBar(openMs, last);
        last = bar.close;
        bars.push(bar);
      }
      return bars;
    },
    at: (pair, timeframe, openMs) => laneOf(pair, timeframe).get(openMs) ?? null,
  };
}

const emptyBar = (timeMs: number, price: number): FeedBar => ({
  timeMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 0,
  trades: 0,
});
