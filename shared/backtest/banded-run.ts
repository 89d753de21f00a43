import { baseOf, quoteOf, type Asset } from '../pair.ts';
import { planRebalance } from '../rebalance/plan-rebalance.ts';
import { RebalanceSettingsSchema, type RebalanceSettings } from '../rebalance/settings.ts';
import type { Instrument } from '../venue.ts';
import { Account } from './account.ts';
import type { EngineInput, EngineResult } from './engine-types.ts';
import { boughtAt, soldAt } from './exit-finder.ts';
import { decimalText, quoteAround, reviewName } from './reviewed-holdings.ts';
import { EXIT_END, EXIT_REBALANCE, TradeLog } from './trade-log.ts';

export interface BandedParameters {
  /** Distance of a share from its target that is left alone, points of percent. */
  bandPct: number;
  to: RebalanceSettings['to'];
  leastHours: number;
}

export type BandedInput = Pick<
  EngineInput,
  'pairs' | 'bars' | 'barMs' | 'costs' | 'numeraire' | 'balances'
> & { instruments: readonly Instrument[]; parameters: BandedParameters };

interface Lot {
  bar: number;
  price: number;
  quantity: number;
  /** Paid for what is left of it. */
  fee: number;
}

interface Leg {
  pair: number;
  side: 'buy' | 'sell';
  quantity: number;
}

/**
 * Equal parts of the numeraire and of every asset that a pair prices in it, kept in their bands by
 * `planRebalance`, the rule of a live desk, at the close of a bar and filled at the next open of each pair.
 * What is sold is told as trades against what was bought first; start balances count as bought at the first
 * open. Pairs of other quotes are not traded; gaps are held through, everything is sold at the last closes.
 */
export function runBanded(input: BandedInput): EngineResult {
  return new BandedRun(input).run();
}

class BandedRun {
  private readonly input: BandedInput;
  private readonly account: Account;
  private readonly log = new TradeLog();
  private readonly settings: RebalanceSettings;
  /** Pairs that are traded, and the assets of the core in the same order, the numeraire last. */
  private readonly traded: number[];
  private readonly lots: Lot[][];
  private readonly next: Int32Array;
  private readonly closes: Float64Array;
  private legs: Leg[] = [];
  private lastMs: number | null = null;
  private turnover = 0;
  private barsHeld = 0;

  constructor(input: BandedInput) {
    this.input = input;
    const { pairs, bars, numeraire, balances, parameters } = input;
    this.account = new Account(pairs, numeraire, balances);
    this.traded = pairs.flatMap((pair, p) => (quoteOf(pair) === numeraire ? [p] : []));
    const { asset } = reviewName(numeraire);
    const core = [...this.traded.map((p) => asset(baseOf(pairs[p]!))), 'USDT'];
    this.settings = RebalanceSettingsSchema.parse({
      bandPct: parameters.bandPct,
      to: parameters.to,
      leastHours: parameters.leastHours,
      targets: Object.fromEntries(core.map((name) => [name, 1 / core.length])),
    });
    this.next = new Int32Array(pairs.length);
    this.closes = Float64Array.from(bars, (b) => b.open[0] ?? NaN);
    this.lots = pairs.map((_, p) => {
      const quantity = this.account.balance[this.account.baseIndex[p]!]!;
      const isCore = this.traded.includes(p);
      return isCore && quantity > 0 ? [{ bar: 0, price: bars[p]!.open[0]!, quantity, fee: 0 }] : [];
    });
  }

  run(): EngineResult {
    const { bars } = this.input;
    for (let time = this.nextTime(); time < Infinity;) {
      const now = bars.flatMap((b, p) => (b.timeMs[this.next[p]!] === time ? [p] : []));
      this.fill(now);
      for (const p of now) {
        this.closes[p] = bars[p]!.close[this.next[p]!]!;
        this.next[p]!++;
        if (this.lots[p]!.length > 0) this.barsHeld++;
      }
      const following = this.nextTime();
      if (following === Infinity) this.sellAll();
      this.account.mark(time, this.closes);
      if (following < Infinity) this.plan(time + this.input.barMs);
      time = following;
    }
    this.account.finish();
    return {
      log: this.log,
      account: this.account,
      bars: bars.reduce((sum, b) => sum + b.timeMs.length, 0),
      barsInPosition: this.barsHeld,
      turnover: this.turnover,
      segments: bars.length,
      interest: {},
    };
  }

