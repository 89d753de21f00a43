import { Decimal } from '../money.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import type { EntryContext } from './entry-context.ts';
import type { RiskLimits } from './limits.ts';
import {
  NOTHING_TO_SIZE,
  UNREAD,
  notApplicable,
  percentOf,
  shown,
  shownNumber,
  shownPercent,
  veto,
  type EntryRule,
} from './rule.ts';
import { finite } from './setup.ts';
import { equityRoom, sized } from './sized.ts';

const NONE = new Decimal(0);

/** The risk unit: sets the quantity that all later rules can only shrink. */
const riskPerTrade: EntryRule = {
  id: 'risk-per-trade',
  meaning:
    'The stop loses at most the risk unit, fees, half-spread and slippage included. This sets the quantity; all rules after it can only shrink it.',
  unit: 'percent of equity',
  needs: 'decision, account, market, fees',
  can: ['veto'],
  limit: (limits) => limits.riskPerTradePct,
  check({ figures, setup, limits }) {
    if (figures === null) return UNREAD;
    if (setup === null) return NOTHING_TO_SIZE;
    const budget = percentOf(figures.equity, limits.riskPerTradePct);
    const quantity = budget.div(setup.risk.mul(figures.quoteUsdt));
    return {
      kind: 'size',
      quantity,
      observed: limits.riskPerTradePct,
      note: `${shown(budget)} USDT at risk buys ${shown(quantity)} ${figures.base}`,
    };
  },
};

/** Rules on one position by itself: its risk unit, and what bounds its size. */
export const positionRules: readonly EntryRule[] = [
  riskPerTrade,
  {
    id: 'size-wish',
    meaning: 'Not more than the decision asked for; a wish never enlarges.',
    unit: 'percent of equity',
    needs: 'decision, account',
    can: ['veto', 'shrink'],
    limit: (_limits, context) => shownNumber(context?.input.decision?.sizePct),
    check: sized(({ figures, context, quantity, value }) => {
      const wish: unknown = context.input.decision.sizePct;
      const observed = shownPercent(quantity.mul(value), figures.equity);
      if (wish === null) return notApplicable('the decision names no size', observed);
      const pct = finite(wish);
      if (pct === null || pct < 0) return veto(observed, 'the wished size is no percentage');
      const note = `the decision asks for ${pct} % of equity`;
      return equityRoom(figures.equity, pct, NONE, quantity, value, note);
    }),
  },
  {
    id: 'volatility-target',
    meaning:
      'One position brings at most so much volatility to the whole: its share of equity times the volatility of its base.',
    unit: 'percent of equity per year',
    needs: 'account, market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.volatilityTargetPct,
    check: sized(({ figures, limits, context, quantity, value }) => {
      const seen: unknown = context.input.market.volatilityPctPerYear ?? null;
      if (seen === null) return notApplicable('the volatility is not known');
      if (limits.volatilityTargetPct === null) return notApplicable('no bound is set');
      const volatility = finite(seen);
      if (volatility === null || volatility < 0) {
        return veto(shownNumber(seen), 'the volatility is no percentage');
      }
      const perUnit = percentOf(value, volatility);
      const note = `${figures.base} moves ${volatility} % a year`;
      return equityRoom(figures.equity, limits.volatilityTargetPct, NONE, quantity, perUnit, note);
    }),
  },
  {
    id: 'kelly',
    meaning:
      'Once there are enough closed trades, at most a part of the Kelly size may be at risk: p - (1 - p) / b, with p the lower end of the 90 % Wilson interval of the win rate and b the mean win over the mean loss. Without an edge shown that way, the floor. A stated confidence never enters.',
    unit: 'percent of equity',
    needs: 'track record, account',
    can: ['veto', 'shrink'],
    limit: (limits, context) => (context === null ? null : kellyPct(context.input.track, limits)),
    check: sized(({ figures, limits, context, quantity, risk }) => {
      const { track } = context.input;
      const observed = shownPercent(quantity.mul(risk), figures.equity);
      if (limits.kellyFraction === null) return notApplicable('no bound is set', observed);
      if (track === null || track === undefined || track.trades < limits.kellyMinTrades) {
        return notApplicable(`fewer than ${limits.kellyMinTrades} closed trades`, observed);
      }
      const pct = kellyPct(track, limits);
      if (pct === null) return veto(observed, 'the track record could not be read');
      const note = `${track.wins} of ${track.trades} trades won`;
      return equityRoom(figures.equity, pct, NONE, quantity, risk, note);
    }),
  },
  {
    id: 'position-cap',
    meaning: 'One position is worth at most so much.',
    unit: 'percent of equity',
    needs: 'account, market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.positionCapPct,
    check: sized(({ figures, limits, quantity, value }) => {
      const note = `at most ${shown(percentOf(figures.equity, limits.positionCapPct))} USDT`;
      return equityRoom(figures.equity, limits.positionCapPct, NONE, quantity, value, note);
    }),
  },
];

/** Percent of equity that may be at risk by the Kelly bound; null when it does not hold or cannot be reckoned. */
function kellyPct(
  track: EntryContext['input']['track'],
  { kellyFraction, kellyMinTrades, kellyFloorPct }: RiskLimits,
): number | null {
  if (kellyFraction === null || track === null || track === undefined) return null;
  const { trades, wins, meanWinR, meanLossR } = track;
  const readable = [trades, wins, meanWinR, meanLossR].every((n) => finite(n) !== null && n >= 0);
  if (!readable || trades < kellyMinTrades || wins > trades) return null;
  if (meanWinR === 0) return kellyFloorPct;
  const p = wilsonInterval(wins, trades, 0.9).low;
  // without a loss b is infinite, and what is left is p
  const share = p - (1 - p) * (meanLossR / meanWinR);
  return Math.max(kellyFloorPct, 100 * kellyFraction * share);
}
