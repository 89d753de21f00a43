import type { CandleColumns } from '../../shared/candle.ts';
import type { ExitSettings } from '../../shared/backtest/exit-settings.ts';
import type { RecordedDecisions } from '../../shared/backtest/recorded-decisions.ts';
import type { Gap } from '../../shared/backtest/segments.ts';
import type { WalkForwardOptions } from '../../shared/backtest/walk-forward.ts';
import type { EntrySettings } from '../../shared/entry.ts';
import type { MarginSettings } from '../../shared/margin.ts';
import type { Asset, Pair } from '../../shared/pair.ts';
import type { RiskLimits } from '../../shared/risk/limits.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import type { Instrument } from '../../shared/venue.ts';
import type { SweepSearch } from './sweep-plan.ts';

/** One backtest as asked for: plain data, so that it can be hashed, stored and sent. */
export interface StudyRequest {
  strategy: string;
  /** Checked by `parseBarStrategy`. */
  params: Record<string, unknown>;
  dataDir: string;
  pairs: Pair[];
  timeframe: Timeframe;
  /** Open time of the first bar; null for the first there is. */
  fromMs: number | null;
  /** Open time after the last bar; null for all. */
  toMs: number | null;
  /** No risk engine, fixed quantity, each pair one series by itself. */
  fillsOnly: boolean;
  /** `desk`: the risk engine with TripleGain's limits; `none`: an equal share of the account per entry. */
  limits: 'desk' | 'none';
  /** Limits of that risk engine; absent: TripleGain's. */
  risk?: RiskLimits;
  /** Shorts on margin under that risk engine; absent: none. */
  margin?: MarginSettings;
  /** How the desk enters: at the market, or post-only at the bid. Absent: at the market. */
  entry?: EntrySettings['type'];
  /** Venue time after which a post-only entry ends, minutes; absent: an hour. */
  entryMinutes?: number;
  /** How positions are left beside stop, target and signal; absent: by nothing else. */
  exits?: ExitSettings;
  /** Finer bars that tell which of stop and target came first inside a bar; null for the stop, always. */
  beneath: Timeframe | null;
  /** More missing bars than this end a segment. */
  gapBars: number;
  /** Confidence of the strategy's answers, for the risk engine. */
  confidence: number;
  /** Start balances; null for the usual ones. */
  balances: Record<Asset, number> | null;
}

/** What a sweep tries, as plain data. */
export interface SweepPlan {
  /** Parameters of each set, complete; none for a search, which finds its own. */
  sets: Record<string, unknown>[];
  search?: SweepSearch;
  walkForward: WalkForwardOptions | null;
}

/** What was read for one pair. */
export interface PairData {
  pair: Pair;
  bars: CandleColumns;
  file: string;
  /** Timeframe of the file; finer than the study's when bars were built from it. */
  fileTimeframe: Timeframe;
  gaps: Gap[];
  /** Finer bars, where they were asked for and exist. */
  beneath: CandleColumns | null;
  /** What was recorded of the pair, for the strategy `recorded`. */
  recorded?: RecordedDecisions;
}

/** What a backtest needs to know of a pair's venue. */
export interface StudyInstrument {
  instrument: Instrument;
  /** Shares of the price. */
  halfSpread: number;
  stopSlippage: number;
}

/** Facts of a pair for prices around `price`. */
export type InstrumentFor = (pair: Pair, price: number) => StudyInstrument;
