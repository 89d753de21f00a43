import type { Decimal } from '../money.ts';
import { isoTime } from '../timeframe.ts';
import type { EntryContext, Figures } from './entry-context.ts';
import type { RiskLimits } from './limits.ts';
import { UNREAD, pass, shownPercent, veto, type EntryRule, type Finding } from './rule.ts';

/** Rules on the state of desk, account and venue. They look at no decision. */
export const deskRules: readonly EntryRule[] = [
  {
    id: 'readable',
    meaning: 'Every number of account, market and instrument that the review needs is there.',
    unit: 'problems',
    needs: 'account, market, instrument',
    can: ['veto'],
    limit: () => 0,
    check({ unreadable }) {
      const count = unreadable.length;
      return count === 0 ? pass(0) : veto(count, unreadable.slice(0, 5).join('; '));
    },
  },
  {
    id: 'instrument-status',
    meaning:
      'The venue trades the pair without restriction; in any other state a stop may be refused.',
    unit: 'status',
    needs: 'instrument',
    can: ['veto'],
    limit: () => 'online',
    check({ input }) {
      const { status } = input.instrument;
      return status === 'online' ? pass(status) : veto(status, `the pair is ${status}`);
    },
  },
  {
    id: 'desk-state',
    meaning: 'The desk is running, or running with reduced size.',
    unit: 'state',
    needs: 'desk',
    can: ['veto'],
    limit: () => 'running, reduced',
    check({ input }) {
      const { state } = input.desk;
      return state === 'running' || state === 'reduced'
        ? pass(state)
        : veto(state, `the desk is ${state}`);
    },
  },
  {
    id: 'reconciled',
    meaning: 'Ledger and venue agree.',
    unit: 'state',
    needs: 'desk',
    can: ['veto'],
    limit: () => 'reconciled',
    check({ input }) {
      return input.desk.reconciled === true
        ? pass('reconciled')
        : veto('unreconciled', 'ledger and venue differ, or were not compared');
    },
  },
  {
    id: 'freshness',
    meaning: 'Every required input is there and fresh.',
    unit: 'seconds',
    needs: 'inputs',
    can: ['veto'],
    limit: (limits) => limits.freshnessSeconds,
    check: freshness,
  },
  {
    id: 'cooldown',
    meaning: 'The pair has rested since its last trade.',
    unit: 'minutes left',
    needs: 'desk',
    can: ['veto'],
    limit: () => 0,
    check({ input, figures }) {
      if (figures === null) return UNREAD;
      const until = input.desk.cooldownUntil;
      if (until === null || input.now >= until) return pass(0);
      const left = Math.ceil((until - input.now) / 60_000);
      return veto(left, `rests for ${left} minutes more, until ${timeText(until)}`);
    },
  },
  {
    id: 'position-open',
    meaning: 'The pair has no position and no entry on the way.',
    unit: 'positions and entries of the pair',
    needs: 'account',
    can: ['veto'],
    limit: () => 0,
    check({ input }) {
      const count = onPair(input.account.positions, input.pair);
      const coming =
        input.account.restingEntries.filter((pair) => pair === input.pair).length +
        onPair(input.account.reservations, input.pair);
      if (count > 0) return veto(count + coming, 'the pair has a position');
      return coming > 0 ? veto(coming, 'an entry of the pair has not ended') : pass(0);
    },
  },
  {
    id: 'open-positions',
    meaning: 'There is room for one more position; entries on the way count.',
    unit: 'positions with this one',
    needs: 'account',
    can: ['veto'],
    limit: (limits) => limits.maxOpenPositions,
    check({ input, limits }) {
      const { positions, reservations, restingEntries } = input.account;
      const open = new Set(positions.map((p) => p.pair));
      const coming = new Set([...restingEntries, ...reservations.map((r) => r.pair)]);
      const extra = [...coming].filter((pair) => !open.has(pair)).length;
      const count = positions.length + extra + 1;
      return count <= limits.maxOpenPositions
        ? pass(count)
        : veto(count, `${count - 1} positions are open or on the way`);
    },
  },
  {
    id: 'trades-per-day',
    meaning: 'The desk has not opened too many positions since 00:00 UTC.',
    unit: 'entries with this one',
    needs: 'desk',
    can: ['veto'],
    limit: (limits) => limits.tradesPerDay,
    check({ input, limits, figures }) {
      if (figures === null) return UNREAD;
      const count = input.desk.tradesToday + 1;
      return count <= limits.tradesPerDay
        ? pass(count)
        : veto(count, `${count - 1} entries were made today`);
    },
  },
  {
    id: 'llm-spend',
    meaning: 'What models cost since 00:00 UTC is within its bound.',
    unit: 'USD',
    needs: 'desk',
    can: ['veto'],
    limit: (limits) => limits.llmSpendPerDayUsd,
    check({ input, limits, figures }) {
      if (figures === null) return UNREAD;
      const spent = input.desk.llmSpendTodayUsd;
      return spent < limits.llmSpendPerDayUsd || spent === 0
        ? pass(spent)
        : veto(spent, `models have cost ${spent} USD today`);
    },
  },
  lossRule('daily-loss', 'since 00:00 UTC', 'dailyLossPct', (f) => f.dayStart),
  lossRule('weekly-loss', 'since Monday 00:00 UTC', 'weeklyLossPct', (f) => f.weekStart),
  lossRule('monthly-loss', 'since the first of the month', 'monthlyLossPct', (f) => f.monthStart),
  {
    id: 'spread',
    meaning: 'The market is not too wide.',
    unit: 'basis points of mid price',
    needs: 'market',
    can: ['veto'],
    limit: (limits) => limits.spreadBps,
    check({ figures, limits }) {
      if (figures === null) return UNREAD;
      const spread = figures.ask.sub(figures.bid).div(figures.mid).mul(10_000);
      const observed = spread.toSignificantDigits(6).toNumber();
      return spread.lte(limits.spreadBps)
        ? pass(observed)
        : veto(observed, `the spread is ${observed} basis points`);
    },
  },
];

