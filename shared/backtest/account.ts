import type { Asset, Pair } from '../pair.ts';
import { baseOf, quoteOf } from '../pair.ts';

/**
 * The money of a backtest: balances of all assets as floats, their worth in one of them, and the marks
 * that loss limits are reckoned from. Assets and pairs are small integers inside the bar loop.
 */
export class Account {
  readonly assets: readonly Asset[];
  readonly numeraire: Asset;
  /** Per asset index. */
  readonly balance: Float64Array;
  /** Price of each asset in the numeraire. */
  readonly price: Float64Array;
  readonly baseIndex: Int32Array;
  readonly quoteIndex: Int32Array;
  equity = NaN;
  /** At the first mark. */
  startEquity = NaN;
  peakEquity = NaN;
  dayStartEquity = NaN;
  weekStartEquity = NaN;
  monthStartEquity = NaN;
  /** Last close of each UTC day with bars: its start in ms, and the equity. */
  readonly dailyMs: number[] = [];
  readonly dailyEquity: number[] = [];
  /** Deepest fall from a peak seen at bar closes, as a share. */
  maxDrawdown = 0;
  private readonly route: Int32Array;
  private day = -1;

  /**
   * Throws when an asset that is held or traded has no chain of pairs to the numeraire: its worth would
   * be unknown.
   */
  constructor(pairs: readonly Pair[], numeraire: Asset, balances: Record<Asset, number>) {
    const assets = new Set<Asset>([numeraire]);
    for (const pair of pairs) assets.add(baseOf(pair)).add(quoteOf(pair));
    for (const asset of Object.keys(balances)) assets.add(asset);
    this.assets = [...assets];
    this.numeraire = numeraire;
    const indexOf = (asset: Asset): number => this.assets.indexOf(asset);
    this.balance = Float64Array.from(this.assets, (asset) => balances[asset] ?? 0);
    this.price = new Float64Array(this.assets.length).fill(NaN);
    this.price[0] = 1;
    this.baseIndex = Int32Array.from(pairs, (pair) => indexOf(baseOf(pair)));
    this.quoteIndex = Int32Array.from(pairs, (pair) => indexOf(quoteOf(pair)));
    this.route = pricingRoute(this, pairs);
  }

  /** Values everything at these closes (one per pair, NaN while unknown) and moves the marks. */
  mark(timeMs: number, closes: Float64Array): void {
    const { price, balance, route, baseIndex, quoteIndex } = this;
    for (let k = 0; k < route.length; k++) {
      const pair = route[k]!;
      price[baseIndex[pair]!] = closes[pair]! * price[quoteIndex[pair]!]!;
    }
    let equity = 0;
    for (let a = 0; a < balance.length; a++) {
      if (balance[a] !== 0) equity += balance[a]! * price[a]!;
    }
    const day = Math.floor(timeMs / 86_400_000);
    if (day !== this.day) this.newDay(day, equity);
    if (Number.isNaN(this.startEquity)) this.startEquity = equity;
    this.equity = equity;
    this.dailyEquity[this.dailyEquity.length - 1] = equity;
    // Negated so that the first mark, against NaN, is a peak.
    if (!(equity <= this.peakEquity)) this.peakEquity = equity;
    const drawdown = 1 - equity / this.peakEquity;
    if (drawdown > this.maxDrawdown) this.maxDrawdown = drawdown;
  }

  private newDay(day: number, equity: number): void {
    const before = Number.isNaN(this.equity) ? equity : this.equity;
    const last = this.day;
    this.day = day;
    this.dailyMs.push(day * 86_400_000);
    this.dailyEquity.push(equity);
    this.dayStartEquity = before;
    // Day 0 of the epoch was a Thursday; weeks start on Monday.
    if (last < 0 || Math.floor((day + 3) / 7) !== Math.floor((last + 3) / 7)) {
      this.weekStartEquity = before;
    }
    if (last < 0 || monthOf(day) !== monthOf(last)) this.monthStartEquity = before;
  }
}

function monthOf(day: number): number {
  const date = new Date(day * 86_400_000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Pairs in the order in which they give each asset its price, starting from the numeraire. */
function pricingRoute(account: Account, pairs: readonly Pair[]): Int32Array {
  const known = new Set<number>([0]);
  const route: number[] = [];
  for (let round = 0; round < pairs.length; round++) {
    for (let p = 0; p < pairs.length; p++) {
      const base = account.baseIndex[p]!;
      if (known.has(base) || !known.has(account.quoteIndex[p]!)) continue;
      known.add(base);
      route.push(p);
    }
  }
  const unknown = account.assets.filter((_, index) => !known.has(index));
  if (unknown.length > 0) {
    throw new Error(
      `${unknown.join(', ')} cannot be valued in ${account.numeraire} by the pairs ${pairs.join(', ')}; ` +
        `add a pair that leads to ${account.numeraire}, or leave the asset out`,
    );
  }
  return Int32Array.from(route);
}
