import { Decimal, type DecimalText } from '../../../shared/money.ts';
import { quoteOf, type Asset, type Pair } from '../../../shared/pair.ts';
import type { AccountView } from '../../../shared/snapshot.ts';
import type { Queryable } from '../database.ts';

/** What all open positions on margin come to, USDT. */
export interface MarginSums {
  /** Their result at the given prices that is in no balance yet. */
  unrealised: Decimal;
  /** What they bind: their cost over their leverage. */
  used: Decimal;
}

/** Whether the desk's profile lets it trade on margin. */
export async function allowsMargin(db: Queryable, desk: string): Promise<boolean> {
  const { rows } = await db.query<{ allows: boolean }>(
    `select profile->'margin' is not null as allows from desk where desk = $1`,
    [desk],
  );
  return rows[0]?.allows ?? false;
}

interface Row {
  pair: Pair;
  is_short: boolean;
  leverage: number;
  entered: string;
  entered_for: string;
  closed: string;
  closed_for: string;
  realised: string;
}

/**
 * The open positions on margin at these prices. What a position will have won in the end is what its executions
 * tell; what of it the venue has paid out is what its ledger tells: the rest is unrealised, to the last digit of
 * the venue's own rounding.
 */
export async function readMargin(
  db: Queryable,
  of: {
    desk: string;
    closes: Readonly<Record<Pair, number>>;
    usdtPer: Readonly<Record<Asset, DecimalText>>;
  },
): Promise<MarginSums> {
  const { rows } = await db.query<Row>(
    `select p.pair,
            bool_or(o.leg = 'entry' and o.side = 'sell') as is_short,
            max(o.leverage) as leverage,
            coalesce(sum(o.filled_quantity) filter (where o.leg = 'entry'), 0) as entered,
            coalesce(sum(o.filled_cost) filter (where o.leg = 'entry'), 0) as entered_for,
            coalesce(sum(o.filled_quantity) filter (where o.leg <> 'entry'), 0) as closed,
            coalesce(sum(o.filled_cost) filter (where o.leg <> 'entry'), 0) as closed_for,
            (select coalesce(sum(m.amount), 0)
               from margin_move m
               join fill f on f.execution_id = m.ref_id
               join trade_order t on t.client_order_id = f.client_order_id
              where m.type = 'margin' and t.position = p.id) as realised
       from position p join trade_order o on o.position = p.id and o.desk = p.desk
      where p.desk = $1 and p.state in ('opening', 'open', 'dust') and o.leverage is not null
      group by p.id, p.pair, p.opened_at
      order by p.opened_at, p.id`,
    [of.desk],
  );
  let unrealised = new Decimal(0);
  let used = new Decimal(0);
  for (const row of rows) {
    const left = new Decimal(row.entered).minus(row.closed);
    if (left.lte(0)) continue;
    const usdt = of.usdtPer[quoteOf(row.pair)] ?? '0';
    const price = of.closes[row.pair] ?? new Decimal(row.entered_for).div(row.entered);
    const sign = row.is_short ? -1 : 1;
    const gross = left.mul(price).plus(row.closed_for).minus(row.entered_for).mul(sign);
    unrealised = unrealised.plus(gross.minus(row.realised).mul(usdt));
    const cost = new Decimal(row.entered_for).mul(left).div(row.entered);
    used = used.plus(cost.div(row.leverage).mul(usdt));
  }
  return { unrealised, used };
}

/** Equity in USDT: what is held, and what the open positions would bring. */
export function equityWith(worth: DecimalText, margin: MarginSums): DecimalText {
  return margin.unrealised.plus(worth).toFixed(4, Decimal.ROUND_HALF_EVEN);
}

export function marginView(
  worth: DecimalText,
  margin: MarginSums,
): NonNullable<AccountView['margin']> {
  const equity = margin.unrealised.plus(worth);
  const text = (amount: Decimal): DecimalText => amount.toFixed(4, Decimal.ROUND_HALF_EVEN);
  return {
    usedUsdt: text(margin.used),
    freeUsdt: text(equity.minus(margin.used)),
    levelPct: margin.used.isZero()
      ? null
      : equity.div(margin.used).mul(100).toDecimalPlaces(2).toNumber(),
  };
}
