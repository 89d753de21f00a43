import { boughtAt, soldAt, type PairCosts } from '../backtest/exit-finder.ts';
import type { CandleColumns } from '../candle.ts';
import { restsThroughRange } from '../entry.ts';
import { fillInBar } from '../fills.ts';
import type { ShadowEntry } from './shadow-types.ts';

export type EntryOutcome =
  | { kind: 'waits' }
  /** Expired, or a post-only order that would have taken. */
  | { kind: 'ended' }
  | { kind: 'filled'; price: number; isMaker: boolean; atOpen: boolean };

/**
 * What bar `i` of these does to an approved entry. A limit order meets its first bar whole: it is sent at the
 * open. A sale is a short's, the mirror image.
 */
export function entryInBar(
  entry: Pick<ShadowEntry, 'limit' | 'expiresAtMs' | 'postOnly' | 'isResting'>,
  bars: CandleColumns,
  barMs: number,
  costs: PairCosts,
  i = 0,
  side: 'buy' | 'sell' = 'buy',
): EntryOutcome {
  const openMs = bars.timeMs[i]!;
  const open = bars.open[i]!;
  const isBuy = side === 'buy';
  const taken = isBuy
    ? boughtAt(open * (1 + costs.halfSpread), costs)
    : soldAt(open * (1 - costs.halfSpread), costs);
  const { limit, expiresAtMs } = entry;
  if (limit === null) return { kind: 'filled', price: taken, isMaker: false, atOpen: true };
  if (expiresAtMs !== null && expiresAtMs <= openMs) return { kind: 'ended' };
  if (!entry.isResting && (isBuy ? limit >= taken : limit <= taken)) {
    return entry.postOnly
      ? { kind: 'ended' }
      : { kind: 'filled', price: taken, isMaker: false, atOpen: true };
  }
  const seen = { open, high: bars.high[i]!, low: bars.low[i]! };
  const fill = fillInBar({ kind: 'limit', side, price: limit }, seen, costs);
  const isThere = expiresAtMs === null || restsThroughRange(expiresAtMs, openMs, barMs);
  if (fill === null || (fill.at === 'inside' && !isThere)) {
    const isOver = expiresAtMs !== null && expiresAtMs <= openMs + barMs;
    return { kind: isOver ? 'ended' : 'waits' };
  }
  return { kind: 'filled', price: fill.price, isMaker: true, atOpen: fill.at === 'open' };
}
