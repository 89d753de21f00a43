import { Decimal, isDecimalText } from '../money.ts';
import type { Pair } from '../pair.ts';
import { deskRules } from './desk-rules.ts';
import type { EntryContext, Figures } from './entry-context.ts';
import {
  UNREAD,
  notApplicable,
  pass,
  shownNumber,
  shownPercent,
  veto,
  type EntryRule,
  type Finding,
  type Rule,
} from './rule.ts';
import { balanceRoom, depthRoom, equityRoom, judgeVolatility, onLotFinding } from './sized.ts';
import { ceilToStep } from './steps.ts';

/** A leg of a rebalancing under review. */
export interface LegContext {
  /** Account and market, read as for an entry. */
  account: EntryContext;
  side: 'buy' | 'sell';
  /** Base; what the plan asks for. */
  quantity: unknown;
  /** Pairs with a position whose stop or exit is on its way. */
  pendingStops: readonly Pair[];
  figures: LegFigures | null;
}

export interface LegFigures extends Figures {
  /** Quote that one unit of base costs at worst, or brings. */
  price: Decimal;
  /** Asset that pays, how much of it is free, and what a unit of base takes of it. */
  pays: { asset: string; free: Decimal; perUnit: Decimal };
}

export type LegRule = Rule<LegContext>;

/** A rule on desk, account and market that holds for entries too: same id, same meaning. */
function asForEntries(id: string): LegRule {
  const rule = deskRules.find((each: EntryRule) => each.id === id);
  if (rule === undefined) throw new Error(`there is no rule ${id}`);
  return {
    ...rule,
    limit: (limits, context) => rule.limit(limits, context?.account ?? null),
    check: ({ account }) => rule.check(account, null),
  };
}

/** Wraps a rule that works on a quantity. */
function sized(
  check: (figures: LegFigures, quantity: Decimal, context: LegContext) => Finding,
): LegRule['check'] {
  return (context, quantity) => {
    if (context.figures === null) return UNREAD;
    if (quantity === null) return notApplicable('there is nothing to size');
    return check(context.figures, quantity, context);
  };
}

