import type { CandleColumns } from '../candle.ts';
import { EXIT_END, EXIT_SIGNAL, EXIT_STOP, EXIT_TARGET, TradeLog } from './trade-log.ts';

/**
 * The EMA cross by which engines are compared: long only, one position of fixed quantity, no compounding.
 */
export interface EmaCrossParameters {
  fast: number;
  slow: number;
  /** Per cent of the reference price; 0 for none. */
  stopPct: number;
  targetPct: number;
  /** Per cent of the notional, each side. */
  feePct: number;
  /** In the base asset. */
  quantity: number;
  /** What stop and target are measured from: the fill price, or the close of the signal's bar. */
  reference: 'fill' | 'close';
  /** Signals count from this bar index on. */
  warmupBars: number;
}

/**
 * Runs the cross over one series of bars and appends its trades to `log` under `pair`. The loop is
 * written out for speed; test/backtest-reference is the plain form of the same rules:
 * a cross at the close of a bar is filled at the next open; inside a bar come pending exit, pending entry,
 * open beyond stop or target (at the open), stop, then target; what is open at the end is closed at the
 * last close.
 */
export function runEmaCross(
  bars: CandleColumns,
  parameters: EmaCrossParameters,
  log: TradeLog = new TradeLog(1 << 15),
  pair = 0,
): TradeLog {
  const { open, high, low, close } = bars;
  const n = close.length;
  if (n === 0) return log;
  const { quantity } = parameters;
  const byFill = parameters.reference === 'fill';
  const fast = 2 / (parameters.fast + 1);
  const slow = 2 / (parameters.slow + 1);
  const fastRest = 1 - fast;
  const slowRest = 1 - slow;
  const stopFactor = parameters.stopPct > 0 ? (100 - parameters.stopPct) / 100 : 0;
  const targetFactor = parameters.targetPct > 0 ? (100 + parameters.targetPct) / 100 : Infinity;
  const fee = (parameters.feePct / 100) * quantity;

  let fastMean = close[0]!;
  let slowMean = fastMean;

  let i = 1;
  const warm = Math.min(n, Math.max(1, parameters.warmupBars));
  for (; i < warm; i++) {
    const c = close[i]!;
    fastMean = fastMean * fastRest + fast * c;
    slowMean = slowMean * slowRest + slow * c;
  }
  let before = fastMean - slowMean;

  // Two loops that take turns: while flat only closes are read, in a position the whole bar.
  while (i < n) {
    let crossed = false;
    for (; i < n; i++) {
      const c = close[i]!;
      fastMean = fastMean * fastRest + fast * c;
      slowMean = slowMean * slowRest + slow * c;
      const d = fastMean - slowMean;
      if (d > 0 && before <= 0) {
        before = d;
        crossed = true;
        break;
      }
      before = d;
    }
    // A cross at the last close has no bar left to fill it.
    if (!crossed || i + 1 >= n) break;
    let reference = close[i]!;
    i++;
    // In a position from the open of bar i on; a stop-out with a cross at the same close goes straight on.
    for (;;) {
      const entryBar = i;
      const entryPrice = open[i]!;
      if (byFill) reference = entryPrice;
      const stop = reference * stopFactor;
      const target = reference * targetFactor;
      let exitPrice = 0;
      let reason = EXIT_END;

      let leaving = false;
      for (; i < n; i++) {
        const o = open[i]!;
        if (leaving) {
          exitPrice = o;
          reason = EXIT_SIGNAL;
          break;
        }
        if (low[i]! <= stop) {
          exitPrice = o <= stop ? o : o >= target ? o : stop;
          reason = o > stop && o >= target ? EXIT_TARGET : EXIT_STOP;
          break;
        }
        if (high[i]! >= target) {
          exitPrice = o >= target ? o : target;
          reason = EXIT_TARGET;
          break;
        }
        const c = close[i]!;
        fastMean = fastMean * fastRest + fast * c;
        slowMean = slowMean * slowRest + slow * c;
        const d = fastMean - slowMean;
        leaving = d < 0 && before >= 0;
        before = d;
      }
      if (reason === EXIT_END) {
        i = n - 1;
        exitPrice = close[i]!;
      }
      log.add(
        pair,
        1,
        reason,
        entryBar,
        i,
        entryPrice,
        exitPrice,
        quantity,
        fee * (entryPrice + exitPrice),
        parameters.stopPct > 0 ? (entryPrice - stop) * quantity : 0,
      );
      if (reason === EXIT_END) return log;
      // The close of the exit bar is still a signal, seen flat.
      const c = close[i]!;
      fastMean = fastMean * fastRest + fast * c;
      slowMean = slowMean * slowRest + slow * c;
      const d = fastMean - slowMean;
      const again = d > 0 && before <= 0;
      before = d;
      i++;
      if (!again || i >= n) break;
      reference = c;
    }
  }
  return log;
}
