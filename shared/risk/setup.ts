import { ceilToStep, floorToStep } from './steps.ts';
import { entryTerms, type EntryTerms } from '../entry.ts';
import { rolloversIn } from '../margin.ts';
import { Decimal } from '../money.ts';
import type { Figures } from './entry-context.ts';
import type { EntryReviewInput } from './entry-input.ts';
import { finite, horizonHours, isShort, shortLeverage, wishIn } from './short-terms.ts';

export { finite } from './short-terms.ts';

/** Targets further away than this are no plan; also the bound of the decision's schema. */
export const FURTHEST_TARGET_PCT = 500;
export const MOST_TARGETS = 4;

export interface Target {
  price: Decimal;
  /** Part of the quantity; all add to 1. */
  share: Decimal;
}

/** What an entry comes to in prices and per unit of base, everything rounded against the desk. */
export interface Setup {
  /** `sell` is a short on margin. */
  side: 'buy' | 'sell';
  type: 'market' | 'limit';
  postOnly: boolean;
  /** 1 on spot, above it on margin. */
  leverage: number;
  /** Worst entry price: the limit, or the ask; of a short the bid. */
  entry: Decimal;
  stop: Decimal;
  /** Nearest first; empty when the decision names none that can be used. */
  targets: Target[];
  /**
   * Quote that one unit takes from the balance at most: a purchase its price, fee and slippage; a short, which is
   * paid for with what it loses, its risk.
   */
  cost: Decimal;
  /** Quote lost per unit when the stop fills, all costs included: of a short its interest over the horizon too. */
  risk: Decimal;
  /** Quote won per unit over the ladder, all costs included; null without targets. */
  reward: Decimal | null;
}

const ONE = new Decimal(1);

/** What fills bring and take on top of their price, as shares of it. */
interface Costs {
  /** Of the entry. */
  entry: Decimal;
  /** Of an exit, which always takes liquidity: fee, slippage and half of the spread. */
  exit: Decimal;
}

/** Null when the decision opens nothing here, or its entry or stop cannot be used. */
export function readSetup(input: EntryReviewInput, figures: Figures): Setup | null {
  const side = sideOf(input);
  if (side === null) return null;
  const terms = termsOf(wishIn(input, 'entry'), input, figures, side);
  const stopPct = finite(wishIn(input, 'stopLossPct'));
  if (terms === null || stopPct === null || stopPct <= 0 || stopPct >= 100) return null;

  const isLimit = terms.type === 'limit';
  const slippage = new Decimal(input.limits.slippageBps).div(10_000);
  const near = side === 'buy' ? figures.ask : figures.bid;
  const entry = terms.price ?? near;
  const takes = !isLimit || (side === 'buy' ? entry.gte(near) : entry.lte(near));
  const fee = new Decimal(takes ? input.instrument.takerFee : input.instrument.makerFee);
  const halfSpread = figures.ask.sub(figures.bid).div(2).div(figures.mid);
  const costs: Costs = {
    entry: fee.add(isLimit ? 0 : slippage),
    exit: slippage.add(input.instrument.takerFee).add(halfSpread),
  };
  const { type, postOnly } = terms;
  const targets = ladder(wishIn(input, 'takeProfitPct'), entry, figures.tick, side);
  if (side === 'buy') {
    const stop = ceilToStep(entry.mul(ONE.sub(share(stopPct))), figures.tick);
    if (stop.gte(entry)) return null;
    const opened = { side, type, postOnly, leverage: 1, entry, stop, targets };
    return { ...opened, ...longAmounts(opened, costs) };
  }
  const stop = floorToStep(entry.mul(ONE.add(share(stopPct))), figures.tick);
  const leverage = shortLeverage(input);
  if (stop.lte(entry) || leverage === null) return null;
  const opened = { side, type, postOnly, leverage, entry, stop, targets };
  return { ...opened, ...shortAmounts(opened, costs, interestOf(input, figures, entry)) };
}

/** Side of the entry that the decision asks for and desk and venue can make; else null. */
export function sideOf(input: EntryReviewInput): 'buy' | 'sell' | null {
  if (wishIn(input, 'action') === 'long') return 'buy';
  const isPossible = isShort(input) && shortLeverage(input) !== null;
  return isPossible && horizonHours(input) !== null ? 'sell' : null;
}

