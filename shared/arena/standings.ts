import { equityMeasures, pairedSharpe, type EquityMeasures } from '../backtest/measures.ts';
import { BASELINE } from '../shadow/contestants.ts';
import type { ShadowTotals, ShadowTrade } from '../shadow/shadow-types.ts';
import type { Interval } from '../statistics/bootstrap.ts';
import { confidenceSet } from '../statistics/confidence-set.ts';
import { dailyReturns } from '../statistics/daily-returns.ts';
import { deflatedSharpe } from '../statistics/probabilistic-sharpe.ts';
import { dailySharpe } from '../statistics/ratios.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { tradeMeasures, type TradeMeasures } from '../statistics/trade-measures.ts';

/** Fixed, so that the same records print the same intervals. */
const SEED = 20_261_121;

/** Below these an order is chance: ratios of fewer days, and win rates of fewer trades, say next to nothing. */
export const LEAST_DAYS = 30;
export const LEAST_TRADES = 30;

/** A shadow account as it is stored. */
export interface ArenaAccount {
  decider: string;
  variant: string;
  /** Whether it is asked at present; one that is not any more keeps its results. */
  isOnRoster: boolean;
  equity: number;
  startEquity: number;
  totals: ShadowTotals;
  /** Ascending; the equity at the last close of each UTC day. */
  days: { dayMs: number; equity: number }[];
  trades: ShadowTrade[];
}

export interface Against {
  baseline: string;
  /** Days that both have. */
  days: number;
  /** Return over those days less the baseline's. */
  returnDifference: number;
  sharpeDifference: number;
  /** Of the Sharpe difference, both resampled together. */
  interval: Interval;
  verdict: 'better' | 'worse' | 'not distinguishable';
}

export interface Standing {
  decider: string;
  variant: string;
  isBaseline: boolean;
  isOnRoster: boolean;
  equity: number;
  measures: EquityMeasures;
  /** Probability that the true Sharpe ratio is above what luck would give the best of all contestants. */
  deflatedSharpe: number;
  trades: TradeMeasures;
  fees: number;
  llmCost: number;
  entriesAsked: number;
  vetoes: Record<string, number>;
  /** One a baseline; empty for baselines. */
  against: Against[];
  /** What is missing before its place says anything; empty when nothing is. */
  lacks: string[];
}

export interface Standings {
  /** By return net of everything, the best first. */
  standings: Standing[];
  /** In plain words: whether the order means anything. */
  evidence: string;
}

/** Standings of all accounts, net of everything; ratios per year of 365 days, NaN where they are not known. */
export function standingsOf(accounts: readonly ArenaAccount[]): Standings {
  const random = seededRandom(SEED);
  const returns = accounts.map((account) =>
    dailyReturns(
      account.days.map((day) => day.dayMs),
      account.days.map((day) => day.equity),
    ),
  );
  const trials = accounts.flatMap(({ variant }, k) =>
    variant === BASELINE ? [] : [dailySharpe(returns[k]!)],
  );
  const standings = accounts.map((account, k): Standing => {
    const isBaseline = account.variant === BASELINE;
    const dayMs = account.days.map((day) => day.dayMs);
    const equity = account.days.map((day) => day.equity);
    const measures = equityMeasures(dayMs, equity, account.startEquity, random);
    const net = account.trades.map((trade) => trade.net);
    const risk = account.trades.map(({ net: won, netR }) => (netR ? won / netR : 0));
    const others = isBaseline ? [] : accounts.filter((other) => other.variant === BASELINE);
    return {
      ...{ decider: account.decider, variant: account.variant, isBaseline },
      ...{ isOnRoster: account.isOnRoster, equity: account.equity, measures },
      deflatedSharpe: deflatedSharpe(returns[k]!, trials),
      trades: tradeMeasures(net, risk),
      fees: account.totals.fees,
      llmCost: account.totals.llmCost,
      entriesAsked: account.totals.entriesAsked,
      vetoes: account.totals.vetoes,
      against: others.map((other) => compare(account, other, random)),
      lacks: lacksOf(measures.days, account.trades.length),
    };
  });
  standings.sort((a, b) => b.measures.totalReturn - a.measures.totalReturn);
  return { standings, evidence: evidenceOf(accounts, standings, random) };
}

