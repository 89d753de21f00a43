import { Adx } from '../indicators/adx.ts';
import { Atr } from '../indicators/atr.ts';
import { EfficiencyRatio } from '../indicators/efficiency-ratio.ts';
import { Sma } from '../indicators/sma.ts';

export const MARKET_REGIMES = ['trend-up', 'trend-down', 'range'] as const;
export type MarketRegime = (typeof MARKET_REGIMES)[number];
export const VOLATILITY_REGIMES = ['calm', 'usual', 'wild'] as const;
export type VolatilityRegime = (typeof VOLATILITY_REGIMES)[number];

/** Where a regime begins and where it ends: between the two it stays what it was. */
export interface RegimeParameters {
  /** A trend begins at this ADX 14 or more and ends below the other. */
  trendEnter: number;
  trendExit: number;
  /** ATR 14 over its own mean from which volatility is wild, and below which it is no more. */
  wildEnter: number;
  wildExit: number;
  /** The same for calm: begins at or below, ends above. */
  calmEnter: number;
  calmExit: number;
  /** Bars of that mean. */
  usualBars: number;
}

export const REGIME_PARAMETERS: RegimeParameters = {
  trendEnter: 25,
  trendExit: 20,
  wildEnter: 1.5,
  wildExit: 1.2,
  calmEnter: 0.7,
  calmExit: 0.85,
  usualBars: 100,
};

/** The market regime after a value of ADX and the side of the stronger directional index. */
export function nextMarketRegime(
  before: MarketRegime,
  adx: number,
  side: 1 | 0 | -1,
  { trendEnter, trendExit }: Pick<RegimeParameters, 'trendEnter' | 'trendExit'>,
): MarketRegime {
  const trend: MarketRegime = side === 1 ? 'trend-up' : side === -1 ? 'trend-down' : 'range';
  if (adx >= trendEnter) return trend;
  // Weaker than a beginning: what stands goes on, on its own side and above its end.
  return before === trend && adx >= trendExit ? before : 'range';
}

/** The volatility regime after a ratio of volatility to its usual value. */
export function nextVolatilityRegime(
  before: VolatilityRegime,
  ratio: number,
  p: Pick<RegimeParameters, 'wildEnter' | 'wildExit' | 'calmEnter' | 'calmExit'>,
): VolatilityRegime {
  if (ratio >= p.wildEnter) return 'wild';
  if (ratio <= p.calmEnter) return 'calm';
  if (before === 'wild' && ratio >= p.wildExit) return 'wild';
  if (before === 'calm' && ratio <= p.calmExit) return 'calm';
  return 'usual';
}

/**
 * Regimes of one timeframe, bar by bar: trend or range by ADX 14, and volatility by ATR 14 (percent of the
 * close) over its mean of `usualBars`, each with hysteresis, so that a value near a border does not flicker.
 * `update` allocates nothing.
 */
export class RegimeState {
  market: MarketRegime = 'range';
  volatility: VolatilityRegime = 'usual';
  /** Bars since the market's regime began, this one included. */
  marketBars = 0;
  volatilityBars = 0;
  /** ATR over its usual value; NaN while not warmed up. */
  ratio = NaN;
  readonly adx = new Adx(14);
  readonly efficiency = new EfficiencyRatio(10);
  private readonly atr = new Atr(14);
  private readonly usual: Sma;
  private readonly parameters: RegimeParameters;

  constructor(parameters: RegimeParameters = REGIME_PARAMETERS) {
    this.parameters = parameters;
    this.usual = new Sma(parameters.usualBars);
  }

  update(high: number, low: number, close: number): void {
    this.adx.update(high, low, close);
    this.atr.update(high, low, close);
    this.efficiency.update(close);
    if (this.adx.ready) {
      const side = Math.sign(this.adx.plusDi - this.adx.minusDi) as 1 | 0 | -1; // of no NaN
      const next = nextMarketRegime(this.market, this.adx.value, side, this.parameters);
      this.marketBars = next === this.market ? this.marketBars + 1 : 1;
      this.market = next;
    }
    if (!this.atr.ready || close <= 0) return;
    const pct = (this.atr.value / close) * 100;
    this.usual.update(pct);
    if (!this.usual.ready) return;
    this.ratio = this.usual.value === 0 ? 1 : pct / this.usual.value;
    const next = nextVolatilityRegime(this.volatility, this.ratio, this.parameters);
    this.volatilityBars = next === this.volatility ? this.volatilityBars + 1 : 1;
    this.volatility = next;
  }

  get ready(): boolean {
    return this.adx.ready && this.usual.ready;
  }
}