type Opened = Pick<Setup, 'entry' | 'stop' | 'targets'>;
type Amounts = Pick<Setup, 'cost' | 'risk' | 'reward'>;

function longAmounts({ entry, stop, targets }: Opened, costs: Costs): Amounts {
  const kept = Decimal.max(0, ONE.sub(costs.exit));
  const cost = entry.mul(ONE.add(costs.entry));
  const won = meanTarget(targets)?.mul(kept) ?? null;
  return { cost, risk: cost.sub(stop.mul(kept)), reward: won === null ? null : won.sub(cost) };
}

/** Sold first, bought back dearer (stop) or cheaper (targets), and interest on what was borrowed. */
function shortAmounts({ entry, stop, targets }: Opened, costs: Costs, interest: Decimal): Amounts {
  const paid = ONE.add(costs.exit);
  const got = entry.mul(Decimal.max(0, ONE.sub(costs.entry))).sub(interest);
  const risk = stop.mul(paid).sub(got);
  const back = meanTarget(targets)?.mul(paid) ?? null;
  return { cost: risk, risk, reward: back === null ? null : got.sub(back) };
}

/** Interest per unit over the horizon, quote: on its worth at the open. */
function interestOf(input: EntryReviewInput, figures: Figures, entry: Decimal): Decimal {
  const { margin } = figures;
  const hours = horizonHours(input);
  if (margin === null || hours === null) throw new Error('a short has margin and a horizon here');
  const pct = margin.rate.open.add(margin.rate.rollover.mul(rolloversIn(hours)));
  return entry.mul(pct.div(100));
}

function meanTarget(targets: readonly Target[]): Decimal | null {
  if (targets.length === 0) return null;
  return targets.reduce((sum, t) => sum.add(t.share.mul(t.price)), new Decimal(0));
}

function share(pct: number): Decimal {
  return new Decimal(pct).div(100);
}

/** The order that the desk's way of entering makes of the wish; null when the wish cannot be read. */
function termsOf(
  wish: unknown,
  input: EntryReviewInput,
  figures: Figures,
  side: 'buy' | 'sell',
): EntryTerms | null {
  if (typeof wish !== 'object' || wish === null) return null;
  const { type, price } = wish as { type?: unknown; price?: unknown };
  if (type !== 'market' && type !== 'limit') return null;
  const limit = type === 'limit' ? finite(price) : null;
  if (type === 'limit' && (limit === null || limit <= 0)) return null;
  const wished = limit === null ? null : new Decimal(limit);
  return entryTerms(input.entry, { type, price: wished }, figures, figures.tick, side);
}

/** Equal shares per rung, prices rounded towards the entry, rungs that fall together joined. */
function ladder(wished: unknown, entry: Decimal, tick: Decimal, side: 'buy' | 'sell'): Target[] {
  if (!Array.isArray(wished) || wished.length === 0 || wished.length > MOST_TARGETS) return [];
  const distances: number[] = [];
  for (const value of wished as unknown[]) {
    const pct = finite(value);
    if (pct === null || pct <= 0 || pct > FURTHEST_TARGET_PCT) return [];
    distances.push(pct);
  }
  distances.sort((a, b) => a - b);
  const part = ONE.div(distances.length).toDecimalPlaces(8, Decimal.ROUND_DOWN);
  const targets: Target[] = [];
  distances.forEach((pct, n) => {
    const last = n === distances.length - 1;
    const own = last ? ONE.sub(part.mul(n)) : part;
    const price =
      side === 'buy'
        ? floorToStep(entry.mul(ONE.add(share(pct))), tick)
        : ceilToStep(entry.mul(ONE.sub(share(pct))), tick);
    const before = targets.at(-1);
    if (before !== undefined && before.price.eq(price)) before.share = before.share.add(own);
    else targets.push({ price, share: own });
  });
  const isWon = ({ price }: Target): boolean =>
    side === 'buy' ? price.gt(entry) : price.lt(entry) && price.gt(0);
  return targets.every(isWon) ? targets : [];
}
