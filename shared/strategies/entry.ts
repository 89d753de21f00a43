import type { Timeframe } from '../timeframe.ts';
import { exitsFromAtr, type ExitParameters } from './exits.ts';
import type { StrategySignal, StrategyView } from './strategy.ts';

/**
 * Share of entries assumed to reach the target before the stop: what trend followers commonly see at
 * such distances, an assumption and not an estimate.
 */
const TARGET_SHARE = 1 / 3;

export interface StrategyOptions {
  timeframe?: Timeframe;
  exits?: ExitParameters;
  /** Whether a down-trend is said as `short` (margin or futures); on spot it is no position. */
  canShort?: boolean;
}

/** An entry in a direction with stop, target and horizon. */
export function entrySignal(
  view: StrategyView,
  direction: 1 | 0 | -1,
  atr: number,
  exits: ExitParameters,
  evidenceFor: string[],
  words: { horizonHours: number; reasoning: string; against: string[] },
): StrategySignal {
  const { stopPct, targetPct } = exitsFromAtr(view.price, atr, exits);
  return {
    action: direction === 1 ? 'long' : 'short',
    stopPct,
    targetPct,
    expectedReturnPct: TARGET_SHARE * targetPct - (1 - TARGET_SHARE) * stopPct,
    horizonHours: words.horizonHours,
    evidenceFor,
    evidenceAgainst: words.against,
    reasoning: words.reasoning,
  };
}

/** Names an overstretched market as evidence against going with it. */
export function againstExtension(rsi: number | null): string[] {
  if (rsi === null || (rsi < 75 && rsi > 25)) return [];
  return [`RSI 14 at ${rsi.toFixed(1)}: stretched`];
}
