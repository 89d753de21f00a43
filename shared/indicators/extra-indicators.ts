import * as library from 'technicalindicators';
import { z } from 'zod';
import type { CandleColumns } from '../candle.ts';
import { TIMEFRAMES } from '../timeframe.ts';

/**
 * Indicators beyond our own set that a profile may ask for: those of technicalindicators that turn
 * candles into one row a bar, under the library's names.
 */
export const EXTRA_INDICATORS = [
  'adl',
  'awesomeoscillator',
  'cci',
  'chandelierexit',
  'forceindex',
  'ichimokucloud',
  'keltnerchannels',
  'kst',
  'mfi',
  'obv',
  'psar',
  'roc',
  'sma',
  'stochastic',
  'stochasticrsi',
  'trix',
  'williamsr',
  'wma',
] as const;
type Name = (typeof EXTRA_INDICATORS)[number];

// One shape per name; here all are rows for candles.
const LIBRARY = library as unknown as Record<Name, (input: object) => unknown[]>;

export const ExtraIndicatorSchema = z.strictObject({
  name: z.enum(EXTRA_INDICATORS),
  timeframe: z.enum(TIMEFRAMES).optional().describe('Default: the one that is decided on'),
  params: z
    .record(z.string(), z.union([z.number(), z.boolean()]))
    .default({})
    .describe("The library's own settings, e.g. { period: 14 }"),
});
export type ExtraIndicator = z.infer<typeof ExtraIndicatorSchema>;

export type ExtraValue = number | Record<string, number> | null;

/** Settings under which the library works when a profile names none. */
const DEFAULTS: Partial<Record<Name, Record<string, number | boolean>>> = {
  awesomeoscillator: { fastPeriod: 5, slowPeriod: 34 },
  cci: { period: 20 },
  chandelierexit: { period: 22, multiplier: 3 },
  forceindex: { period: 13 },
  ichimokucloud: { conversionPeriod: 9, basePeriod: 26, spanPeriod: 52, displacement: 26 },
  keltnerchannels: { maPeriod: 20, atrPeriod: 20, multiplier: 1.5, useSMA: false },
  kst: {
    ROCPer1: 10,
    ROCPer2: 15,
    ROCPer3: 20,
    ROCPer4: 30,
    SMAROCPer1: 10,
    SMAROCPer2: 10,
    SMAROCPer3: 10,
    SMAROCPer4: 15,
    signalPeriod: 9,
  },
  mfi: { period: 14 },
  psar: { step: 0.02, max: 0.2 },
  roc: { period: 12 },
  sma: { period: 20 },
  stochastic: { period: 14, signalPeriod: 3 },
  stochasticrsi: { rsiPeriod: 14, stochasticPeriod: 14, kPeriod: 3, dPeriod: 3 },
  trix: { period: 18 },
  williamsr: { period: 14 },
  wma: { period: 20 },
};

/** The latest value after these bars, or null while the library has none. */
export function extraIndicator(of: ExtraIndicator, bars: CandleColumns): ExtraValue {
  const series = {
    open: [...bars.open],
    high: [...bars.high],
    low: [...bars.low],
    close: [...bars.close],
    volume: [...bars.volume],
  };
  const rows = LIBRARY[of.name]({
    ...series,
    values: series.close,
    ...DEFAULTS[of.name],
    ...of.params,
  });
  return numbersOf(rows.at(-1));
}

function numbersOf(row: unknown): ExtraValue {
  if (typeof row === 'number') return Number.isFinite(row) ? significant(row) : null;
  if (typeof row !== 'object' || row === null) return null;
  const parts = Object.entries(row).filter(
    (part): part is [string, number] => typeof part[1] === 'number' && Number.isFinite(part[1]),
  );
  if (parts.length === 0) return null;
  return Object.fromEntries(parts.map(([name, value]) => [name, significant(value)]));
}

function significant(value: number): number {
  return Number(value.toPrecision(7));
}
