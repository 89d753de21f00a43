import { aggregateCandles } from '../../candles/timeframes.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { isoTime, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import { instrumentFor } from './instruments.ts';
import { readers, type MarketSource } from './market-source.ts';
import { syntheticMarket } from './synthetic-market.ts';

export interface SyntheticSourceOptions {
  seed: number;
  pairs?: readonly Pair[];
  fromMs: number;
  /** Without an end the market goes on for ever. */
  toMs?: number;
  /** The candles on which prices move. */
  step?: Timeframe;
}

const DEFAULT_PAIRS: readonly Pair[] = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
const USUAL_PRICES: Record<Pair, number> = { 'BTC/USDT': 60_000, 'XRP/USDT': 0.6, 'XRP/BTC': 1e-5 };

/** The market of a seed, with 320 days of history before `fromMs`. */
export function createSyntheticSource(options: SyntheticSourceOptions): MarketSource {
  const { fromMs, seed } = options;
  const pairs = options.pairs ?? DEFAULT_PAIRS;
  const step = options.step ?? '5m';
  const stepMs = timeframeMs(step);
  const toMs = options.toMs ?? null;
  if (fromMs % stepMs !== 0 || (toMs !== null && (toMs % stepMs !== 0 || toMs <= fromMs))) {
    throw new Error(
      `the range ${isoTime(fromMs)}..${toMs === null ? '' : isoTime(toMs)} must lie on the ${step} grid and not be empty`,
    );
  }
  const instruments = new Map(pairs.map((p) => [p, instrumentFor(p, USUAL_PRICES[p] ?? 10)]));
  const market = syntheticMarket({
    seed,
    originMs: fromMs,
    step,
    pairs,
    decimals: Object.fromEntries([...instruments].map(([p, i]) => [p, i.priceDecimals])),
  });
  let generatedMs = fromMs;
  const bars = new Map<string, { rows: number; columns: CandleColumns }>();

  function columnsTo(pair: Pair, untilMs: number): CandleColumns {
    // Asking for far more than the clock will see soon would never end on a market without an end.
    generatedMs = Math.max(generatedMs, Math.min(untilMs, generatedMs + 40 * 86_400_000));
    return market.candles(pair, generatedMs);
  }

  function barsTo(pair: Pair, timeframe: Timeframe, atMs: number): CandleColumns {
    const base = columnsTo(pair, atMs);
    const key = `${pair} ${timeframe}`;
    const known = bars.get(key);
    if (known !== undefined && known.rows === base.timeMs.length) return known.columns;
    const columns = aggregateCandles(base, step, timeframe);
    bars.set(key, { rows: base.timeMs.length, columns });
    return columns;
  }

  let horizonMs = fromMs;
  const view = readers(
    step,
    (pair) => columnsTo(pair, horizonMs + stepMs),
    (pair, timeframe) => barsTo(pair, timeframe, horizonMs),
  );
  const upTo = (ms: number): void => {
    if (ms > horizonMs && ms < Number.MAX_SAFE_INTEGER) horizonMs = ms;
  };
  return {
    pairs,
    instruments,
    baseTimeframe: step,
    fromMs,
    toMs,
    files: [],
    passedOver: [],
    candle: (pair, openMs) => (upTo(openMs), view.candle(pair, openMs)),
    fold: (pair, from, to) => (upTo(to), view.fold(pair, from, to)),
    bars: (pair, timeframe, atMs, count) => (upTo(atMs), view.bars(pair, timeframe, atMs, count)),
  };
}
