import { Atr } from '../indicators/atr.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { ENTER_LONG, SAYS_NOTHING, type BarStrategy } from './bar-strategy.ts';
import { targetFor, type ExitParameters } from './exits.ts';

/**
 * Enters at random closes with the exits of the others: what the exits alone are worth. The same seed
 * gives the same entries.
 */
export class RandomEntryBars implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  private readonly chance: number;
  private readonly exits: ExitParameters;
  private readonly atr = new Atr(14);
  private readonly random: () => number;

  /** `chance`: probability of an entry at a close, 0 to 1. */
  constructor(chance: number, seed: number, exits: ExitParameters) {
    this.chance = chance;
    this.exits = exits;
    this.random = seededRandom(seed);
  }

  update(_timeMs: number, _open: number, high: number, low: number, close: number): number {
    this.atr.update(high, low, close);
    const drawn = this.random();
    if (drawn >= this.chance || !this.atr.ready) return SAYS_NOTHING;
    this.stopPct = (100 * this.exits.stopAtr * this.atr.value) / close;
    this.targetPct = targetFor(this.stopPct, this.exits);
    return ENTER_LONG;
  }
}
