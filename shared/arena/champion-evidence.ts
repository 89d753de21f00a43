import { pairedSharpe } from '../backtest/measures.ts';
import { BASELINE } from '../shadow/contestants.ts';
import type { Interval } from '../statistics/bootstrap.ts';
import { dailyReturns } from '../statistics/daily-returns.ts';
import { deflatedSharpe } from '../statistics/probabilistic-sharpe.ts';
import { dailySharpe } from '../statistics/ratios.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { LEAST_DAYS, LEAST_TRADES, type ArenaAccount } from './standings.ts';

const SEED = 20_261_121;
/** Chance of calling for a switch that nothing is behind, shared out among all challengers. */
const LEVEL = 0.05;

/** What the arena says about the one that a desk follows. Nothing is switched by it. */
export interface ChampionEvidence {
  champion: string;
  /** The one that the evidence speaks for, or null: nobody is told to be better. */
  instead: string | null;
  /** The same in a plain sentence. */
  words: string;
}

/**
 * Whether another decider has shown itself better than the champion, by a rule that is fixed beforehand: over at
 * least 30 days that both have and 30 trades of its own, the challenger's Sharpe ratio (daily, net of everything)
 * lies above the champion's with an error of 5 % shared out among all challengers (Bonferroni), and above the one
 * that luck would give the best of all deciders with 95 % (deflated ratio). Looked at every day the error is
 * greater than 5 %: it is meant for a review every few weeks. `roster` are the deciders that may be followed.
 */
export function championEvidence(
  accounts: readonly ArenaAccount[],
  champion: string,
  roster: readonly string[],
): ChampionEvidence {
  const random = seededRandom(SEED);
  const players = accounts.filter(
    (account) =>
      account.variant !== BASELINE && account.isOnRoster && roster.includes(account.decider),
  );
  const followed = players.find((account) => account.decider === champion);
  const others = players.filter((account) => account !== followed);
  const stays = (why: string): ChampionEvidence => ({
    ...{ champion, instead: null },
    words: `Champion ${champion}: the evidence justifies no switch, ${why}.`,
  });
  if (followed === undefined) return stays('it has no account yet');
  if (others.length === 0) return stays('there is nobody else to follow');
  const trials = accounts
    .filter((account) => account.variant !== BASELINE)
    .map((account) => dailySharpe(returnsOf(account.days)));
  const error = LEVEL / others.length;
  const found = others.map((other) => {
    const [ours, theirs] = onCommonDays(other, followed);
    const { difference, interval } = pairedSharpe(ours, theirs, random, 1 - error);
    return {
      ...{ decider: other.decider, days: ours.length, trades: other.trades.length },
      ...{ difference, interval, luck: deflatedSharpe(returnsOf(other.days), trials) },
    };
  });
  const days = Math.max(...found.map((each) => each.days));
  if (days < LEAST_DAYS) return stays(`${days} days of at least ${LEAST_DAYS}`);
  const ranked = found
    .filter((each) => each.days >= LEAST_DAYS && !Number.isNaN(each.difference))
    .sort((a, b) => b.difference - a.difference);
  const better = ranked.find(
    (each) => each.interval.low > 0 && each.trades >= LEAST_TRADES && each.luck >= 1 - LEVEL,
  );
  if (better !== undefined) {
    return {
      ...{ champion, instead: better.decider },
      words:
        `Champion ${champion}: the evidence would justify a switch to ${better.decider}, ` +
        `${ratioWords(better, error)}, ${better.trades} trades. Nothing is switched by itself: ` +
        `npm run desk -- set-champion ${better.decider}`,
    };
  }
  const nearest = ranked[0];
  if (nearest === undefined || nearest.difference <= 0) {
    return stays(`nobody else has had a higher Sharpe ratio over ${days} days`);
  }
  const lacks = [
    ...(nearest.interval.low > 0 ? [] : ['which may be chance']),
    ...(nearest.luck >= 1 - LEVEL ? [] : ['no better than luck would give the best of all']),
    ...(nearest.trades >= LEAST_TRADES ? [] : [`${nearest.trades} of ${LEAST_TRADES} trades`]),
  ];
  return stays(
    `the nearest is ${nearest.decider}, ${ratioWords(nearest, error)}: ${lacks.join(', ')}`,
  );
}

function ratioWords(
  of: { difference: number; interval: Interval; days: number },
  error: number,
): string {
  const { low, high } = of.interval;
  const sure = Number((100 * (1 - error)).toFixed(1));
  return (
    `whose Sharpe ratio is higher by ${of.difference.toFixed(2)} ` +
    `(${low.toFixed(2)} to ${high.toFixed(2)} with ${sure} %) over ${of.days} days`
  );
}

type Days = ArenaAccount['days'];

function returnsOf(days: Days): Float64Array {
  return dailyReturns(
    days.map((day) => day.dayMs),
    days.map((day) => day.equity),
  );
}

function onCommonDays(a: ArenaAccount, b: ArenaAccount): [Float64Array, Float64Array] {
  const common = (of: Days, other: Days): Days => {
    const there = new Set(other.map((day) => day.dayMs));
    return of.filter((day) => there.has(day.dayMs));
  };
  return [returnsOf(common(a.days, b.days)), returnsOf(common(b.days, a.days))];
}
