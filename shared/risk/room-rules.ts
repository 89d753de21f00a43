import { Decimal } from '../money.ts';
import type { Figures } from './entry-context.ts';
import {
  notApplicable,
  room,
  shown,
  shownPercent,
  veto,
  type EntryRule,
  type Finding,
} from './rule.ts';
import { balanceRoom, depthRoom, equityRoom, sized } from './sized.ts';

/** Rules on the room that account and market have left for one more position. */
export const roomRules: readonly EntryRule[] = [
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
      'What is held and ordered of the base asset, bags aside, with this entry is worth at most so much. Positions count by their legs; the quote that a purchase gives away earns no credit. A short counts on both legs: what is sold short of the base, and what is held of a quote that is not USDT; the greater side counts, opposite sides give no credit.',
    unit: 'percent of equity',
    needs: 'account, market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.exposurePerAssetPct,
    check: sized(({ context, figures, setup, limits, quantity, value }) => {
      const { equity, exposure } = figures;
      const { asset, side, taken } = exposure.nearest(context.input.pair, setup.side);
      const note = `${asset} is ${side === 'short' ? 'short ' : ''}at ${shownPercent(taken, equity)} %`;
      return equityRoom(equity, limits.exposurePerAssetPct, taken, quantity, value, note);
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
    meaning:
      'The quote asset that is free pays for it, fee and slippage included; a short settles in it, so what its stop loses must be free.',
    unit: 'quote asset',
    needs: 'account, fees',
    can: ['veto', 'shrink'],
    limit: (_limits, context) => (context?.figures ? context.figures.freeQuote.toFixed() : null),
    check: sized(({ figures: { quote, freeQuote }, setup: { cost }, quantity }) =>
      balanceRoom({ asset: quote, free: freeQuote, perUnit: cost }, quantity),
    ),
  },
  {
    id: 'margin-level',
    meaning:
      'After a short the margin level, equity outside of bags over all margin used and reserved, is at least so high; what the venue tells of it now too. (On spot nothing is borrowed.)',
    unit: 'percent',
    needs: 'account',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.marginLevelPct,
    check: sized(({ figures: { margin }, setup, limits, quantity, value }) => {
      if (margin === null) return ON_SPOT;
      const least = limits.marginLevelPct;
      if (margin.levelPct !== null && margin.levelPct < least) {
        return veto(margin.levelPct, `the margin level is ${margin.levelPct} %`);
      }
      const perUnit = value.div(setup.leverage);
      const observed = shownPercent(margin.equity, margin.used.add(quantity.mul(perUnit)));
      const left = margin.equity.mul(100).div(least).sub(margin.used);
      const note = `${shown(margin.used)} USDT of ${shown(margin.equity)} are bound`;
      return room(quantity, left, perUnit, observed, note);
    }),
  },
  {
    id: 'liquidation',
    meaning:
      'The price at which the venue would call for more margin lies so many stop distances beyond the entry of a short, even after all other stops have lost.',
    unit: 'stop distances',
    needs: 'account, instrument',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.liquidationStops,
    check: sized(({ figures, setup, limits, quantity, value }) => {
      const { margin, heat, quoteUsdt } = figures;
      if (margin === null) return ON_SPOT;
      const call = margin.callPct.div(100);
      // at the call: equity - heat - quantity x move = call x (used + quantity x bound)
      const left = margin.equity.sub(heat).sub(call.mul(margin.used));
      const bound = call.mul(value).div(setup.leverage);
      const distance = setup.stop.sub(setup.entry).mul(quoteUsdt);
      const observed = shown(left.div(quantity).sub(bound).div(distance));
      const perUnit = bound.add(distance.mul(limits.liquidationStops));
      return room(quantity, left, perUnit, observed, `a stop is ${shown(distance)} USDT away`);
    }),
  },
  {
    id: 'depth',
    meaning: 'It takes at most a part of the depth that the book shows.',
    unit: 'percent of depth',
    needs: 'market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.depthSharePct,
    check: sized(({ context, setup, limits, quantity }) =>
      depthRoom(context.input.market.depthQuote, limits.depthSharePct, quantity, setup.entry),
    ),
  },
];

const ON_SPOT = notApplicable('nothing is borrowed');

function heatRoom(
  figures: Figures,
  heat: Decimal,
  limitPct: number,
  quantity: Decimal,
  perUnit: Decimal,
): Finding {
  const note = `${shownPercent(heat, figures.equity)} % are open`;
  return equityRoom(figures.equity, limitPct, heat, quantity, perUnit, note);
}
