import { Decimal } from '../money.ts';
import type { Figures } from './entry-context.ts';
import { notApplicable, room, shown, shownPercent, type EntryRule, type Finding } from './rule.ts';
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
      'What is held and ordered of the base asset, bags aside, with this entry is worth at most so much. Positions count by their legs; the quote that a purchase gives away earns no credit.',
    unit: 'percent of equity',
    needs: 'account, market',
    can: ['veto', 'shrink'],
    limit: (limits) => limits.exposurePerAssetPct,
    check: sized(({ figures, limits, quantity, value }) => {
      const { equity, base, baseExposure } = figures;
      const note = `${base} is at ${shownPercent(baseExposure, equity)} %`;
      return equityRoom(equity, limits.exposurePerAssetPct, baseExposure, quantity, value, note);
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
    check: sized(({ figures: { quote, freeQuote }, setup: { cost }, quantity }) =>
      balanceRoom({ asset: quote, free: freeQuote, perUnit: cost }, quantity),
    ),
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
