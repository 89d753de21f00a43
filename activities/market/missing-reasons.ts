import type { CandleColumns } from '../../shared/candle.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { TIMEFRAMES, timeframeMs } from '../../shared/timeframe.ts';

const HOUR_MS = 3_600_000;
/** What a value looks back on, hours of the desk's timeframe. */
const LOOKS_BACK = {
  'price.change1hPct': 1,
  'price.change24hPct': 24,
  'volume.base24h': 24,
  'volume.ratioTo7dMean': 7 * 24,
} as const;

/**
 * Why values of a snapshot are null, each by its name there: market values and indicators that need more bars than
 * have closed. `decided` are the bars of the desk's timeframe.
 */
export function missingReasons(
  snapshot: Pick<Snapshot, 'price' | 'volume' | 'timeframe' | 'timeframes' | 'extraIndicators'>,
  decided: CandleColumns,
): Record<string, string> {
  const { price, volume, timeframe, timeframes, extraIndicators = {} } = snapshot;
  const reasons: Record<string, string> = {};
  const values: Record<keyof typeof LOOKS_BACK, number | null> = {
    'price.change1hPct': price.change1hPct,
    'price.change24hPct': price.change24hPct,
    'volume.base24h': volume.base24h,
    'volume.ratioTo7dMean': volume.ratioTo7dMean,
  };
  for (const [name, value] of Object.entries(values)) {
    if (value !== null) continue;
    const bars = (LOOKS_BACK[name as keyof typeof LOOKS_BACK] * HOUR_MS) / timeframeMs(timeframe);
    const closed = decided.close.length;
    reasons[name] = !Number.isInteger(bars)
      ? `the desk decides on bars of ${timeframe}, which are longer`
      : name === 'volume.ratioTo7dMean' && closed >= bars
        ? 'nothing was traded within the seven days'
        : `${closed} closed ${timeframe} bars are too few`;
  }
  for (const each of TIMEFRAMES) {
    const indicators = timeframes[each]?.indicators ?? {};
    const names = Object.keys(indicators).filter((name) => indicators[name] === null);
    if (names.length > 0) {
      reasons[`timeframes.${each}.indicators`] =
        `too few closed ${each} bars for ${names.join(', ')}`;
    }
  }
  for (const [name, value] of Object.entries(extraIndicators)) {
    if (value === null) reasons[`extraIndicators.${name}`] = 'too few closed bars';
  }
  return reasons;
}
