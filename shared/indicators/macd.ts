import { Ema } from './ema.ts';

/**
 * Moving average convergence divergence: fast EMA less slow EMA, its own EMA as signal, and the
 * difference of the two as histogram. Ready after slow + signal - 1 closes. All averages start from
 * their first input (see Ema); technicalindicators seeds the three with plain means.
 */
export class Macd {
  value = NaN;
  signal = NaN;
  histogram = NaN;
  count = 0;
  private readonly fast: Ema;
  private readonly slow: Ema;
  private readonly average: Ema;
  private readonly needed: number;

  constructor(fast = 12, slow = 26, signal = 9) {
    this.fast = new Ema(fast);
    this.slow = new Ema(slow);
    this.average = new Ema(signal);
    this.needed = slow + signal - 1;
  }

  update(close: number): void {
    this.fast.update(close);
    this.slow.update(close);
    this.value = this.fast.value - this.slow.value;
    this.average.update(this.value);
    this.signal = this.average.value;
    this.histogram = this.value - this.signal;
    this.count++;
  }

  get ready(): boolean {
    return this.count >= this.needed;
  }
}
