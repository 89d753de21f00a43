import type { Candle } from '../candle.ts';
import type { Pair } from '../pair.ts';
import type { Timeframe } from '../timeframe.ts';
import { barOpenMs, timeframeMs } from '../timeframe.ts';

/**
 * What became of a pair's bar: `closed` with its last state, `empty` when the venue was watched through
 * the whole bar and told nothing, `missing` when it was not and REST has to say.
 */
export type BarState = { kind: 'closed'; candle: Candle } | { kind: 'empty' } | { kind: 'missing' };

/** One bar of a timeframe over all pairs, told once. */
export interface BarClose {
  timeframe: Timeframe;
  /** Open time of the bar, Unix milliseconds. */
  barMs: number;
  pairs: Map<Pair, BarState>;
  /**
   * Pairs closed by the clock alone: nothing newer was shown of them, as of a quiet pair or of one whose
   * subscription has gone silent.
   */
  unconfirmed: Set<Pair>;
}

export interface BarAssembler {
  /**
   * Candle updates come from `fromMs` (venue time) on without a break. What a snapshot restates before this
   * call is final but for its last bar.
   */
  connected(fromMs: number): void;
  /** Updates may be lost from now on. */
  disconnected(): void;
  /** The running bar as restated, or a final one from REST. */
  candle(update: { pair: Pair; timeframe: Timeframe; candle: Candle }): void;
  /** Bars read from REST, which are final: they settle what was missing. */
  repair(pair: Pair, timeframe: Timeframe, candles: readonly Candle[]): void;
  /**
   * The bars that are over at `nowMs` (venue time), oldest first: as soon as every pair has shown a newer
   * bar, otherwise when the grace after the bar's end has passed.
   */
  due(nowMs: number): BarClose[];
}

export interface BarAssemblerOptions {
  pairs: readonly Pair[];
  timeframes: readonly Timeframe[];
  /** Venue milliseconds after a bar's end in which its last update may still come. */
  graceMs: number;
  /** Venue time at which watching begins: the first bar told is the one that runs then. */
  startMs: number;
}

interface Lane {
  /** By open time; those told are dropped. */
  bars: Map<number, { candle: Candle; isFinal: boolean }>;
  newestMs: number;
  /** The newest bar told while disconnected: a snapshot that goes on behind it makes it final. */
  restatedMs: number | null;
}

/** A bar that ended this many lengths ago is left to the backfill. */
const MOST_BEHIND = 1000;

/** Closes bars by what the venue shows and by its clock. Pure: all times are given. */
export function barAssembler(options: BarAssemblerOptions): BarAssembler {
  const { pairs, timeframes, graceMs, startMs } = options;
  const lanes = new Map<string, Lane>();
  const nextMs = new Map<Timeframe, number>();
  let watchedFromMs = Infinity;

  for (const timeframe of timeframes) {
    nextMs.set(timeframe, barOpenMs(startMs, timeframe));
    for (const pair of pairs) {
      lanes.set(`${pair} ${timeframe}`, { bars: new Map(), newestMs: -Infinity, restatedMs: null });
    }
  }
  const laneOf = (pair: Pair, timeframe: Timeframe): Lane | undefined =>
    lanes.get(`${pair} ${timeframe}`);

  const put = (pair: Pair, timeframe: Timeframe, candle: Candle, isFinal: boolean): void => {
    const lane = laneOf(pair, timeframe);
    if (lane === undefined || candle.timeMs < (nextMs.get(timeframe) ?? 0)) return;
    if (lane.bars.get(candle.timeMs)?.isFinal !== true) {
      lane.bars.set(candle.timeMs, { candle, isFinal });
    }
    lane.newestMs = Math.max(lane.newestMs, candle.timeMs);
    if (watchedFromMs < Infinity) return;
    const before = lane.restatedMs === null ? undefined : lane.bars.get(lane.restatedMs);
    if (before !== undefined && candle.timeMs > before.candle.timeMs) before.isFinal = true;
    lane.restatedMs = candle.timeMs;
  };

  const stateOf = (lane: Lane, barMs: number, endMs: number): BarState => {
    const bar = lane.bars.get(barMs);
    const watchedToEnd = watchedFromMs <= endMs;
    // What was seen of a bar counts only if nothing can have followed unseen.
    if (bar !== undefined && (bar.isFinal || watchedToEnd)) {
      return { kind: 'closed', candle: bar.candle };
    }
    return bar === undefined && watchedFromMs <= barMs ? { kind: 'empty' } : { kind: 'missing' };
  };

  const close = (timeframe: Timeframe, barMs: number): BarClose => {
    const endMs = barMs + timeframeMs(timeframe);
    const states = new Map<Pair, BarState>();
    const unconfirmed = new Set<Pair>();
    for (const pair of pairs) {
      const lane = laneOf(pair, timeframe);
      if (lane === undefined) continue;
      states.set(pair, stateOf(lane, barMs, endMs));
      if (lane.newestMs <= barMs && lane.bars.get(barMs)?.isFinal !== true) unconfirmed.add(pair);
      lane.bars.delete(barMs);
    }
    return { timeframe, barMs, pairs: states, unconfirmed };
  };

  const isOver = (timeframe: Timeframe, barMs: number, nowMs: number): boolean => {
    const endMs = barMs + timeframeMs(timeframe);
    if (nowMs >= endMs + graceMs) return true;
    return (
      nowMs >= endMs && pairs.every((pair) => (laneOf(pair, timeframe)?.newestMs ?? 0) > barMs)
    );
  };

  return {
    connected: (fromMs) => {
      watchedFromMs = Math.min(watchedFromMs, fromMs);
    },
    disconnected: () => {
      watchedFromMs = Infinity;
      for (const lane of lanes.values()) lane.restatedMs = null;
    },
    candle: ({ pair, timeframe, candle }) => put(pair, timeframe, candle, false),
    repair: (pair, timeframe, candles) => {
      for (const candle of candles) put(pair, timeframe, candle, true);
    },
    due: (nowMs) => {
      const closes: BarClose[] = [];
      for (const timeframe of timeframes) {
        const length = timeframeMs(timeframe);
        const oldest = barOpenMs(nowMs, timeframe) - MOST_BEHIND * length;
        let barMs = Math.max(nextMs.get(timeframe) ?? 0, oldest);
        for (; isOver(timeframe, barMs, nowMs); barMs += length) {
          closes.push(close(timeframe, barMs));
          nextMs.set(timeframe, barMs + length);
        }
      }
      return closes.sort((a, b) => endOf(a) - endOf(b));
    },
  };
}

function endOf(close: BarClose): number {
  return close.barMs + timeframeMs(close.timeframe);
}
