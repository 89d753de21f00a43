import { Decimal, type DecimalText } from '../../../shared/money.ts';
import type { Asset } from '../../../shared/pair.ts';
import type { Queryable } from '../database.ts';

/** What the ledger says is held at the venue, bags included, per asset; assets that never moved are absent. */
export async function ledgerBalances(db: Queryable): Promise<Record<Asset, DecimalText>> {
  const { rows } = await db.query<{ asset: string; amount: string }>(
    `select asset, sum(amount) as amount from posting where account in ('venue', 'bag')
      group by asset order by asset`,
  );
  return Object.fromEntries(rows.map((r) => [r.asset, new Decimal(r.amount).toFixed()]));
}

/** What lies in the hodl bag, per asset: at the venue too, but outside of sizing, margin and rebalancing. */
export async function bagBalances(db: Queryable): Promise<Record<Asset, DecimalText>> {
  const { rows } = await db.query<{ asset: string; amount: string }>(
    `select asset, sum(amount) as amount from posting where account = 'bag'
      group by asset having sum(amount) <> 0 order by asset`,
  );
  return Object.fromEntries(rows.map((r) => [r.asset, new Decimal(r.amount).toFixed()]));
}
