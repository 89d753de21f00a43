import { Decimal, floorToStep, type DecimalText } from '../money.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../pair.ts';
import type { Instrument } from '../venue.ts';
import type { RebalanceSettings } from './settings.ts';
import { targetShares } from './target-shares.ts';

export interface RebalanceInput {
  /** Venue time, Unix ms. */
  now: number;
  /** Venue time of the last pass that traded, or null. */
  lastMs: number | null;
  /** What belongs to the core: holdings less bags and less what open positions hold. */
  core: Record<Asset, DecimalText>;
  /** Part of it that no order holds. */
  free: Record<Asset, DecimalText>;
  usdtPer: Record<Asset, DecimalText>;
  markets: { instrument: Instrument; bid: DecimalText; ask: DecimalText }[];
  /** Market regime in which nothing is rebalanced. */
  isCrisis: boolean;
  /** Pairs with a position whose stop or exit is on its way. */
  pendingStops: readonly Pair[];
  settings: Omit<RebalanceSettings, 'at'>;
}

export interface RebalanceLeg {
  pair: Pair;
  side: 'buy' | 'sell';
  /** Base, on the lot. */
  quantity: DecimalText;
  valueUsdt: DecimalText;
}

export type RebalancePlan =
  | { kind: 'none'; reason: string; shares: Record<Asset, number> }
  /** Legs in the order to send them: what is sold pays for what is bought. */
  | {
      kind: 'plan';
      legs: RebalanceLeg[];
      shares: Record<Asset, number>;
      /** Where the legs lead, before costs. */
      toShares: Record<Asset, number>;
      /** What was left out because an order would be too small. */
      skipped: { pair: Pair; valueUsdt: DecimalText; reason: string }[];
    };

/**
 * Brings the core back into its bands. Nothing is done in a crisis, while a stop is pending, too soon after
 * the last pass, or with every share in its band. Where one asset is over and another under, a pair of the two
 * saves a leg, and is taken when that costs less than two legs over USDT. Everything is rounded down; an order that
 * the venue or the profile finds too small is left out and told.
 */
export function planRebalance(input: RebalanceInput): RebalancePlan {
  const { settings, usdtPer } = input;
  const assets = Object.keys(settings.targets).sort();
  const price = (asset: Asset): Decimal =>
    asset === 'USDT' ? new Decimal(1) : new Decimal(usdtPer[asset] ?? 0);
  const values = assets.map((asset) =>
    Decimal.max(0, new Decimal(input.core[asset] ?? 0)).mul(price(asset)),
  );
  const total = values.reduce((sum, value) => sum.add(value), new Decimal(0));
  const shares = values.map((value) => (total.gt(0) ? value.div(total).toNumber() : 0));
  const named = (numbers: readonly number[]): Record<Asset, number> =>
    Object.fromEntries(assets.map((asset, n) => [asset, Number((numbers[n] ?? 0).toFixed(6))]));
  const none = (reason: string): RebalancePlan => ({ kind: 'none', reason, shares: named(shares) });

  const unpriced = assets.find((asset) => !price(asset).gt(0));
  if (unpriced !== undefined) return none(`no price for ${unpriced}`);
  if (!total.gt(0)) return none('there is no core');
  if (input.isCrisis) return none('suspended: the market is in a crisis');
  if (input.pendingStops.length > 0) {
    return none(`suspended: a stop is pending on ${input.pendingStops.join(', ')}`);
  }
  if (input.lastMs !== null && input.now - input.lastMs < settings.leastHours * 3_600_000) {
    return none(`the last pass was less than ${settings.leastHours} hours ago`);
  }
  const targets = assets.map((asset) => settings.targets[asset] ?? 0);
  const reach = settings.to === 'edge' ? 1 : 0.5;
  const wanted = targetShares(shares, targets, settings.bandPct / 100, reach);
  if (wanted === null) return none('every share lies in its band');

  const gaps = new Map(
    // to the millionth of a USDT: shares are floats
    assets.map((asset, n) => [
      asset,
      total.mul((wanted[n] ?? 0) - (shares[n] ?? 0)).toDecimalPlaces(6),
    ]),
  );
  const free = new Map(
    assets.map((asset) => [asset, Decimal.max(0, new Decimal(input.free[asset] ?? 0))]),
  );
  const legs: RebalanceLeg[] = [];
  const skipped: { pair: Pair; valueUsdt: DecimalText; reason: string }[] = [];
  for (const market of inOrderOfUse(input.markets, gaps)) {
    const { instrument } = market;
    const base = baseOf(instrument.pair);
    const quote = quoteOf(instrument.pair);
    const gapOfBase = gaps.get(base);
    const gapOfQuote = gaps.get(quote);
    if (gapOfBase === undefined || gapOfQuote === undefined) continue;
    if (quote !== 'USDT' && !savesALeg(market, input.markets)) continue;
    const side = gapOfBase.gt(0) ? 'buy' : 'sell';
    const value = tradedValue(side, quote, gapOfBase, gapOfQuote);
    if (value.isZero()) continue;
    const leg = sizedLeg(market, side, value, price(quote), free, settings);
    if (leg.kind === 'skipped') {
      const { reason } = leg;
      skipped.push({ pair: instrument.pair, valueUsdt: value.toFixed(2), reason });
      continue;
    }
    legs.push({
      pair: instrument.pair,
      side,
      quantity: leg.quantity.toFixed(),
      valueUsdt: leg.value.toFixed(2),
    });
    const signed = side === 'buy' ? leg.value : leg.value.neg();
    gaps.set(base, gapOfBase.sub(signed));
    gaps.set(quote, gapOfQuote.add(signed));
  }
  if (legs.length === 0) return none(skipped[0]?.reason ?? 'no market for what is needed');
  // what the steps of the legs have left over is no leg that was left out
  const told = skipped.filter((leg) => Number(leg.valueUsdt) >= settings.leastUsdt);
  const reached = assets.map(
    (asset, n) => (wanted[n] ?? 0) - (gaps.get(asset) ?? new Decimal(0)).div(total).toNumber(),
  );
  return { kind: 'plan', legs, shares: named(shares), toShares: named(reached), skipped: told };
}

