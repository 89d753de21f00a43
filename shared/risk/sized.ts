import { Decimal } from '../money.ts';
import type { EntryContext, Figures } from './entry-context.ts';
import type { RiskLimits } from './limits.ts';
import {
  NOTHING_TO_SIZE,
  UNREAD,
  notApplicable,
  pass,
  percentOf,
  room,
  shown,
  shownNumber,
  shownPercent,
  veto,
  type Finding,
} from './rule.ts';
import { finite, type Setup } from './setup.ts';
import { floorToStep } from './steps.ts';

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

/** Room in what is free of the asset that pays, of which a unit of base takes `perUnit`. */
export function balanceRoom(
  pays: { asset: string; free: Decimal; perUnit: Decimal },
  quantity: Decimal,
): Finding {
  const { asset, free, perUnit } = pays;
  const note = `${shown(free)} ${asset} are free`;
  return room(quantity, free, perUnit, shown(quantity.mul(perUnit)), note);
}

/** Whether the venue takes what is left of `quantity` on the lot, which must be `least` or more. */
export function onLotFinding(
  { base, lot }: { base: string; lot: Decimal },
  quantity: Decimal,
  least: Decimal,
): Finding {
  const onLot = floorToStep(quantity, lot);
  return onLot.gte(least) && onLot.gt(0)
    ? pass(onLot.toFixed())
    : veto(
        onLot.toFixed(),
        `${onLot.toFixed()} ${base} is less than the venue's ${least.toFixed()}`,
      );
}

/** What to make of a multiple of the usual volatility; a value that is none is not traded on. */
export function judgeVolatility(seen: unknown, judge: (ratio: number) => Finding): Finding {
  if (seen === null || seen === undefined) return notApplicable('volatility is not known');
  const ratio = finite(seen);
  if (ratio === null || ratio < 0) return veto(shownNumber(seen), 'volatility is no number');
  return judge(ratio);
}
