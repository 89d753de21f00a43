import { Recent } from './recent.ts';

/** Share of the last `period` inputs, the latest included, that lie below the latest: 0 for the lowest. */
export class RollingRank {
  value = NaN;
  private readonly recent: Recent;

  constructor(period: number) {
    this.recent = new Recent(period);
  }

  update(x: number): void {
    const { recent } = this;
    recent.push(x);
    if (!recent.isFull) return;
    let below = 0;
    for (const y of recent.values) if (y < x) below++;
    this.value = below / recent.values.length;
  }

  get ready(): boolean {
    return this.recent.isFull;
  }
}
