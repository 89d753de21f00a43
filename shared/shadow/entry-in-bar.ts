import { boughtAt, type PairCosts } from '../backtest/exit-finder.ts';
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
 * open.
 */
export function entryInBar(
  entry: Pick<ShadowEntry, 'limit' | 'expiresAtMs' | 'postOnly' | 'isResting'>,
  bars: CandleColumns,
  barMs: number,
  costs: PairCosts,
  i = 0,
): EntryOutcome {
  const openMs = bars.timeMs[i]!;
  const open = bars.open[i]!;
  const ask = boughtAt(open * (1 + costs.halfSpread), costs);
  const { limit, expiresAtMs } = entry;
  if (limit === null) return { kind: 'filled', price: ask, isMaker: false, atOpen: true };
  if (expiresAtMs !== null && expiresAtMs <= openMs) return { kind: 'ended' };
  if (!entry.isResting && limit >= ask) {
    return entry.postOnly
      ? { kind: 'ended' }
      : { kind: 'filled', price: ask, isMaker: false, atOpen: true };
  }
  const seen = { open, high: bars.high[i]!, low: bars.low[i]! };
  const fill = fillInBar({ kind: 'limit', side: 'buy', price: limit }, seen, costs);
  const isThere = expiresAtMs === null || restsThroughRange(expiresAtMs, openMs, barMs);
  if (fill === null || (fill.at === 'inside' && !isThere)) {
    const isOver = expiresAtMs !== null && expiresAtMs <= openMs + barMs;
    return { kind: isOver ? 'ended' : 'waits' };
  }
  return { kind: 'filled', price: fill.price, isMaker: true, atOpen: fill.at === 'open' };
}
