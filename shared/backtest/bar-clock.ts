/** Where each pair is in its bars. Bars of a pair ascend and lie on the grid of `barMs`. */
export class BarClock {
  /** Index and open time of each pair's next bar; the time is Infinity when it has none left. */
  readonly next: Int32Array;
  readonly nextMs: Float64Array;
  readonly times: readonly Float64Array[];
  private readonly barMs: number;
  /** Open time of each pair's first bar where none is missing after it: times are reckoned, not read; else NaN. */
  private readonly startMs: Float64Array;

  constructor(times: readonly Float64Array[], barMs: number) {
    this.times = times;
    this.barMs = barMs;
    this.startMs = Float64Array.from(times, (t) => {
      const last = t.length - 1;
      return last >= 0 && t[last]! === t[0]! + last * barMs ? t[0]! : NaN;
    });
    this.next = new Int32Array(times.length);
    this.nextMs = Float64Array.from(times, (t) => t[0] ?? Infinity);
  }

  advance(p: number): void {
    this.set(p, this.next[p]! + 1);
  }

  /** Makes `index` the pair's next bar. */
  set(p: number, index: number): void {
    this.next[p] = index;
    this.nextMs[p] = this.timeAt(p, index);
  }

  /** Open time of a pair's bar; Infinity after its last. */
  timeAt(p: number, index: number): number {
    const times = this.times[p]!;
    if (index >= times.length) return Infinity;
    const start = this.startMs[p]!;
    return start === start ? start + index * this.barMs : times[index]!;
  }

  /** Index of a pair's first bar at or after `timeMs`, from its next one on. */
  firstFrom(p: number, timeMs: number): number {
    const times = this.times[p]!;
    const start = this.startMs[p]!;
    return start === start
      ? Math.min(times.length, Math.ceil((timeMs - start) / this.barMs))
      : firstFrom(times, this.next[p]!, timeMs);
  }

  /** How many next bars before `timeMs` all pairs have at the same times without a gap; 0 for none. */
  barsTogether(timeMs: number): number {
    const { nextMs, next, times, startMs, barMs } = this;
    const first = nextMs[0]!;
    let count = Math.round((timeMs - first) / barMs);
    for (let p = 0; p < nextMs.length; p++) {
      if (nextMs[p]! !== first) return 0;
      const column = times[p]!;
      const from = next[p]!;
      count = Math.min(count, column.length - from);
      // The last time tells whether any bar is missing on the way: bars lie on their grid.
      const isWhole = startMs[p] === startMs[p];
      if (!isWhole && count > 0 && column[from + count - 1]! !== first + (count - 1) * barMs) {
        return 0;
      }
    }
    return count;
  }
}

/** Index of the first time at or after `timeMs`, from `from` on. */
function firstFrom(times: Float64Array, from: number, timeMs: number): number {
  let low = from;
  let step = 1;
  while (low + step < times.length && times[low + step]! < timeMs) {
    low += step;
    step *= 2;
  }
  let high = Math.min(times.length, low + step);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
