import { Atr } from '../indicators/atr.ts';
import { Bollinger } from '../indicators/bollinger.ts';
import { Donchian } from '../indicators/donchian.ts';
import { Keltner } from '../indicators/keltner.ts';
import { LinearRegression } from '../indicators/linear-regression.ts';
import { RollingRank } from '../indicators/rolling-rank.ts';
import { Sma } from '../indicators/sma.ts';
import { ENTER_LONG, LEAVE_LONG, SAYS_NOTHING, type BarStrategy } from './bar-strategy.ts';
import { targetFor, type ExitParameters } from './exits.ts';

export interface SqueezeParameters {
  /** Bandwidth must have been in the lowest share of this many bars... */
  rankBars: number;
  rankBelow: number;
  /** ... and the volume of the release this many times its 20-bar mean. */
  volumeRatio: number;
}

export const SQUEEZE_PARAMETERS: SqueezeParameters = {
  rankBars: 120,
  rankBelow: 0.2,
  volumeRatio: 1.5,
};

/**
 * Squeeze breakout: on the first bar on which the Bollinger bands (20, 2) leave the Keltner channel
 * (20, 1.5), enter if momentum is up; leave when momentum turns down. Momentum is the linear-regression
 * value over 20 bars of the close less the mean of channel midpoint and SMA 20.
 */
export class SqueezeBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly parameters: SqueezeParameters;
  private readonly exits: ExitParameters;
  private readonly atr = new Atr(14);
  private readonly bands = new Bollinger(20, 2);
  private readonly keltner = new Keltner(20, 1.5);
  private readonly channel = new Donchian(20);
  private readonly volume = new Sma(20);
  private readonly momentum = new LinearRegression(20);
  private readonly rank: RollingRank;
  private wasSqueezed = false;

  constructor(parameters: SqueezeParameters, exits: ExitParameters) {
    this.parameters = parameters;
    this.exits = exits;
    this.rank = new RollingRank(parameters.rankBars);
  }

  update(
    _timeMs: number,
    _open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): number {
    const { bands, keltner, channel } = this;
    const usual = this.volume.value;
    this.atr.update(high, low, close);
    bands.update(close);
    keltner.update(high, low, close);
    channel.update(high, low);
    this.volume.update(volume);
    if (!bands.ready || !keltner.ready || !channel.ready) return SAYS_NOTHING;
    const middle = ((channel.high + channel.low) / 2 + bands.middle) / 2;
    this.momentum.update(close - middle);
    // The rank before the release: the release itself widens the bands.
    const rankBefore = this.rank.value;
    this.rank.update((bands.upper - bands.lower) / bands.middle);
    const squeezed = bands.upper < keltner.upper && bands.lower > keltner.lower;
    const released = this.wasSqueezed && !squeezed;
    this.wasSqueezed = squeezed;
    if (!this.momentum.ready) return SAYS_NOTHING;
    if (this.momentum.value < 0) return LEAVE_LONG;
    if (!released || !(rankBefore < this.parameters.rankBelow)) return SAYS_NOTHING;
    if (!(volume > this.parameters.volumeRatio * usual)) return SAYS_NOTHING;
    this.stopPct = (100 * this.exits.stopAtr * this.atr.value) / close;
    this.targetPct = targetFor(this.stopPct, this.exits);
    return ENTER_LONG;
  }
}