function compare(account: ArenaAccount, other: ArenaAccount, random: () => number): Against {
  const theirs = new Map(other.days.map((day) => [day.dayMs, day.equity]));
  const common = account.days.filter((day) => theirs.has(day.dayMs));
  const dayMs = common.map((day) => day.dayMs);
  const a = common.map((day) => day.equity);
  const b = dayMs.map((day) => theirs.get(day)!);
  const grown = (values: number[]): number => values.at(-1)! / values[0]! - 1;
  const { difference, interval } = pairedSharpe(
    dailyReturns(dayMs, a),
    dailyReturns(dayMs, b),
    random,
  );
  const isEnough = common.length >= LEAST_DAYS;
  return {
    baseline: other.decider,
    days: common.length,
    returnDifference: common.length === 0 ? NaN : grown(a) - grown(b),
    sharpeDifference: difference,
    interval,
    verdict:
      isEnough && interval.low > 0
        ? 'better'
        : isEnough && interval.high < 0
          ? 'worse'
          : 'not distinguishable',
  };
}

function lacksOf(days: number, trades: number): string[] {
  return [
    ...(days < LEAST_DAYS ? [`${days} of ${LEAST_DAYS} days`] : []),
    ...(trades < LEAST_TRADES ? [`${trades} of ${LEAST_TRADES} trades`] : []),
  ];
}

/** Whether the deciders can be told from each other at all, by the confidence set of their daily returns. */
function evidenceOf(
  accounts: readonly ArenaAccount[],
  standings: readonly Standing[],
  random: () => number,
): string {
  const deciders = standings.filter((each) => !each.isBaseline && each.isOnRoster);
  if (deciders.length === 0) return 'No decider has an account yet.';
  const days = Math.min(...deciders.map((each) => each.measures.days));
  const trades = deciders.map((each) => each.trades.count);
  if (days < LEAST_DAYS) {
    return (
      `Not enough evidence to rank: ${days} days of at least ${LEAST_DAYS}, ` +
      `${range(trades)} trades each. The order is what happened, not who is better.`
    );
  }
  const rows = deciders.map(
    (each) =>
      new Map(
        accounts
          .find((a) => a.decider === each.decider && a.variant === each.variant)!
          .days.map((day) => [day.dayMs, day.equity]),
      ),
  );
  const dayMs = [...rows[0]!.keys()].filter((day) => rows.every((row) => row.has(day)));
  const returns = rows.map((row) =>
    dailyReturns(
      dayMs,
      dayMs.map((day) => row.get(day)!),
    ),
  );
  const left = confidenceSet(returns, { random }).map((k) => deciders[k]!);
  const names = left.map((each) => each.decider).join(', ');
  const thin = left.filter((each) => each.trades.count < LEAST_TRADES);
  const caveat =
    thin.length === 0
      ? ''
      : ` Fewer than ${LEAST_TRADES} trades: ${thin.map((t) => `${t.decider} (${t.trades.count})`).join(', ')}.`;
  if (left.length === deciders.length && left.length > 1) {
    return `Not enough evidence to rank: ${names} are not distinguishable from each other over ${days} days.${caveat}`;
  }
  if (left.length === 1) {
    return deciders.length === 1
      ? `There is one decider, ${names}; nobody to rank it against but the baselines.${caveat}`
      : `${names} had better daily returns than all other deciders over ${days} days (90 % confidence set).${caveat}`;
  }
  return `The best is one of ${names}, not distinguishable from each other over ${days} days (90 % confidence set).${caveat}`;
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? String(least) : `${least} to ${most}`;
}
