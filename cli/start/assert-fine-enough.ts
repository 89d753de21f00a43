import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';

/**
 * Throws when the exchange's prices move on longer candles than the desk decides on: no bar of the desk would
 * ever close, and it would wait without a word.
 */
export function assertFineEnough(of: {
  desk: string;
  timeframe: Timeframe;
  market: { baseTimeframe: Timeframe; passedOver: { timeframe: string; reason: string }[] };
  isMadeUp: boolean;
}): void {
  const { desk, timeframe, market } = of;
  if (timeframeMs(market.baseTimeframe) <= timeframeMs(timeframe)) return;
  const reasons = market.passedOver.map((p) => `${p.timeframe}: ${p.reason}`).join('; ');
  throw new Error(
    `desk ${desk} decides on ${timeframe} bars, but prices move on ${market.baseTimeframe} candles` +
      `${reasons === '' ? '' : ` (${reasons})`}; ` +
      (of.isMadeUp
        ? 'choose --speed 20 or less, for a finer market, or a longer timeframe in the profile'
        : 'choose other pairs, another range or finer candle files, or a longer timeframe in the profile'),
  );
}