  private nextTime(): number {
    let time = Infinity;
    this.input.bars.forEach((b, p) => {
      time = Math.min(time, b.timeMs[this.next[p]!] ?? Infinity);
    });
    return time;
  }

  /** Legs whose pair has a bar, at its open, in the order of the plan: what is sold pays for what is bought. */
  private fill(now: readonly number[]): void {
    const { bars, costs } = this.input;
    const rest: Leg[] = [];
    for (const leg of this.legs) {
      const { pair, side, quantity } = leg;
      if (!now.includes(pair)) {
        rest.push(leg);
        continue;
      }
      const cost = costs[pair]!;
      const bar = this.next[pair]!;
      const open = bars[pair]!.open[bar]!;
      if (side === 'sell') {
        this.sell(pair, quantity, soldAt(open * (1 - cost.halfSpread), cost), bar, EXIT_REBALANCE);
        continue;
      }
      const price = boughtAt(open * (1 + cost.halfSpread), cost);
      const bought = this.account.buy(pair, quantity, price, cost.takerFee, cost.lot);
      if (bought === 0) continue;
      this.turnover += bought * price;
      this.lots[pair]!.push({ bar, price, quantity: bought, fee: bought * price * cost.takerFee });
    }
    this.legs = rest;
  }

  private sell(pair: number, quantity: number, price: number, bar: number, reason: number): void {
    const { takerFee } = this.input.costs[pair]!;
    this.account.sell(pair, quantity, price, takerFee);
    this.turnover += quantity * price;
    const lots = this.lots[pair]!;
    let left = quantity;
    while (left > 0 && lots.length > 0) {
      const lot = lots[0]!;
      const part = Math.min(left, lot.quantity);
      const paid = (lot.fee * part) / lot.quantity;
      this.log.add(
        ...([pair, 1, reason, lot.bar, bar, lot.price, price, part] as const),
        paid + part * price * takerFee,
        0,
      );
      left -= part;
      lot.fee -= paid;
      lot.quantity -= part;
      // What the additions of floats leave of a lot is none.
      if (lot.quantity <= 1e-12 * quantity) lots.shift();
    }
  }

  private sellAll(): void {
    const { account } = this;
    for (const p of this.traded) {
      const held = account.balance[account.baseIndex[p]!]!;
      const cost = this.input.costs[p]!;
      if (!(held > 0)) continue;
      const price = soldAt(this.closes[p]! * (1 - cost.halfSpread), cost);
      this.sell(p, held, price, this.next[p]! - 1, EXIT_END);
    }
  }

  private plan(closeMs: number): void {
    if (this.legs.length > 0 || !this.isOutside() || !this.traded.every((p) => this.next[p]! > 0)) {
      return;
    }
    const { account, settings, input } = this;
    const { asset, pair: named } = reviewName(account.numeraire);
    const byAsset = (values: Float64Array): Record<Asset, string> =>
      Object.fromEntries(account.assets.map((name, a) => [asset(name), decimalText(values[a]!)]));
    const held = byAsset(account.balance);
    const plan = planRebalance({
      now: closeMs,
      lastMs: this.lastMs,
      core: held,
      free: held,
      usdtPer: byAsset(account.price),
      markets: this.traded.map((p) => ({
        instrument: { ...input.instruments[p]!, pair: named(input.pairs[p]!) },
        ...quoteAround(this.closes[p]!, input.costs[p]!.halfSpread, input.instruments[p]!),
      })),
      isCrisis: false,
      pendingStops: [],
      settings,
    });
    if (plan.kind === 'none') return;
    this.lastMs = closeMs;
    this.legs = plan.legs.map(({ pair, side, quantity }) => ({
      pair: this.traded.find((p) => named(input.pairs[p]!) === pair)!,
      side,
      quantity: Number(quantity),
    }));
  }

  /** Whether any share may lie outside of its band: the plan in decimals tells for certain. */
  private isOutside(): boolean {
    const { account, traded, settings } = this;
    const worth = traded.map((p) => {
      const base = account.baseIndex[p]!;
      return account.balance[base]! * account.price[base]!;
    });
    worth.push(account.balance[0]!);
    const total = worth.reduce((sum, part) => sum + part, 0);
    const band = settings.bandPct / 100 - 1e-9;
    return worth.some((part) => Math.abs(part / total - 1 / worth.length) > band);
  }
}
