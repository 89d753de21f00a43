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
  type EntryRule,
  type Finding,
} from './rule.ts';
import { finite, type Setup } from './setup.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import { ceilToStep, floorToStep } from './steps.ts';

interface Sizing {
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

const HALF = new Decimal('0.5');
const WHOLE = new Decimal(1);

/** Wraps a rule that works on a quantity: it does not apply where there is none. */
function sized(
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

/** Rules on how much, in the order in which they shrink: caps first, then parts of what is left. */
export const sizingRules: readonly EntryRule[] = [
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
      return room(quantity, percentOf(figures.equity, pct), value, observed, note);
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
      const observed = shownPercent(quantity.mul(perUnit), figures.equity);
      const most = percentOf(figures.equity, limits.volatilityTargetPct);
      return room(
        quantity,
        most,
        perUnit,
        observed,
        `${figures.base} moves ${volatility} % a year`,
      );
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
      return room(quantity, percentOf(figures.equity, pct), risk, observed, note);
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
      const observed = shownPercent(quantity.mul(value), figures.equity);
      const most = percentOf(figures.equity, limits.positionCapPct);
      return room(quantity, most, value, observed, `at most ${shown(most)} USDT`);
    }),
  },
  {
    id: 'capital',
    meaning: 'All positions together are worth at most so much (micro-live: 100 USDT).',
    unit: 'USDT',
    needs: 'account',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.capitalUsdt,
    check: sized(({ figures, limits, quantity, value }) => {
      const observed = shown(figures.capital.add(quantity.mul(value)));
      if (limits.capitalUsdt === null) return notApplicable('no bound is set', observed);
      const left = new Decimal(limits.capitalUsdt).sub(figures.capital);
      return room(quantity, left, value, observed, `${shown(left)} USDT are left`);
    }),
  },
  {
    id: 'exposure',
    meaning:
      'What is held and ordered of the base asset, bags aside, with this entry is worth at most so much. Positions count by their legs; the quote that a purchase gives away earns no credit.',
    unit: 'percent of equity',
    needs: 'account, market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.exposurePerAssetPct,
    check: sized(({ figures, limits, quantity, value }) => {
      const observed = shownPercent(figures.baseExposure.add(quantity.mul(value)), figures.equity);
      const left = percentOf(figures.equity, limits.exposurePerAssetPct).sub(figures.baseExposure);
      const had = `${figures.base} is at ${shownPercent(figures.baseExposure, figures.equity)} %`;
      return room(quantity, left, value, observed, had);
    }),
  },
  {
    id: 'heat',
    meaning: 'Open risk of all positions and entries on the way, with this one.',
    unit: 'percent of equity',
    needs: 'account',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.heatPct,
    check: sized(({ figures, limits, quantity, risk }) =>
      heatRoom(figures, figures.heat, limits.heatPct, quantity, risk),
    ),
  },
  {
    id: 'cluster-heat',
    meaning:
      'Open risk in assets that move together. A position is taken apart into its legs (XRP/BTC is long XRP and short BTC); the greater side counts, opposite legs give no credit.',
    unit: 'percent of equity',
    needs: 'account',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.clusterHeatPct,
    check: sized(({ figures, limits, quantity, risk }) =>
      figures.inCluster
        ? heatRoom(figures, figures.clusterHeat, limits.clusterHeatPct, quantity, risk)
        : notApplicable('the pair lies in no cluster'),
    ),
  },
  {
    id: 'free-balance',
    meaning: 'The quote asset that is free pays for it, fee and slippage included.',
    unit: 'quote asset',
    needs: 'account, fees',
    can: ['veto', 'shrink'],
    limit: (_limits, context) => (context?.figures ? context.figures.freeQuote.toFixed() : null),
    check: sized(({ figures, setup, quantity }) =>
      room(
        quantity,
        figures.freeQuote,
        setup.cost,
        shown(quantity.mul(setup.cost)),
        `${shown(figures.freeQuote)} ${figures.quote} are free`,
      ),
    ),
  },
  {
    id: 'depth',
    meaning: 'It takes at most a part of the depth that the book shows.',
    unit: 'percent of depth',
    needs: 'market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.depthSharePct,
    check: sized(({ context, setup, limits, quantity }) => {
      const seen: unknown = context.input.market.depthQuote;
      if (seen === null || seen === undefined) return notApplicable('the depth is not known');
      const depth = finite(seen);
      if (depth === null || depth <= 0) return veto(shownNumber(seen), 'the book shows no depth');
      const all = new Decimal(depth);
      const observed = shownPercent(quantity.mul(setup.entry), all);
      return room(
        quantity,
        percentOf(all, limits.depthSharePct),
        setup.entry,
        observed,
        `of ${depth} shown`,
      );
    }),
  },
  {
    id: 'drawdown',
    meaning:
      'From `drawdownReducePct` below the high-water mark, or while the desk is reduced, half of the size; from `drawdownHaltPct` nothing. (The pause at `drawdownPausePct` is a state of the desk.)',
    unit: 'percent of high-water mark',
    needs: 'account, desk',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.drawdownReducePct,
    check({ figures, limits, input }) {
      if (figures === null) return UNREAD;
      const lost = Decimal.max(0, figures.peak.sub(figures.netWorth));
      const observed = shownPercent(lost, figures.peak);
      const reached = (pct: number) => lost.mul(100).gte(figures.peak.mul(pct));
      if (reached(limits.drawdownHaltPct)) {
        return veto(observed, `drawdown of ${observed} % halts the desk`);
      }
      if (reached(limits.drawdownReducePct) || input.desk.state === 'reduced') {
        return { kind: 'factor', factor: HALF, observed, note: 'half of the size' };
      }
      return pass(observed);
    },
  },
  {
    id: 'volatility',
    meaning:
      'From `volatilityHalve` times the usual volatility half of the size, from `volatilityVeto` nothing.',
    unit: 'multiple of the usual',
    needs: 'market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.volatilityHalve,
    check({ limits, input }) {
      const seen: unknown = input.market.volatilityRatio;
      if (seen === null || seen === undefined) return notApplicable('volatility is not known');
      const ratio = finite(seen);
      if (ratio === null || ratio < 0) return veto(shownNumber(seen), 'volatility is no number');
      if (ratio >= limits.volatilityVeto)
        return veto(ratio, `volatility is ${ratio} times the usual`);
      return ratio >= limits.volatilityHalve
        ? { kind: 'factor', factor: HALF, observed: ratio, note: 'half of the size' }
        : pass(ratio);
    },
  },
  {
    id: 'loss-streak',
    meaning: 'After so many losing trades in a row half of the size, until one wins.',
    unit: 'losing trades in a row',
    needs: 'desk',
    can: ['shrink'],
    limit: (limits) => limits.lossStreak,
    check({ limits, input, figures }) {
      if (figures === null) return UNREAD;
      const streak = input.desk.lossStreak;
      return streak >= limits.lossStreak
        ? { kind: 'factor', factor: HALF, observed: streak, note: 'half of the size' }
        : pass(streak);
    },
  },
  {
    id: 'venue-minimum',
    meaning:
      'What is left, on the lot, is an order that the venue takes, both as entry and as the stop that protects it.',
    unit: 'base asset',
    needs: 'instrument',
    can: ['veto'],
    limit: (_limits, context) =>
      context?.figures && context.setup ? least(context.figures, context.setup).toFixed() : null,
    check: sized(({ figures, setup, quantity }) => {
      const onLot = floorToStep(quantity, figures.lot);
      const needed = least(figures, setup);
      return onLot.gte(needed) && onLot.gt(0)
        ? pass(onLot.toFixed())
        : veto(
            onLot.toFixed(),
            `${onLot.toFixed()} ${figures.base} is less than the venue's ${needed.toFixed()}`,
          );
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

function heatRoom(
  figures: Figures,
  heat: Decimal,
  limitPct: number,
  quantity: Decimal,
  perUnit: Decimal,
): Finding {
  const left = percentOf(figures.equity, limitPct).sub(heat);
  const observed = shownPercent(heat.add(quantity.mul(perUnit)), figures.equity);
  return room(
    quantity,
    left,
    perUnit,
    observed,
    `${shownPercent(heat, figures.equity)} % are open`,
  );
}

/** Least quantity of the venue: by quantity, and by value at the stop, the lower of the two prices. */
function least(figures: Figures, setup: Setup): Decimal {
  const byCost = setup.stop.gt(0) ? figures.minCost.div(setup.stop) : WHOLE;
  return ceilToStep(Decimal.max(figures.minQuantity, byCost, figures.lot), figures.lot);
}
