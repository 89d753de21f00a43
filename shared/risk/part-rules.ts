import { Decimal } from '../money.ts';
import type { Figures } from './entry-context.ts';
import { UNREAD, pass, shownPercent, veto, type EntryRule } from './rule.ts';
import type { Setup } from './setup.ts';
import { judgeVolatility, onLotFinding, sized } from './sized.ts';
import { ceilToStep } from './steps.ts';

const HALF = new Decimal('0.5');
const WHOLE = new Decimal(1);

/** Rules that leave a part of what the others left, and the last: whether the venue takes it. */
export const partRules: readonly EntryRule[] = [
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
      return judgeVolatility(input.market.volatilityRatio, (ratio) => {
        if (ratio >= limits.volatilityVeto)
          return veto(ratio, `volatility is ${ratio} times the usual`);
        return ratio >= limits.volatilityHalve
          ? { kind: 'factor', factor: HALF, observed: ratio, note: 'half of the size' }
          : pass(ratio);
      });
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
    check: sized(({ figures, setup, quantity }) =>
      onLotFinding(figures, quantity, least(figures, setup)),
    ),
  },
];

/**
 * Least quantity of the venue: by quantity, and by value at the lowest price at which it opens or closes: the
 * stop, of a short the last target.
 */
function least(figures: Figures, setup: Setup): Decimal {
  const { side, stop, entry, targets } = setup;
  const lowest = side === 'buy' ? stop : (targets.at(-1)?.price ?? entry);
  const byCost = lowest.gt(0) ? figures.minCost.div(lowest) : WHOLE;
  return ceilToStep(Decimal.max(figures.minQuantity, byCost, figures.lot), figures.lot);
}
