/** The last `period` inputs, as a ring: the oldest lies at `oldest`. */
export class Recent {
  readonly values: Float64Array;
  /** Where the next input goes; the oldest one once the ring is full. */
  oldest = 0;
  count = 0;

  constructor(period: number) {
    this.values = new Float64Array(period);
  }

  push(x: number): void {
    const { values } = this;
    values[this.oldest] = x;
    this.oldest = this.oldest + 1 === values.length ? 0 : this.oldest + 1;
    this.count++;
  }

  get isFull(): boolean {
    return this.count >= this.values.length;
  }
}
