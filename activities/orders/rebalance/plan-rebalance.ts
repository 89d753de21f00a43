import { Decimal, type DecimalText } from '../../../shared/money.ts';
import { baseOf, type Asset, type Pair } from '../../../shared/pair.ts';
import {
  planRebalance,
  type RebalanceInput,
  type RebalancePlan,
} from '../../../shared/rebalance/plan-rebalance.ts';
import type { AccountView } from '../../../shared/snapshot.ts';
import { readAccount } from '../../ledger/books/account.ts';
import { inTransaction, type Queryable } from '../../ledger/database.ts';
import { readLimits } from '../../ledger/desk/desk-limits.ts';
import { lockDesk } from '../../ledger/desk/desk-store.ts';
import type { ReviewDeps } from '../review/review-deps.ts';
import { volatility } from '../review/volatility.ts';

/**
 * Plans one pass of the desk's rebalancing at a venue time and stores the plan, or why there is none. Keyed by
 * `id`: a repeat returns what was planned.
 */
export async function planPass(
  deps: ReviewDeps,
  of: { id: string; atMs: number },
): Promise<RebalancePlan> {
  const { desk, profile } = deps;
  const settings = profile.rebalance;
  if (settings === undefined) {
    throw new Error(`the profile of desk ${desk} has no part "rebalance"`);
  }
  const markets: RebalanceInput['markets'] = [];
  const ratios: number[] = [];
  for (const pair of profile.pairs) {
    const { bid, ask } = await deps.depth(pair);
    markets.push({ instrument: await deps.instrument(pair, of.atMs), bid, ask });
    const bars = await deps.candles.closedBy({ pair, timeframe: profile.timeframe }, of.atMs);
    ratios.push(volatility(bars, profile.timeframe).volatilityRatio ?? 0);
  }
  return inTransaction(deps.pool, async (client) => {
    await lockDesk(client, desk);
    const known = await client.query<{ plan: RebalancePlan }>(
      `select plan from rebalance where id = $1`,
      [of.id],
    );
    if (known.rows[0] !== undefined) return known.rows[0].plan;
    const account = await readAccount(client, desk, profile.timeframe, of.atMs);
    const { limits } = await readLimits(client, desk, profile);
    const plan = planRebalance({
      now: of.atMs,
      lastMs: await lastPass(client, desk),
      core: coreOf(account),
      free: account.free,
      usdtPer: account.usdtPer,
      markets,
      isCrisis: ratios.some((ratio) => ratio >= limits.volatilityVeto),
      pendingStops: await pendingStops(client, desk),
      settings,
    });
    await client.query(`insert into rebalance (id, desk, at, plan) values ($1, $2, $3, $4)`, [
      ...[of.id, desk, new Date(of.atMs), JSON.stringify(plan)],
    ]);
    return plan;
  });
}

/** What belongs to the core: balances less bags and less what open positions hold on spot. */
function coreOf({ balances, bags = {}, positions }: AccountView): Record<Asset, DecimalText> {
  return Object.fromEntries(
    Object.entries(balances).map(([asset, amount]) => {
      const apart = [
        bags[asset] ?? '0',
        ...positions
          .filter((p) => p.leverage === undefined && baseOf(p.pair) === asset)
          .map((p) => p.quantity),
      ].reduce((sum, part) => sum.plus(part), new Decimal(0));
      return [asset, Decimal.max(0, new Decimal(amount).minus(apart)).toFixed()];
    }),
  );
}

/** Venue time of the last pass that traded, Unix ms. */
async function lastPass(db: Queryable, desk: string): Promise<number | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select max(at) as at from rebalance where desk = $1 and plan->>'kind' = 'plan'`,
    [desk],
  );
  return rows[0]?.at?.getTime() ?? null;
}

/** Pairs with a position whose stop does not rest, or with an exit on its way: what it holds is not settled. */
export async function pendingStops(db: Queryable, desk: string): Promise<Pair[]> {
  const { rows } = await db.query<{ pair: string }>(
    `select distinct p.pair from position p
      where p.desk = $1 and p.state in ('opening', 'open') and (
        exists (select 1 from trade_order o
                 where o.position = p.id and o.leg in ('stop', 'target', 'exit')
                   and (o.status in ('intended', 'sending', 'unknown')
                        or (o.leg = 'exit' and o.status = 'open')))
        or (p.state = 'open'
            and not exists (select 1 from trade_order o
                             where o.position = p.id and o.leg = 'stop' and o.status = 'open')))
      order by p.pair`,
    [desk],
  );
  return rows.map((row) => row.pair);
}
