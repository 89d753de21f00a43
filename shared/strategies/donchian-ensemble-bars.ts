import { Atr } from '../indicators/atr.ts';
import { ENTER_LONG, LEAVE_LONG, SAYS_NOTHING, type BarStrategy } from './bar-strategy.ts';
import { targetFor, type ExitParameters } from './exits.ts';
import { Donchian } from '../indicators/donchian.ts';

/**
 * Many Donchian breakouts on closes as one vote (after Zarattini, Pagani and Barbon 2025): each lookback is
 * long from a close above its channel until a close below a trailing stop, the highest midpoint its channel
 * had meanwhile. Enters when at least `share` of the lookbacks are long, leaves when fewer are. The paper's
 * sizing by volatility is not part of it; the engine sizes.
 */
export class DonchianEnsembleBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly channels: Donchian[];
  private readonly trail: Float64Array;
  private readonly share: number;
  private readonly exits: ExitParameters | null;
  private readonly atr = new Atr(14);

  /** `lookbacks` in bars; `exits` null for none but the trailing ones. */
  constructor(lookbacks: readonly number[], share: number, exits: ExitParameters | null) {
    this.channels = lookbacks.map((bars) => new Donchian(bars));
    // 0 while a lookback is flat: no price lies below it.
    this.trail = new Float64Array(lookbacks.length);
    this.share = share;
    this.exits = exits;
  }

  update(_timeMs: number, _open: number, high: number, low: number, close: number): number {
    const { channels, trail } = this;
    this.atr.update(high, low, close);
    let long = 0;
    for (let k = 0; k < channels.length; k++) {
      const channel = channels[k]!;
      channel.update(close, close);
      if (!channel.ready) continue;
      const middle = (channel.high + channel.low) / 2;
      if (trail[k]! > 0) trail[k] = close < trail[k]! ? 0 : Math.max(trail[k]!, middle);
      else if (close > channel.highBefore) trail[k] = middle;
      if (trail[k]! > 0) long++;
    }
    if (!this.atr.ready) return SAYS_NOTHING;
    if (long < this.share * channels.length) return LEAVE_LONG;
    if (this.exits !== null) {
      this.stopPct = (100 * this.exits.stopAtr * this.atr.value) / close;
      this.targetPct = targetFor(this.stopPct, this.exits);
    }
    return ENTER_LONG;
  }
}
