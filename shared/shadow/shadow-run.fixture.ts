import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import { MARKET_ENTRY } from '../entry.ts';
import { GuardSettingsSchema } from '../guard/settings.ts';
import { Atr } from '../indicators/atr.ts';
import { RiskLimitsSchema } from '../risk/limits.ts';
import type { Instrument } from '../venue.ts';
import { ShadowAccount } from './shadow-account.ts';
import type { ShadowBar, ShadowTerms, ShadowTrade } from './shadow-types.ts';

export const HOUR = 3_600_000;
export const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];

const instrument = (pair: string): Instrument => ({
  pair,
  tick: '0.0001',
  priceDecimals: 4,
  lot: '0.0001',
  minQuantity: '0.001',
  minCost: '1',
  takerFee: 0.004,
  makerFee: 0.0025,
  leverageBuy: [],
  leverageSell: [],
  status: 'online',
});

/** The same, lent at what Kraken's pages tell. */
export const lent = (pair: string): Instrument => ({
  ...instrument(pair),
  leverageSell: [2, 3],
  marginRatePct: { open: 0.02, rollover: 0.01 },
  marginCallPct: 80,
});

/** Fees and spread as in the sample desk; `risk` changes limits. */
export function termsOf(pairs: string[], risk: object = {}): ShadowTerms {
  return {
    pairs,
    barMs: HOUR,
    limits: RiskLimitsSchema.parse(risk),
    entry: MARKET_ENTRY,
    guard: GuardSettingsSchema.parse({ targetSlippagePct: 0.2 }),
    timeframe: '1h',
    instruments: pairs.map(instrument),
    costs: pairs.map(() => ({ halfSpread: 0.0002, stopSlippage: 0.0004 })),
    balances: { USDT: '1000' },
  };
}

export const long = (change: Partial<Decision> = {}): Decision => ({
  evidenceFor: [],
  evidenceAgainst: [],
  action: 'long',
  confidence: 0.65,
  horizonHours: 24,
  entry: { type: 'market', price: null },
  stopLossPct: 1.5,
  takeProfitPct: [8],
  sizePct: null,
  leverage: null,
  expectedReturnPct: null,
  invalidation: null,
  reasoning: '',
  ...change,
});
export const close = (): Decision => long({ action: 'close' });

export function barOf(columns: CandleColumns, i: number): CandleColumns {
  return {
    timeMs: columns.timeMs.slice(i, i + 1),
    open: columns.open.slice(i, i + 1),
    high: columns.high.slice(i, i + 1),
    low: columns.low.slice(i, i + 1),
    close: columns.close.slice(i, i + 1),
    volume: columns.volume.slice(i, i + 1),
  };
}

/** ATR 14 at every close and its ratio to its mean so far. */
function volatilityOf(columns: CandleColumns): { atrPct: number | null; ratio: number | null }[] {
  const atr = new Atr(14);
  let [sum, count] = [0, 0];
  return Array.from(columns.close, (price, i) => {
    atr.update(columns.high[i]!, columns.low[i]!, price);
    if (!atr.ready) return { atrPct: null, ratio: null };
    const atrPct = (100 * atr.value) / price;
    sum += atrPct;
    count++;
    return { atrPct, ratio: atrPct / (sum / count) };
  });
}

/** Feeds bars from `from` + 1 on with what `decide` says at each close, from `from` on. */
export function run(
  terms: ShadowTerms,
  market: readonly CandleColumns[],
  from: number,
  decide: (pair: number, bar: number, held: 'long' | 'short' | null) => Decision | null,
  costUsd = 0,
): { shadow: ShadowAccount; trades: ShadowTrade[] } {
  const calm = market.map(volatilityOf);
  const closes = market.map((m) => m.close[from]!);
  let shadow = ShadowAccount.opened(terms, market[0]!.timeMs[from]!, closes);
  const trades: ShadowTrade[] = [];
  for (let i = from + 1; i < market[0]!.close.length; i++) {
    const bar: ShadowBar = {
      barMs: market[0]!.timeMs[i]!,
      candles: market.map((m) => barOf(m, i)),
      volatility: (p) => ({
        atrPct: calm[p]![i - 1]!.atrPct,
        volatilityRatio: calm[p]![i - 1]!.ratio,
      }),
      watched: (p) => market[p]!.close[i - 1]!,
    };
    const decisions = terms.pairs.map((_, p) => decide(p, i - 1, shadow.sideOn(p)));
    trades.push(...shadow.advance(bar, { kind: 'decisions', decisions, costUsd }));
    // As it is kept: what JSON loses would show.
    const saved = JSON.parse(JSON.stringify(shadow.saved())) as ReturnType<ShadowAccount['saved']>;
    shadow = ShadowAccount.restored(terms, saved, closes);
  }
  return { shadow, trades };
}

export type Row = [open: number, high: number, low: number, close: number];
export const rows = (list: Row[]): CandleColumns => {
  const column = (k: number): Float64Array => Float64Array.from(list, (row) => row[k]!);
  return {
    timeMs: Float64Array.from(list, (_, i) => Date.UTC(2026, 0, 5) + i * HOUR),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: new Float64Array(list.length).fill(1),
  };
};
/** No costs but fees, no floor on reward: prices can be checked on paper. */
export const PLAIN = { slippageBps: 0, rewardRisk: 0, stopMinAtr: 0, volatilityTargetPct: null };
export const free = (change: object = {}): ShadowTerms => ({
  ...termsOf(['BTC/USDT'], { ...PLAIN, ...change }),
  costs: [{ halfSpread: 0, stopSlippage: 0 }],
});
export const quiet: Row = [100, 100.5, 99.5, 100];
