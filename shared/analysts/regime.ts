import { timeframeMs } from '../timeframe.ts';
import type { MarketAnalyst } from './analyst.ts';
import { RegimeState } from './regime-state.ts';

/** Trend or range, and calm, usual or wild, on the desk's timeframe. */
export const regimeAnalyst: MarketAnalyst = {
  source: "bars of the desk's timeframe",
  read({ snapshot: { timeframe }, candles }) {
    const bars = candles[timeframe];
    const state = new RegimeState();
    const count = bars?.close.length ?? 0;
    if (bars === undefined || count === 0) {
      return { kind: 'missing', reason: `there are no closed ${timeframe} bars` };
    }
    for (let i = 0; i < count; i++) state.update(bars.high[i]!, bars.low[i]!, bars.close[i]!);
    if (!state.ready) {
      return { kind: 'missing', reason: `${count} ${timeframe} bars are too few` };
    }
    return {
      kind: 'reading',
      availableAtMs: bars.timeMs[count - 1]! + timeframeMs(timeframe),
      reading: {
        market: state.market,
        marketBars: state.marketBars,
        volatility: state.volatility,
        volatilityBars: state.volatilityBars,
        volatilityRatio: Number(state.ratio.toFixed(2)),
        adx14: Number(state.adx.value.toFixed(1)),
        efficiencyRatio10: Number(state.efficiency.value.toFixed(2)),
      },
    };
  },
};
