import { baseOf, quoteOf, type Asset, type Pair } from '../../../shared/pair.ts';
import type { ReviewedMarket } from '../../../shared/risk/entry-input.ts';
import { timeframeMs, type Timeframe } from '../../../shared/timeframe.ts';

export interface InputTimes {
  pair: Pair;
  /** Timeframe that is decided on. */
  timeframe: Timeframe;
  /** Venue time of the review, Unix ms. */
  nowMs: number;
  /** Open time of the latest closed bar of the pair by timeframe; null where the venue has none. */
  lastBars: Partial<Record<Timeframe, number | null>>;
  /** Open time of the latest bar of each pair that the account is valued with. */
  valued: Record<Pair, number>;
  /** Assets of the account with more than nothing of them. */
  held: readonly Asset[];
}

/**
 * How late each input of a review is, for rule `freshness`. The bars that are decided on must include the
 * last close that there was; those of other lengths are late from the first close that they lack, and are not
 * required where the venue has none. Prices that value what is held or traded are late like their bars.
 */
export function inputAges(of: InputTimes): ReviewedMarket['inputs'] {
  const length = timeframeMs(of.timeframe);
  const lastClose = Math.floor(of.nowMs / length) * length;
  const since = (openMs: number | null | undefined): number | null =>
    openMs == null ? null : lastClose - openMs - length;
  const bars = Object.entries(of.lastBars) as [Timeframe, number | null][];
  const assets = new Set([baseOf(of.pair), quoteOf(of.pair), ...of.held]);
  assets.delete('USDT');
  return [
    { name: `${of.timeframe} bars`, ageMs: since(of.lastBars[of.timeframe]), required: true },
    ...bars
      .filter(([timeframe]) => timeframe !== of.timeframe)
      .map(([timeframe, openMs]) => ({
        name: `${timeframe} bars`,
        ageMs: openMs === null ? null : Math.max(0, of.nowMs - openMs - 2 * timeframeMs(timeframe)),
        required: openMs !== null,
      })),
    ...[...assets].sort().map((asset) => {
      const openMs = pricedAt(asset, of.valued);
      const isTraded = asset === baseOf(of.pair) || asset === quoteOf(of.pair);
      // what cannot be valued counts as nothing, and hinders only who wants to trade it
      return {
        name: `price of ${asset}`,
        ageMs: since(openMs),
        required: isTraded || openMs !== null,
      };
    }),
  ];
}

/** Bar that gives the asset's price: of its pair with USDT, else the latest of a pair that has it as base. */
function pricedAt(asset: Asset, valued: Record<Pair, number>): number | null {
  const direct = valued[`${asset}/USDT`];
  if (direct !== undefined) return direct;
  const others = Object.entries(valued).filter(([pair]) => baseOf(pair) === asset);
  return others.length === 0 ? null : Math.max(...others.map(([, openMs]) => openMs));
}