/** The rules of a leg, in the order in which they are asked. Ids never change their meaning. */
export const REBALANCE_RULES: readonly LegRule[] = [
  asForEntries('readable'),
  asForEntries('instrument-status'),
  {
    id: 'desk-running',
    meaning: 'The desk is running: a reduced, paused, halted or flattening one is not rebalanced.',
    unit: 'state',
    needs: 'desk',
    can: ['veto'],
    limit: () => 'running',
    check({ account }) {
      const { state } = account.input.desk;
      return state === 'running' ? pass(state) : veto(state, `the desk is ${state}`);
    },
  },
  asForEntries('reconciled'),
  asForEntries('freshness'),
  {
    id: 'stops-resting',
    meaning: 'No position has a stop or an exit on its way: what it holds is not settled.',
    unit: 'pairs',
    needs: 'positions',
    can: ['veto'],
    limit: () => 0,
    check({ pendingStops }) {
      const count = pendingStops.length;
      return count === 0
        ? pass(0)
        : veto(count, `a stop or an exit is on its way on ${pendingStops.join(', ')}`);
    },
  },
  asForEntries('daily-loss'),
  asForEntries('weekly-loss'),
  asForEntries('monthly-loss'),
  {
    id: 'calm-account',
    meaning: 'The account is not as far below its high-water mark as pauses a desk.',
    unit: 'percent of high-water mark',
    needs: 'account',
    can: ['veto'],
    limit: (limits) => limits.drawdownPausePct,
    check({ figures, account: { limits } }) {
      if (figures === null) return UNREAD;
      const lost = Decimal.max(0, figures.peak.sub(figures.netWorth));
      const observed = shownPercent(lost, figures.peak);
      return !lost.isZero() && lost.mul(100).gte(figures.peak.mul(limits.drawdownPausePct))
        ? veto(observed, `${observed} % below the high-water mark`)
        : pass(observed);
    },
  },
  {
    id: 'calm-market',
    meaning: 'The pair is not in a crisis: from `volatilityVeto` times the usual volatility on.',
    unit: 'multiple of the usual',
    needs: 'market',
    can: ['veto'],
    limit: (limits) => limits.volatilityVeto,
    check({ account: { input, limits } }) {
      return judgeVolatility(input.market.volatilityRatio, (ratio) =>
        ratio < limits.volatilityVeto
          ? pass(ratio)
          : veto(ratio, `volatility is ${ratio} times the usual`),
      );
    },
  },
  asForEntries('spread'),
  {
    id: 'planned-size',
    meaning: 'What the plan asks for. This sets the quantity; the rules after it only shrink it.',
    unit: 'base asset',
    needs: 'plan',
    can: ['veto'],
    limit: () => null,
    check({ figures, quantity }) {
      if (figures === null) return UNREAD;
      if (!isDecimalText(quantity) || !new Decimal(quantity).gt(0)) {
        return veto(shownNumber(quantity), 'the plan names no quantity');
      }
      return { kind: 'size', quantity: new Decimal(quantity), observed: quantity, note: '' };
    },
  },
  {
    id: 'exposure',
    meaning:
      'What is held and ordered of the asset that is bought, bags aside, is worth at most so much afterwards. USDT has no bound.',
    unit: 'percent of equity',
    needs: 'account, market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.exposurePerAssetPct,
    check: sized((figures, quantity, { side, account }) => {
      const bought = side === 'buy' ? figures.base : figures.quote;
      if (bought === 'USDT') return notApplicable('what is bought is USDT');
      const { exposure } = figures;
      const has = side === 'buy' ? exposure.long(figures.base) : quoteWorth(figures, account);
      const perUnit = figures.mid.mul(figures.quoteUsdt);
      const note = `${bought} is at ${shownPercent(has, figures.equity)} %`;
      const pct = account.limits.exposurePerAssetPct;
      return equityRoom(figures.equity, pct, has, quantity, perUnit, note);
    }),
  },
  {
    id: 'depth',
    meaning: 'It takes at most a part of the depth that the book shows.',
    unit: 'percent of depth',
    needs: 'market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.depthSharePct,
    check: sized(({ mid }, quantity, { account: { input, limits } }) =>
      depthRoom(input.market.depthQuote, limits.depthSharePct, quantity, mid),
    ),
  },
  {
    id: 'free-balance',
    meaning:
      'The asset that is given is free: not in bags, positions, orders or reservations; fee and slippage of a purchase included.',
    unit: 'asset given',
    needs: 'account, fees',
    can: ['veto', 'shrink'],
    limit: (_limits, context) => context?.figures?.pays.free.toFixed() ?? null,
    check: sized(({ pays }, quantity) => balanceRoom(pays, quantity)),
  },
  {
    id: 'venue-minimum',
    meaning: 'What is left, on the lot, is an order that the venue takes.',
    unit: 'base asset',
    needs: 'instrument',
    can: ['veto'],
    limit: (_limits, context) => (context?.figures ? least(context.figures).toFixed() : null),
    check: sized((figures, quantity) => onLotFinding(figures, quantity, least(figures))),
  },
];

/** Least quantity by the venue's own minimums, at the worst price of the leg. */
function least(figures: LegFigures): Decimal {
  const byCost = figures.minCost.div(figures.price);
  return ceilToStep(Decimal.max(figures.minQuantity, byCost, figures.lot), figures.lot);
}

/** Value of the quote asset that is held outside of bags, USDT. */
function quoteWorth(figures: LegFigures, { input }: EntryContext): Decimal {
  const of = (amounts: Record<string, string>): Decimal => {
    const text: unknown = amounts[figures.quote] ?? '0';
    return isDecimalText(text) ? new Decimal(text) : new Decimal(0);
  };
  const held = of(input.account.holdings).sub(of(input.account.bags));
  return Decimal.max(0, held).mul(figures.quoteUsdt);
}
