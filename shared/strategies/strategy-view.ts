import type { IndicatorSet } from '../indicators/indicator-set.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StrategyView } from './strategy.ts';
import { TIMEFRAMES } from '../timeframe.ts';

/** What a strategy sees of a snapshot: nothing else, so that its answer can be replayed from it. */
export function strategyView(snapshot: Snapshot): StrategyView {
  const timeframes: StrategyView['timeframes'] = {};
  for (const timeframe of TIMEFRAMES) {
    const data = snapshot.timeframes[timeframe];
    const last = data?.candles.at(-1);
    if (data == null || last === undefined) continue;
    const [time, open, high, low, close, volume] = last;
    timeframes[timeframe] = {
      // Written by buildSnapshot from an IndicatorSet, name by name.
      indicators: data.indicators as unknown as IndicatorSet,
      lastCandle: { timeMs: Date.parse(time), open, high, low, close, volume },
    };
  }
  return {
    pair: snapshot.pair,
    price: snapshot.price.now,
    timeframes,
    hasPosition: snapshot.position !== null,
    isShort: snapshot.position?.side === 'short',
    mayShort: snapshot.legalActions.includes('short'),
  };
}