function freshness({ input, limits }: EntryContext): Finding {
  const { inputs } = input.market;
  const most = limits.freshnessSeconds * 1000;
  let oldest: number | null = null;
  for (const { name, ageMs, required } of inputs) {
    if (!required) continue;
    if (ageMs === null || !Number.isFinite(ageMs)) return veto(null, `${name} is missing`);
    // an input from the future is as wrong as an old one
    if (Math.abs(ageMs) > most) {
      return veto(ageMs / 1000, `${name} is ${ageMs / 1000} s off`);
    }
    oldest = Math.max(oldest ?? 0, ageMs);
  }
  if (oldest === null) return veto(null, 'there is no required input to decide on');
  return pass(oldest / 1000);
}

function lossRule(
  id: string,
  since: string,
  limit: 'dailyLossPct' | 'weeklyLossPct' | 'monthlyLossPct',
  start: (figures: Figures) => Decimal,
): EntryRule {
  return {
    id,
    meaning: `The desk has not lost its limit ${since}; reaching it counts.`,
    unit: 'percent of equity then',
    needs: 'account',
    can: ['veto'],
    limit: (limits: RiskLimits) => limits[limit],
    check({ figures, limits }) {
      if (figures === null) return UNREAD;
      const from = start(figures);
      const lost = from.sub(figures.netWorth);
      if (!lost.gt(0)) return pass(0);
      const observed = shownPercent(lost, from);
      return lost.mul(100).gte(from.mul(limits[limit]))
        ? veto(observed, `${observed} % lost ${since}`)
        : pass(observed);
    },
  };
}

function onPair(items: readonly { pair: string }[], pair: string): number {
  return items.filter((item) => item.pair === pair).length;
}

/** A venue time for people; a time that no calendar has stays a number. */
function timeText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? isoTime(ms) : String(ms);
}
