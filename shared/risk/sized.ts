import { Decimal } from '../money.ts';
import type { EntryContext, Figures } from './entry-context.ts';
import type { RiskLimits } from './limits.ts';
import {
  NOTHING_TO_SIZE,
  UNREAD,
  notApplicable,
  percentOf,
  room,
  shownNumber,
  shownPercent,
  veto,
  type Finding,
} from './rule.ts';
import { finite, type Setup } from './setup.ts';

export interface Sizing {
  figures: Figures;
  setup: Setup;
  limits: RiskLimits;
  context: EntryContext;
  /** What the rules before left, base. */
  quantity: Decimal;
  /** USDT per unit of base: value at entry, and loss at the stop. */
  value: Decimal;
  risk: Decimal;
}

/** Wraps a rule that works on a quantity: it does not apply where there is none. */
export function sized(
  check: (sizing: Sizing) => Finding,
): (context: EntryContext, quantity: Decimal | null) => Finding {
  return (context, quantity) => {
    const { figures, setup, limits } = context;
    if (figures === null) return UNREAD;
    if (setup === null || quantity === null) return NOTHING_TO_SIZE;
    const value = setup.entry.mul(figures.quoteUsdt);
    const risk = setup.risk.mul(figures.quoteUsdt);
    return check({ figures, setup, limits, context, quantity, value, risk });
  };
}

/** Room for what `perUnit` takes of equity, up to `pct` percent of it, of which `taken` is there already (USDT). */
export function equityRoom(
  equity: Decimal,
  pct: number,
  taken: Decimal,
  quantity: Decimal,
  perUnit: Decimal,
  note: string,
): Finding {
  const observed = shownPercent(taken.add(quantity.mul(perUnit)), equity);
  return room(quantity, percentOf(equity, pct).sub(taken), perUnit, observed, note);
}

/** Room in what the book shows (`seen`, quote), of which one order takes at most `pct` percent. */
export function depthRoom(seen: unknown, pct: number, quantity: Decimal, price: Decimal): Finding {
  if (seen === null || seen === undefined) return notApplicable('the depth is not known');
  const depth = finite(seen);
  if (depth === null || depth <= 0) return veto(shownNumber(seen), 'the book shows no depth');
  const all = new Decimal(depth);
  const observed = shownPercent(quantity.mul(price), all);
  return room(quantity, percentOf(all, pct), price, observed, `of ${depth} shown`);
}

/** What to make of a multiple of the usual volatility; a value that is none is not traded on. */
export function judgeVolatility(seen: unknown, judge: (ratio: number) => Finding): Finding {
  if (seen === null || seen === undefined) return notApplicable('volatility is not known');
  const ratio = finite(seen);
  if (ratio === null || ratio < 0) return veto(shownNumber(seen), 'volatility is no number');
  return judge(ratio);
}
