import { decimalText, quoteAround, reviewName } from '../backtest/reviewed-holdings.ts';
import type { Account } from '../backtest/account.ts';
import { planRebalance, type RebalanceLeg } from '../rebalance/plan-rebalance.ts';
import type { Allocation, ShadowTerms } from './shadow-types.ts';

/** As a desk's own rebalancing does: at most once a day, no leg below 10 of the numeraire. */
const LEAST_HOURS = 24;
const LEAST_VALUE = 10;
/** What an allocation that trades once may stray from its targets. */
const EXACT_PCT = 1e-8;

/** Legs that bring an account to the shares it is to hold; none while every share lies in its band. */
export function allocate(
  allocation: Allocation,
  of: { account: Account; terms: ShadowTerms; quotes: ArrayLike<number>; lastMs: number | null },
  nowMs: number,
): RebalanceLeg[] {
  const { account, terms, quotes, lastMs } = of;
  if (allocation.bandPct === null && lastMs !== null) return [];
  const named = reviewName(account.numeraire);
  const targets = Object.fromEntries(
    account.assets.map((asset) => [named.asset(asset), allocation.targets[asset] ?? 0]),
  );
  const held = Object.fromEntries(
    account.assets.map((asset, a) => [named.asset(asset), decimalText(account.balance[a]!)]),
  );
  const plan = planRebalance({
    now: nowMs,
    lastMs,
    core: held,
    free: held,
    usdtPer: Object.fromEntries(
      account.assets.map((asset, a) => [named.asset(asset), decimalText(account.price[a]!)]),
    ),
    markets: terms.pairs.map((pair, p) => {
      const instrument = { ...terms.instruments[p]!, pair: named.pair(pair) };
      return { instrument, ...quoteAround(quotes[p]!, terms.costs[p]!.halfSpread, instrument) };
    }),
    isCrisis: false,
    pendingStops: [],
    settings: {
      targets,
      bandPct: allocation.bandPct ?? EXACT_PCT,
      to: allocation.bandPct === null ? 'edge' : 'half-way',
      leastUsdt: LEAST_VALUE,
      leastHours: LEAST_HOURS,
      slippageBps: terms.limits.slippageBps,
    },
  });
  if (plan.kind === 'none') return [];
  return plan.legs.map((leg) => ({
    ...leg,
    pair: terms.pairs.find((pair) => named.pair(pair) === leg.pair) ?? leg.pair,
  }));
}