type Market = RebalanceInput['markets'][number];

/** Direct pairs first, for they decide what is left; then sales for USDT, then purchases with it. */
function inOrderOfUse(markets: readonly Market[], gaps: ReadonlyMap<Asset, Decimal>): Market[] {
  const rank = ({ instrument: { pair } }: Market): number => {
    if (quoteOf(pair) !== 'USDT') return 0;
    return gaps.get(baseOf(pair))?.gt(0) ? 2 : 1;
  };
  return [...markets].sort(
    (a, b) => rank(a) - rank(b) || (a.instrument.pair < b.instrument.pair ? -1 : 1),
  );
}

/** How much of a gap a pair closes without opening another: USDT is spent only as far as it is over. */
function tradedValue(
  side: 'buy' | 'sell',
  quote: Asset,
  gapOfBase: Decimal,
  gapOfQuote: Decimal,
): Decimal {
  if (quote === 'USDT' && side === 'sell') return gapOfBase.abs();
  const toSpend = side === 'buy' ? gapOfQuote.neg() : gapOfQuote;
  return Decimal.max(0, Decimal.min(gapOfBase.abs(), toSpend));
}

/** Whether the direct pair costs less, in fee and half-spread, than the way over USDT. */
function savesALeg(direct: Market, markets: readonly Market[]): boolean {
  const over = [baseOf(direct.instrument.pair), quoteOf(direct.instrument.pair)].map((asset) =>
    markets.find((m) => m.instrument.pair === `${asset}/USDT`),
  );
  const costs = over.map((market) => (market === undefined ? Infinity : costShare(market)));
  return costShare(direct) < costs.reduce((sum, cost) => sum + cost, 0);
}

function costShare({ instrument, bid, ask }: Market): number {
  const [low, high] = [Number(bid), Number(ask)];
  return instrument.takerFee + (high - low) / (high + low);
}

/** One leg, as far as the free balance pays for it; `free` is lessened by it, and raised by what it brings. */
function sizedLeg(
  { instrument, bid, ask }: Market,
  side: 'buy' | 'sell',
  value: Decimal,
  quoteUsdt: Decimal,
  free: Map<Asset, Decimal>,
  settings: RebalanceInput['settings'],
): { kind: 'leg'; quantity: Decimal; value: Decimal } | { kind: 'skipped'; reason: string } {
  const base = baseOf(instrument.pair);
  const quote = quoteOf(instrument.pair);
  if (instrument.status !== 'online') {
    return { kind: 'skipped', reason: `${instrument.pair} is ${instrument.status}` };
  }
  const slip = settings.slippageBps / 10_000;
  const worst = new Decimal(side === 'buy' ? ask : bid).mul(side === 'buy' ? 1 + slip : 1 - slip);
  const paid = worst.mul(new Decimal(1).add(side === 'buy' ? instrument.takerFee : 0));
  const has = (asset: Asset): Decimal => free.get(asset) ?? new Decimal(0);
  const mid = new Decimal(bid).add(ask).div(2);
  const most = side === 'buy' ? has(quote).div(paid) : has(base);
  const quantity = floorToStep(
    Decimal.min(value.div(mid.mul(quoteUsdt)), most),
    new Decimal(instrument.lot),
  );
  const worth = quantity.mul(mid).mul(quoteUsdt);
  if (
    quantity.lt(instrument.minQuantity) ||
    quantity.mul(mid).lt(instrument.minCost) ||
    quantity.isZero() ||
    worth.lt(settings.leastUsdt)
  ) {
    const reason = `${quantity.toFixed()} ${base} of ${instrument.pair} is too small an order`;
    return { kind: 'skipped', reason };
  }
  if (side === 'buy') {
    free.set(quote, has(quote).sub(quantity.mul(paid)));
    free.set(base, has(base).add(quantity));
  } else {
    const kept = new Decimal(1).sub(instrument.takerFee);
    free.set(base, has(base).sub(quantity));
    free.set(quote, has(quote).add(quantity.mul(worst).mul(kept)));
  }
  return { kind: 'leg', quantity, value: worth };
}
