import type { CandleColumns } from '../candle.ts';
import { Adx } from './adx.ts';
import { Atr } from './atr.ts';
import { Bollinger } from './bollinger.ts';
import { BreakoutState } from './breakout-state.ts';
import { Donchian } from './donchian.ts';
import { EfficiencyRatio } from './efficiency-ratio.ts';
import { Ema } from './ema.ts';
import { Keltner } from './keltner.ts';
import { Macd } from './macd.ts';
import { Rsi } from './rsi.ts';
import { Sma } from './sma.ts';
import { TrendState, type Direction } from './trend-state.ts';
import { RollingVwap } from './vwap.ts';

/**
 * The latest value of every indicator on one timeframe; null while it is not warmed up. Averages, bands
 * and channels are prices in the quote asset; RSI, ADX and DI run from 0 to 100, ratios from 0 to 1.
 */
export interface IndicatorSet {
  ema9: number | null;
  ema20: number | null;
  ema21: number | null;
  ema50: number | null;
  ema200: number | null;
  rsi14: number | null;
  rsi21: number | null;
  macd: number | null;
  macdSignal: number | null;
  macdHistogram: number | null;
  atr14: number | null;
  adx14: number | null;
  plusDi14: number | null;
  minusDi14: number | null;
  bollingerUpper: number | null;
  bollingerMiddle: number | null;
  bollingerLower: number | null;
  keltnerUpper: number | null;
  keltnerLower: number | null;
  /** Bollinger bands inside the Keltner channel: volatility is compressed. */
  keltnerSqueeze: boolean | null;
  /** Volume-weighted average price of the last 24 hours, rolling. */
  vwap: number | null;
  /** Channels of the bars before the last one. */
  donchian20High: number | null;
  donchian20Low: number | null;
  donchian10High: number | null;
  donchian10Low: number | null;
  donchian55High: number | null;
  donchian55Low: number | null;
  efficiencyRatio10: number | null;
  /** Mean volume of the last 20 bars, base asset. */
  volumeMean20: number | null;
  /** Direction in which a trend stands (see TrendState): 1 up, -1 down, 0 none. */
  trendDirection: Direction | null;
  /** Direction of a Donchian 20/10 breakout that still stands (see BreakoutState). */
  breakoutDirection: Direction | null;
}

/** All indicators of an IndicatorSet, kept bar by bar; `update` allocates nothing. */
export class IndicatorBank {
  count = 0;
  private readonly ema9 = new Ema(9);
  private readonly ema20 = new Ema(20);
  private readonly ema200 = new Ema(200);
  private readonly rsi14 = new Rsi(14);
  private readonly rsi21 = new Rsi(21);
  private readonly macd = new Macd(12, 26, 9);
  private readonly atr14 = new Atr(14);
  private readonly adx14 = new Adx(14);
  private readonly bollinger = new Bollinger(20, 2);
  private readonly keltner = new Keltner(20, 1.5);
  private readonly vwap = new RollingVwap();
  private readonly donchian55 = new Donchian(55);
  private readonly efficiency = new EfficiencyRatio(10);
  private readonly volumeMean = new Sma(20);
  private readonly trend = new TrendState();
  private readonly breakout = new BreakoutState();
  private readonly ema21 = new Ema(21);
  private readonly ema50 = new Ema(50);
  private readonly donchian20 = new Donchian(20);
  private readonly donchian10 = new Donchian(10);

  update(timeMs: number, high: number, low: number, close: number, volume: number): void {
    this.count++;
    this.ema9.update(close);
    this.ema20.update(close);
    this.ema21.update(close);
    this.ema50.update(close);
    this.ema200.update(close);
    this.rsi14.update(close);
    this.rsi21.update(close);
    this.macd.update(close);
    this.atr14.update(high, low, close);
    this.adx14.update(high, low, close);
    this.bollinger.update(close);
    this.keltner.update(high, low, close);
    this.vwap.update(timeMs, high, low, close, volume);
    this.donchian10.update(high, low);
    this.donchian20.update(high, low);
    this.donchian55.update(high, low);
    this.efficiency.update(close);
    this.volumeMean.update(volume);
    this.trend.update(high, low, close);
    this.breakout.update(high, low, close);
  }

  /** The values after the latest bar. */
  read(): IndicatorSet {
    const { macd, adx14, bollinger, keltner, donchian10, donchian20, donchian55 } = this;
    const bandsReady = bollinger.ready && keltner.ready;
    return {
      ema9: when(this.ema9.ready, this.ema9.value),
      ema20: when(this.ema20.ready, this.ema20.value),
      ema21: when(this.ema21.ready, this.ema21.value),
      ema50: when(this.ema50.ready, this.ema50.value),
      ema200: when(this.ema200.ready, this.ema200.value),
      rsi14: when(this.rsi14.ready, this.rsi14.value),
      rsi21: when(this.rsi21.ready, this.rsi21.value),
      macd: when(macd.ready, macd.value),
      macdSignal: when(macd.ready, macd.signal),
      macdHistogram: when(macd.ready, macd.histogram),
      atr14: when(this.atr14.ready, this.atr14.value),
      adx14: when(adx14.ready, adx14.value),
      plusDi14: when(adx14.ready, adx14.plusDi),
      minusDi14: when(adx14.ready, adx14.minusDi),
      bollingerUpper: when(bollinger.ready, bollinger.upper),
      bollingerMiddle: when(bollinger.ready, bollinger.middle),
      bollingerLower: when(bollinger.ready, bollinger.lower),
      keltnerUpper: when(keltner.ready, keltner.upper),
      keltnerLower: when(keltner.ready, keltner.lower),
      keltnerSqueeze: when(
        bandsReady,
        bollinger.upper < keltner.upper && bollinger.lower > keltner.lower,
      ),
      vwap: when(!Number.isNaN(this.vwap.value), this.vwap.value),
      donchian20High: when(donchian20.ready, donchian20.highBefore),
      donchian20Low: when(donchian20.ready, donchian20.lowBefore),
      donchian10High: when(donchian10.ready, donchian10.highBefore),
      donchian10Low: when(donchian10.ready, donchian10.lowBefore),
      donchian55High: when(donchian55.ready, donchian55.highBefore),
      donchian55Low: when(donchian55.ready, donchian55.lowBefore),
      efficiencyRatio10: when(this.efficiency.ready, this.efficiency.value),
      volumeMean20: when(this.volumeMean.ready, this.volumeMean.value),
      trendDirection: when(this.trend.ready, this.trend.direction),
      breakoutDirection: when(this.breakout.ready, this.breakout.direction),
    };
  }
}

/** The set after the last of these bars; every field is null for no bars at all. */
export function computeIndicators(columns: CandleColumns): IndicatorSet {
  const bank = new IndicatorBank();
  const { timeMs, high, low, close, volume } = columns;
  for (let i = 0; i < close.length; i++) {
    bank.update(timeMs[i]!, high[i]!, low[i]!, close[i]!, volume[i]!);
  }
  return bank.read();
}

function when<T>(isReady: boolean, value: T): T | null {
  return isReady ? value : null;
}
