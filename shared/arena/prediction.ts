import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import { fillInBar } from '../fills.ts';

/** What a hold is asked about: entry at the price of the snapshot, stop and target in ATR 14. */
export const DEFAULT_LONG = { stopAtr: 1.5, targetAtr: 3 } as const;

const HOUR_MS = 3_600_000;

/**
 * What `confidence` is the probability of: that the nearest target is reached before the stop within the
 * horizon. Prices are in the pair's quote asset.
 */
export interface Prediction {
  confidence: number;
  side: 'long' | 'short';
  stop: number;
  target: number;
  /** Limit of an entry that must be reached first; null when it counts from the start. */
  limit: number | null;
  /** [start, end), venue time. */
  fromMs: number;
  untilMs: number;
}

/** What the decider saw: price and ATR 14 of its snapshot, exits of the position on the pair. */
export interface PredictedOn {
  price: number;
  atr14: number | null;
  position: { stop: number; target: number } | null;
  atMs: number;
}

/** The prediction that a decision makes, or null when it names no event (no stop, no ATR, no position). */
export function predictionOf(decision: Decision, on: PredictedOn): Prediction | null {
  const { confidence, horizonHours } = decision;
  const common = { confidence, fromMs: on.atMs, untilMs: on.atMs + horizonHours * HOUR_MS };
  switch (decision.action) {
    case 'hold': {
      if (on.atr14 === null) return null;
      const stop = on.price - DEFAULT_LONG.stopAtr * on.atr14;
      const target = on.price + DEFAULT_LONG.targetAtr * on.atr14;
      return { ...common, side: 'long', stop, target, limit: null };
    }
    case 'close': {
      if (on.position === null) return null;
      const { stop, target } = on.position;
      return { ...common, side: stop < target ? 'long' : 'short', stop, target, limit: null };
    }
    case 'long':
    case 'short': {
      const sign = decision.action === 'long' ? 1 : -1;
      const nearest = Math.min(...decision.takeProfitPct);
      const { stopLossPct } = decision;
      if (stopLossPct === null || !(stopLossPct > 0) || !Number.isFinite(nearest)) return null;
      const limit = decision.entry.type === 'limit' ? decision.entry.price : null;
      const entry = limit ?? on.price;
      return {
        ...common,
        side: decision.action,
        stop: entry * (1 - (sign * stopLossPct) / 100),
        target: entry * (1 + (sign * nearest) / 100),
        // A limit that the price has passed already is no condition.
        limit: limit !== null && sign * (on.price - limit) > 0 ? limit : null,
      };
    }
    default:
      return decision.action satisfies never;
  }
}

/** `void`: its entry was never reached, so nothing was predicted. `pending`: not known yet. */
export type Outcome = 'hit' | 'missed' | 'void' | 'pending';

/** How a prediction came out, and the close of the bar that told it; null while it is pending. */
export interface Settlement {
  outcome: Outcome;
  knownMs: number | null;
}

/**
 * How it came out by the bars that opened from its start on (`bars` from index `from`). Inside a bar the rules
 * of the fill model hold: when a bar touches both, the stop was first. Bars are `barMs` long. Further bars never
 * change what is settled.
 */
export function settlementOf(
  prediction: Prediction,
  bars: CandleColumns,
  from: number,
  barMs: number,
): Settlement {
  const { side, untilMs } = prediction;
  const out = side === 'long' ? 'sell' : 'buy';
  const free = { halfSpread: 0, stopSlippage: 0 };
  let waits = prediction.limit !== null;
  for (let i = from; i < bars.timeMs.length; i++) {
    const endMs = bars.timeMs[i]! + barMs;
    // The first bar after a gap may begin behind the horizon.
    if (bars.timeMs[i]! < untilMs) {
      const bar = { open: bars.open[i]!, high: bars.high[i]!, low: bars.low[i]! };
      let sees: 'whole-bar' | 'range-only' = 'whole-bar';
      if (waits) {
        const entry = { kind: 'limit', side: side === 'long' ? 'buy' : 'sell' } as const;
        const filled = fillInBar({ ...entry, price: prediction.limit! }, bar, free);
        if (filled !== null) {
          waits = false;
          sees = 'range-only';
        }
      }
      if (!waits) {
        const exit = (kind: 'stop' | 'limit', price: number) =>
          fillInBar({ kind, side: out, price }, bar, free, sees);
        const stopped = exit('stop', prediction.stop);
        const reached = exit('limit', prediction.target);
        if (stopped !== null && (stopped.at === 'open' || reached?.at !== 'open')) {
          return { outcome: 'missed', knownMs: endMs };
        }
        if (reached !== null) return { outcome: 'hit', knownMs: endMs };
      }
    }
    if (endMs >= untilMs) return { outcome: waits ? 'void' : 'missed', knownMs: endMs };
  }
  return { outcome: 'pending', knownMs: null };
}
