import { ceilToStep, floorToStep } from './steps.ts';
import { entryTerms, type EntryTerms } from '../entry.ts';
import { Decimal } from '../money.ts';
import type { Figures } from './entry-context.ts';
import type { EntryReviewInput } from './entry-input.ts';

/** Targets further away than this are no plan; also the bound of the decision's schema. */
export const FURTHEST_TARGET_PCT = 500;
export const MOST_TARGETS = 4;

export interface Target {
  price: Decimal;
  /** Part of the quantity; all add to 1. */
  share: Decimal;
}

/** What a long entry comes to in prices and per unit of base, everything rounded against the desk. */
export interface Setup {
  type: 'market' | 'limit';
  postOnly: boolean;
  /** Worst entry price: the limit, or the ask. */
  entry: Decimal;
  stop: Decimal;
  /** Nearest first; empty when the decision names none that can be used. */
  targets: Target[];
  /** Quote that one unit takes from the balance, fee and slippage included. */
  cost: Decimal;
  /** Quote lost per unit when the stop fills, all costs included. */
  risk: Decimal;
  /** Quote won per unit over the ladder, all costs included; null without targets. */
  reward: Decimal | null;
}

const ONE = new Decimal(1);

/** Null when the decision is no long entry, or its entry or stop cannot be used. */
export function readSetup(input: EntryReviewInput, figures: Figures): Setup | null {
  const decision = input.decision as Partial<EntryReviewInput['decision']> | null | undefined;
  if (decision?.action !== 'long') return null;
  const terms = termsOf(decision.entry, input, figures);
  const stopPct = finite(decision.stopLossPct);
  if (terms === null || stopPct === null || stopPct <= 0 || stopPct >= 100) return null;

  const entry = terms.price ?? figures.ask;
  const stop = ceilToStep(entry.mul(below(stopPct)), figures.tick);
  if (stop.gte(entry)) return null;
  const isLimit = terms.type === 'limit';
  const slippage = new Decimal(input.limits.slippageBps).div(10_000);
  const takes = !isLimit || entry.gte(figures.ask);
  const entryFee = new Decimal(takes ? input.instrument.takerFee : input.instrument.makerFee);
  const halfSpread = figures.ask.sub(figures.bid).div(2).div(figures.mid);
  const kept = Decimal.max(
    0,
    ONE.sub(input.instrument.takerFee).sub(slippage).sub(halfSpread), // every exit takes liquidity
  );
  const cost = entry.mul(ONE.add(entryFee).add(isLimit ? 0 : slippage));
  const targets = ladder(decision.takeProfitPct, entry, figures.tick);
  const won = targets.reduce((sum, t) => sum.add(t.share.mul(t.price)), new Decimal(0)).mul(kept);
  return {
    type: terms.type,
    postOnly: terms.postOnly,
    entry,
    stop,
    targets,
    cost,
    risk: cost.sub(stop.mul(kept)),
    reward: targets.length === 0 ? null : won.sub(cost),
  };
}

/** The number if it is one, else null. */
export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function below(pct: number): Decimal {
  return ONE.sub(new Decimal(pct).div(100));
}

/** The order that the desk's way of entering makes of the wish; null when the wish cannot be read. */
function termsOf(wish: unknown, input: EntryReviewInput, figures: Figures): EntryTerms | null {
  if (typeof wish !== 'object' || wish === null) return null;
  const { type, price } = wish as { type?: unknown; price?: unknown };
  if (type !== 'market' && type !== 'limit') return null;
  const limit = type === 'limit' ? finite(price) : null;
  if (type === 'limit' && (limit === null || limit <= 0)) return null;
  const wished = limit === null ? null : new Decimal(limit);
  return entryTerms(input.entry, { type, price: wished }, figures, figures.tick);
}

/** Equal shares per rung, prices rounded towards the entry, rungs that fall together joined. */
function ladder(wished: unknown, entry: Decimal, tick: Decimal): Target[] {
  if (!Array.isArray(wished) || wished.length === 0 || wished.length > MOST_TARGETS) return [];
  const distances: number[] = [];
  for (const value of wished as unknown[]) {
    const pct = finite(value);
    if (pct === null || pct <= 0 || pct > FURTHEST_TARGET_PCT) return [];
    distances.push(pct);
  }
  distances.sort((a, b) => a - b);
  const share = ONE.div(distances.length).toDecimalPlaces(8, Decimal.ROUND_DOWN);
  const targets: Target[] = [];
  distances.forEach((pct, n) => {
    const last = n === distances.length - 1;
    const part = last ? ONE.sub(share.mul(n)) : share;
    const price = floorToStep(entry.mul(ONE.add(new Decimal(pct).div(100))), tick);
    const before = targets.at(-1);
    if (before !== undefined && before.price.eq(price)) before.share = before.share.add(part);
    else targets.push({ price, share: part });
  });
  return targets.every((t) => t.price.gt(entry)) ? targets : [];
}
