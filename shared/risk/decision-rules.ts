import { ACTIONS } from '../decision.ts';
import { Decimal } from '../money.ts';
import type { EntryContext } from './entry-context.ts';
import {
  NOTHING_TO_SIZE,
  UNREAD,
  notApplicable,
  pass,
  shown,
  shownNumber,
  veto,
  type EntryRule,
  type Finding,
} from './rule.ts';
import { sideOf } from './setup.ts';
import {
  finite,
  horizonHours,
  isShort,
  isShortLegal,
  mostLeverage,
  shortLeverage,
  wishIn,
} from './short-terms.ts';

/** Rules on what the decision says, before anything is sized. */
export const decisionRules: readonly EntryRule[] = [
  {
    id: 'legal-action',
    meaning:
      'The action is one that may be opened here: on spot `long` alone; with `margin` in the profile `short` too, on pairs whose base the venue lends.',
    unit: 'action',
    needs: 'decision, instrument',
    can: ['veto'],
    limit: (_limits, context) =>
      context !== null && isShortLegal(context.input) ? 'long, short' : 'long',
    check({ input }) {
      const action = wishIn(input, 'action');
      if (action === 'long') return pass('long');
      if (action === 'short') {
        if (isShortLegal(input)) return pass('short');
        const why = input.margin ? 'the venue does not lend it' : 'spot cannot be sold short';
        return veto('short', why);
      }
      const known = (ACTIONS as readonly unknown[]).includes(action);
      return veto(
        shownNumber(action),
        known ? `${String(action)} opens nothing` : 'no such action',
      );
    },
  },
  {
    id: 'confidence',
    meaning: 'The decision is confident enough.',
    unit: 'probability',
    needs: 'decision',
    can: ['veto'],
    limit: (limits) => limits.confidence,
    check({ input, limits }) {
      const confidence = wishIn(input, 'confidence');
      const value = finite(confidence);
      if (value === null || value < 0 || value > 1) {
        return veto(shownNumber(confidence), 'confidence is no probability');
      }
      return value >= limits.confidence
        ? pass(value)
        : veto(value, `confidence ${value} is below ${limits.confidence}`);
    },
  },
  {
    id: 'entry-price',
    meaning: 'A limit entry has a price, and it lies near the market.',
    unit: 'percent of mid price',
    needs: 'decision, market',
    can: ['veto'],
    limit: (limits) => limits.entryDistancePct,
    check(context) {
      const { figures, limits } = context;
      if (figures === null) return UNREAD;
      const entry = wishIn(context.input, 'entry');
      const { type, price } = (typeof entry === 'object' && entry !== null ? entry : {}) as {
        type?: unknown;
        price?: unknown;
      };
      if (type === 'market') return pass(0, 'market entry');
      const limit = finite(price);
      if (type !== 'limit' || limit === null || limit <= 0) {
        return veto(shownNumber(price ?? type), 'neither a market entry nor a limit price');
      }
      const distance = figures.mid.sub(limit).abs().div(figures.mid).mul(100);
      return distance.lte(limits.entryDistancePct)
        ? pass(shown(distance))
        : veto(shown(distance), `limit price ${limit} is ${shown(distance)} % from the market`);
    },
  },
  {
    id: 'stop',
    meaning:
      'There is a stop, at most so far from entry, not nearer than the noise of the market (`stopMinAtr`), and below the bid, for a short above the ask. A setup that needs a wider stop is skipped, not squeezed.',
    unit: 'percent of entry',
    needs: 'decision, market',
    can: ['veto'],
    limit: (limits) => limits.stopPct,
    check(context) {
      const { figures, limits, setup, input } = context;
      if (figures === null) return UNREAD;
      const wished = wishIn(input, 'stopLossPct');
      const pct = finite(wished);
      if (pct === null || pct <= 0) return veto(shownNumber(wished), 'no stop');
      if (pct > limits.stopPct) return veto(pct, `a stop ${pct} % from entry is too wide`);
      const { atrPct } = input.market;
      if (atrPct !== null && atrPct !== undefined) {
        const atr = finite(atrPct);
        if (atr === null || atr < 0) return veto(shownNumber(atrPct), 'ATR could not be read');
        const least = limits.stopMinAtr * atr;
        if (pct < least) {
          return veto(pct, `nearer than ${limits.stopMinAtr} ATR, which is ${shownPct(least)} %`);
        }
      }
      if (setup === null) {
        const side = sideOf(input);
        if (side === null) return NOTHING_TO_SIZE;
        return veto(pct, `no stop fits ${side === 'buy' ? 'below' : 'above'} such an entry`);
      }
      const isThrough =
        setup.side === 'buy' ? setup.stop.gte(figures.bid) : setup.stop.lte(figures.ask);
      if (isThrough) {
        return veto(pct, `the stop ${setup.stop.toFixed()} would trigger at once`);
      }
      return pass(pct, `stop at ${setup.stop.toFixed()}`);
    },
  },
  {
    id: 'reward-risk',
    meaning:
      'What the ladder of targets wins, over what the stop loses, both after fees, half-spread and slippage of entry and exit; a short pays interest over its horizon in either case, a rollover begun counted whole.',
    unit: 'ratio',
    needs: 'decision, market, fees',
    can: ['veto'],
    limit: (limits) => limits.rewardRisk,
    check({ figures, setup, limits, input }): Finding {
      if (figures === null) return UNREAD;
      if (isShort(input) && horizonHours(input) === null) {
        const hours = shownNumber(wishIn(input, 'horizonHours'));
        return veto(hours, 'without a horizon the interest cannot be reckoned');
      }
      if (setup === null) return NOTHING_TO_SIZE;
      if (setup.reward === null) return veto(null, 'no target that can be used');
      const ratio = setup.reward.div(setup.risk);
      return ratio.gte(limits.rewardRisk)
        ? pass(shown(ratio))
        : veto(shown(ratio), `after costs ${shown(ratio)} is won for 1 that is risked`);
    },
  },
  {
    id: 'leverage',
    meaning:
      'Leverage is what code computes: 1 on spot; for a short the largest on offer up to what profile and limits allow. A wish can lower it, never raise it; where nothing on offer is low enough, the short is vetoed.',
    unit: 'times',
    needs: 'decision, instrument',
    can: ['veto', 'shrink'],
    limit: (_limits, context) =>
      context !== null && isShort(context.input) ? mostLeverage(context.input) : 1,
    check({ input }) {
      const wish = wishIn(input, 'leverage');
      const value = finite(wish);
      if (wish !== null && (value === null || value < 1)) {
        return veto(shownNumber(wish), 'leverage is no multiple');
      }
      if (isShort(input)) return ofShort(input, value);
      if (value === null) return pass(1);
      return value === 1
        ? pass(1)
        : { kind: 'factor', factor: new Decimal(1), observed: value, note: 'spot uses 1' };
    },
  },
  {
    id: 'funding',
    meaning: 'A perpetual does not cost too much funding.',
    unit: 'percent of value per day',
    needs: 'market',
    can: ['veto'],
    limit: (limits) => limits.fundingPctPerDay,
    check({ input, limits }) {
      const paid = input.market.fundingPctPerDay;
      if (paid === null || paid === undefined) return notApplicable('spot pays no funding');
      const value = finite(paid);
      if (value === null) return veto(shownNumber(paid), 'funding could not be read');
      return value <= limits.fundingPctPerDay
        ? pass(value)
        : veto(value, `a long pays ${value} % a day`);
    },
  },
];

/** A wish above what is used changes nothing, and is told. */
function ofShort(input: EntryContext['input'], wish: number | null): Finding {
  const used = shortLeverage(input);
  if (used === null) {
    const most = Math.min(mostLeverage(input), wish ?? Infinity);
    const offered = input.instrument.leverageSell.join(', ');
    return veto(wish ?? most, `the venue lends at ${offered} times, not at ${most} or less`);
  }
  return wish === null || wish <= used
    ? pass(used)
    : { kind: 'factor', factor: new Decimal(1), observed: wish, note: `${used} is used` };
}

function shownPct(value: number): string {
  return shown(new Decimal(value));
}
