import { Decimal, type DecimalText } from '../../../shared/money.ts';
import { baseOf, quoteOf, type Pair } from '../../../shared/pair.ts';
import type { Snapshot } from '../../../shared/snapshot.ts';
import { isoTime } from '../../../shared/timeframe.ts';
import type { Queryable } from '../database.ts';

/** The desk's last five closed trades by `atMs`, oldest first. */
export async function recentTrades(
  db: Queryable,
  desk: string,
  atMs: number,
): Promise<Snapshot['recentTrades']> {
  const { rows } = await db.query<{
    pair: string;
    opened_at: Date;
    closed_at: Date;
    exit_reason: string;
    pnl_usdt: string;
  }>(
    `select pair, opened_at, closed_at, exit_reason, pnl_usdt from position
      where desk = $1 and state in ('closed', 'dust') and closed_at <= $2
      order by closed_at desc, id desc limit 5`,
    [desk, new Date(atMs)],
  );
  return rows.reverse().map((r) => ({
    pair: r.pair,
    openedAt: isoTime(r.opened_at.getTime()),
    closedAt: isoTime(r.closed_at.getTime()),
    exitReason: r.exit_reason,
    pnlUsdt: new Decimal(r.pnl_usdt).toFixed(),
  }));
}

/**
 * Result of a position in USDT, fees and interest included: what its sales brought less what its purchases
 * cost, valued at the given prices; what is still held (dust) counts at its price.
 */
export async function resultOf(
  db: Queryable,
  position: string,
  pair: Pair,
  usdtPer: Record<string, DecimalText>,
): Promise<DecimalText> {
  const { rows } = await db.query<{
    side: string;
    quantity: string;
    cost: string;
    fees: string;
    fee_asset: string;
  }>(
    `select f.side, sum(f.quantity) as quantity, sum(f.cost) as cost, sum(f.fee) as fees, f.fee_asset
       from fill f join trade_order o on o.client_order_id = f.client_order_id
      where o.position = $1 group by f.side, f.fee_asset`,
    [position],
  );
  const priceOf = (asset: string): Decimal => new Decimal(usdtPer[asset] ?? 0);
  let result = new Decimal(0);
  for (const row of rows) {
    const sign = row.side === 'sell' ? 1 : -1;
    result = result
      .plus(new Decimal(row.cost).mul(sign).mul(priceOf(quoteOf(pair))))
      .minus(new Decimal(row.quantity).mul(sign).mul(priceOf(baseOf(pair))))
      .minus(new Decimal(row.fees).mul(priceOf(row.fee_asset)));
  }
  for (const { asset, interest } of await interestOf(db, position)) {
    result = result.minus(priceOf(asset).mul(interest));
  }
  return result.toDecimalPlaces(4).toFixed();
}

/** What a position on margin has paid for what it borrowed, by asset. */
async function interestOf(
  db: Queryable,
  position: string,
): Promise<{ asset: string; interest: string }[]> {
  const { rows } = await db.query<{ asset: string; interest: string }>(
    `select m.asset, sum(m.fee) as interest
       from margin_move m
       join fill f on f.execution_id = m.ref_id
       join trade_order o on o.client_order_id = f.client_order_id
      where m.type = 'rollover' and o.position = $1 group by m.asset`,
    [position],
  );
  return rows;
}
