import type { QuietBand } from './engine-types.ts';
import type { Asset, Pair } from '../pair.ts';
import { baseOf, quoteOf } from '../pair.ts';

const DAY_MS = 86_400_000;
/** What is left of a balance below this share of the amount just moved is rounding. */
const DUST = 1e-12;

/** An account between two bars as plain data; numbers are kept as they are. */
export interface SavedAccount {
  balance: Record<Asset, number>;
  price: Record<Asset, number>;
  equity: number;
  startEquity: number;
  peakEquity: number;
  dayStartEquity: number;
  weekStartEquity: number;
  monthStartEquity: number;
  /** Least share of a peak seen at a mark after it. */
  deepest: number;
  /** Start of the UTC day of the last mark. */
  dayMs: number;
}

/**
 * The money of a backtest or shadow account: balances of all assets as floats, their worth in one of them, and the marks
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
  private readonly route: Int32Array;
  private deepest = 1;
  private dayEndMs = -Infinity;

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

  /** The account as `saved` left it; its daily marks begin with the day of the last mark. */
  static restored(pairs: readonly Pair[], numeraire: Asset, saved: SavedAccount): Account {
    const account = new Account(pairs, numeraire, saved.balance);
    account.assets.forEach((asset, a) => (account.price[a] = saved.price[asset] ?? NaN));
    account.equity = saved.equity;
    account.startEquity = saved.startEquity;
    account.peakEquity = saved.peakEquity;
    account.dayStartEquity = saved.dayStartEquity;
    account.weekStartEquity = saved.weekStartEquity;
    account.monthStartEquity = saved.monthStartEquity;
    account.deepest = saved.deepest;
    account.dailyMs.push(saved.dayMs);
    account.dailyEquity.push(saved.equity);
    account.dayEndMs = saved.dayMs + DAY_MS;
    return account;
  }

  /** Throws before the first mark: nothing is worth anything yet. */
  saved(): SavedAccount {
    const dayMs = this.dailyMs.at(-1);
    if (dayMs === undefined) throw new Error('an account is saved after its first mark');
    const byAsset = (values: Float64Array): Record<Asset, number> =>
      Object.fromEntries(this.assets.map((asset, a) => [asset, values[a]!]));
    return {
      balance: byAsset(this.balance),
      price: byAsset(this.price),
      equity: this.equity,
      startEquity: this.startEquity,
      peakEquity: this.peakEquity,
      dayStartEquity: this.dayStartEquity,
      weekStartEquity: this.weekStartEquity,
      monthStartEquity: this.monthStartEquity,
      deepest: this.deepest,
      dayMs,
    };
  }

  /**
   * Buys base of a pair, fee included: as at the venue, what the balance cannot pay for is left out. Returns
   * the quantity bought.
   */
  buy(pair: number, wanted: number, price: number, fee: number, lot: number): number {
    const quote = this.quoteIndex[pair]!;
    const affordable = this.balance[quote]! / (price * (1 + fee));
    const amount = affordable >= wanted ? wanted : Math.floor(affordable / lot) * lot;
    if (!(amount > 0)) return 0;
    const paid = amount * price;
    this.move(quote, -(paid + paid * fee));
    this.move(this.baseIndex[pair]!, amount);
    return amount;
  }

  /** Sells base of a pair; the fee is a share of what it brings. */
  sell(pair: number, amount: number, price: number, fee: number): void {
    const proceeds = amount * price;
    this.move(this.baseIndex[pair]!, -amount);
    this.move(this.quoteIndex[pair]!, proceeds - proceeds * fee);
  }

  /** Buys back base that was sold short, whatever it costs; the fee is a share of that. */
  buyBack(pair: number, amount: number, price: number, fee: number): void {
    const cost = amount * price;
    this.move(this.baseIndex[pair]!, amount);
    this.move(this.quoteIndex[pair]!, -(cost + cost * fee));
  }

  /** Adds to a balance, by asset index. */
  move(asset: number, amount: number): void {
    this.balance[asset]! += amount;
    // A position sold to the last lot leaves noise of the additions; it is no holding.
    if (Math.abs(this.balance[asset]!) < DUST * Math.abs(amount)) this.balance[asset] = 0;
  }

  /** Whether anything is held whose price can change. */
  moves(): boolean {
    for (let a = 1; a < this.balance.length; a++) if (this.balance[a] !== 0) return true;
    return Number.isNaN(this.equity);
  }

  /** Values everything at these closes (one per pair) and moves the marks. */
  mark(timeMs: number, closes: Float64Array): void {
    const { price, balance, route, baseIndex, quoteIndex } = this;
    for (let k = 0; k < route.length; k++) {
      const pair = route[k]!;
      price[baseIndex[pair]!] = closes[pair]! * price[quoteIndex[pair]!]!;
    }
    let equity = balance[0]!;
    for (let a = 1; a < balance.length; a++) equity += balance[a]! * price[a]!;
    if (timeMs >= this.dayEndMs) this.newDay(timeMs, equity);
    this.equity = equity;
    if (equity > this.peakEquity) this.peakEquity = equity;
    else if (equity < this.deepest * this.peakEquity) this.deepest = equity / this.peakEquity;
  }

  /**
   * Marks `count` times in a row at which every pair has a bar: pair `p` at index `from[p]` on. Ends early
   * after a mark that opens a new day or is not above the band; returns how many were made.
   */
  markRange(
    times: Float64Array,
    columns: readonly Float64Array[],
    from: Int32Array,
    count: number,
    first: number,
    band: QuietBand,
  ): number {
    const { price, balance, route, baseIndex, quoteIndex } = this;
    const { floor, peakShare } = band;
    const assets = balance.length;
    let peak = this.peakEquity;
    let lowest = this.deepest;
    let equity = this.equity;
    let done = 0;
    while (done < count) {
      for (let k = 0; k < route.length; k++) {
        const pair = route[k]!;
        price[baseIndex[pair]!] = columns[pair]![from[pair]! + done]! * price[quoteIndex[pair]!]!;
      }
      equity = balance[0]!;
      for (let a = 1; a < assets; a++) equity += balance[a]! * price[a]!;
      const timeMs = times[first + done]!;
      done++;
      if (timeMs >= this.dayEndMs) {
        if (peak > this.peakEquity) this.peakEquity = peak;
        this.newDay(timeMs, equity);
        this.equity = equity;
        peak = Math.max(this.peakEquity, equity);
        if (equity < lowest * peak) lowest = equity / peak;
        break;
      }
      this.equity = equity;
      if (equity > peak) peak = equity;
      else if (equity < lowest * peak) lowest = equity / peak;
      if (equity <= floor || equity <= peakShare * peak) break;
    }
    this.peakEquity = peak;
    this.deepest = lowest;
    return done;
  }

  /** Notes the days of the bars from index `from` to before `timeMs`, with the equity as it stands. */
  noteDays(times: Float64Array, from: number, timeMs: number): void {
    if (timeMs <= this.dayEndMs) return;
    for (let i = from; i < times.length && times[i]! < timeMs; i++) {
      if (times[i]! < this.dayEndMs) {
        // On to the next day, by doubling steps; back to single ones near its start.
        let step = 1;
        while (i + 2 * step < times.length && times[i + 2 * step]! < this.dayEndMs) step *= 2;
        i += step - 1;
        continue;
      }
      this.newDay(times[i]!, this.equity);
    }
  }

  /** Closes the last day. */
  finish(): void {
    if (this.dailyMs.length > 0) this.dailyEquity[this.dailyMs.length - 1] = this.equity;
  }

  /** Deepest fall from a peak seen at bar closes, as a share. */
  get maxDrawdown(): number {
    return 1 - this.deepest;
  }

  private newDay(timeMs: number, equity: number): void {
    const day = Math.floor(timeMs / DAY_MS);
    const isFirst = this.dailyMs.length === 0;
    const last = isFirst ? day : this.dailyMs.at(-1)! / DAY_MS;
    const before = isFirst ? equity : this.equity;
    if (isFirst) {
      this.startEquity = equity;
      this.peakEquity = equity;
    } else {
      this.dailyEquity[this.dailyMs.length - 1] = before;
    }
    this.dailyMs.push(day * DAY_MS);
    this.dailyEquity.push(equity);
    this.dayEndMs = (day + 1) * DAY_MS;
    this.dayStartEquity = before;
    // Day 0 of the epoch was a Thursday; weeks start on Monday.
    if (isFirst || Math.floor((day + 3) / 7) !== Math.floor((last + 3) / 7)) {
      this.weekStartEquity = before;
    }
    if (isFirst || monthOf(day) !== monthOf(last)) this.monthStartEquity = before;
  }
}

function monthOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/**
 * Pairs in the order in which they give each asset its price, starting from the numeraire; by name, as
 * `usdtPrices` does for a live account.
 */
function pricingRoute(account: Account, pairs: readonly Pair[]): Int32Array {
  const known = new Set<number>([0]);
  const route: number[] = [];
  const byName = pairs.map((pair, p) => ({ pair, p })).sort((a, b) => (a.pair < b.pair ? -1 : 1));
  for (let round = 0; round < pairs.length; round++) {
    // The shortest chain wins: what this round adds leads on in the next.
    const before = new Set(known);
    for (const { p } of byName) {
      const base = account.baseIndex[p]!;
      if (known.has(base) || !before.has(account.quoteIndex[p]!)) continue;
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
