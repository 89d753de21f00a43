import { REBUILD_EVERY } from './rebuild.ts';

const DAY_MS = 86_400_000;

/**
 * Volume-weighted average of the typical price (H+L+C)/3 over the bars that opened within the last 24
 * hours (rolling, no session: these markets never close). It needs no warm-up: with less history it is
 * the average of what there is. NaN while nothing was traded.
 */
export class RollingVwap {
  value = NaN;
  count = 0;
  private readonly windowMs: number;
  private times: Float64Array;
  private money: Float64Array;
  private volumes: Float64Array;
  private head = 0;
  private size = 0;
  private moneySum = 0;
  private volumeSum = 0;

  /** `capacity`: bars expected in the window at most; the ring grows when there are more. */
  constructor(windowMs = DAY_MS, capacity = 96) {
    this.windowMs = windowMs;
    this.times = new Float64Array(capacity);
    this.money = new Float64Array(capacity);
    this.volumes = new Float64Array(capacity);
  }

  update(timeMs: number, high: number, low: number, close: number, volume: number): void {
    const oldest = timeMs - this.windowMs;
    while (this.size > 0 && this.times[this.head]! <= oldest) {
      this.moneySum -= this.money[this.head]!;
      this.volumeSum -= this.volumes[this.head]!;
      this.head = this.head + 1 === this.times.length ? 0 : this.head + 1;
      this.size--;
    }
    if (this.size === this.times.length) this.grow();
    const money = ((high + low + close) / 3) * volume;
    const at = (this.head + this.size) % this.times.length;
    this.times[at] = timeMs;
    this.money[at] = money;
    this.volumes[at] = volume;
    this.size++;
    this.moneySum += money;
    this.volumeSum += volume;
    this.count++;
    if (this.count % REBUILD_EVERY === 0) this.rebuild();
    this.value = this.volumeSum > 0 ? this.moneySum / this.volumeSum : NaN;
  }

  private rebuild(): void {
    let money = 0;
    let volume = 0;
    for (let i = 0; i < this.size; i++) {
      const at = (this.head + i) % this.times.length;
      money += this.money[at]!;
      volume += this.volumes[at]!;
    }
    this.moneySum = money;
    this.volumeSum = volume;
  }

  private grow(): void {
    const unroll = (from: Float64Array): Float64Array => {
      const to = new Float64Array(from.length * 2);
      for (let i = 0; i < this.size; i++) to[i] = from[(this.head + i) % from.length]!;
      return to;
    };
    this.times = unroll(this.times);
    this.money = unroll(this.money);
    this.volumes = unroll(this.volumes);
    this.head = 0;
  }
}
