import { noTotals } from '../shadow/new-shadow.ts';
import type { ShadowTrade } from '../shadow/shadow-types.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import type { ArenaAccount } from './standings.ts';

export const DAY = 86_400_000;
const trade: ShadowTrade = {
  ...{ pair: 'BTC/USDT', entryBarMs: 0, exitBarMs: 0, entryPrice: 100, exitPrice: 101 },
  ...{ quantity: 1, grossPnl: 1, fees: 0.1, net: 0.9, netR: 0.5, exit: 'target' as const },
};

/** Daily returns drawn around `mean` with a deviation of about 1 %. */
export function account(decider: string, mean: number, days: number, seed: number, trades = 40) {
  const random = seededRandom(seed);
  let equity = 1000;
  const marks = Array.from({ length: days }, (_, i) => {
    if (i > 0) equity *= 1 + mean + 0.035 * (random() - 0.5);
    return { dayMs: i * DAY, equity };
  });
  return {
    ...{ decider, variant: 'a model, p1', isOnRoster: true, equity, startEquity: 1000 },
    ...{ totals: noTotals(), days: marks, trades: Array<ShadowTrade>(trades).fill(trade) },
  } satisfies ArenaAccount;
}
