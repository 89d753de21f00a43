import type { Interval } from './bootstrap.ts';
import { moments } from './moments.ts';
import { wilsonInterval } from './wilson.ts';

export interface TradeMeasures {
  count: number;
  wins: number;
  /** Share of trades that won after fees, with Wilson's interval; NaN without trades. */
  winRate: number;
  winRateInterval: Interval;
  /** Mean net result in units of the money that was at risk; NaN without stops. */
  expectancyR: number;
  /** Root of n times mean over deviation of the results in R (system quality number). */
  sqn: number;
  /** Won money over lost money, net; Infinity when none lost, NaN when none won or lost. */
  profitFactor: number;
}

/** Measures of closed trades: net result of each in one currency, and what was at risk (0 where unknown). */
export function tradeMeasures(net: ArrayLike<number>, risk: ArrayLike<number>): TradeMeasures {
  const count = net.length;
  let wins = 0;
  let won = 0;
  let lost = 0;
  const inR: number[] = [];
  for (let i = 0; i < count; i++) {
    if (net[i]! > 0) {
      wins++;
      won += net[i]!;
    } else lost -= net[i]!;
    if (risk[i]! > 0) inR.push(net[i]! / risk[i]!);
  }
  const { mean, sd } = moments(inR);
  return {
    count,
    wins,
    winRate: wins / count,
    winRateInterval: wilsonInterval(wins, count),
    expectancyR: mean,
    sqn: (Math.sqrt(inR.length) * mean) / sd,
    profitFactor: won / lost,
  };
}
