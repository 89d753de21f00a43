import type { TrackRecord } from '../../../shared/risk/entry-input.ts';
import type { Queryable } from '../database.ts';

/**
 * The desk's closed trades by `atMs`, in multiples of the risk that each took: what its verdict put at risk,
 * as far as the entry was filled. A trade that won nothing counts as lost.
 */
export async function trackRecord(db: Queryable, desk: string, atMs: number): Promise<TrackRecord> {
  const { rows } = await db.query<{ trades: number; wins: number; win_r: number; loss_r: number }>(
    `with trade as (
       select p.pnl_usdt / (r.risk_usdt * e.filled / e.ordered) as r
         from position p
         join reservation r on r.verdict = p.cycle
         -- an entry that followed the market has several orders, the first of them for all of it
         join (select position, sum(filled_quantity) as filled,
                      max(quantity) filter (where n = 1) as ordered
                 from trade_order where desk = $1 and leg = 'entry' group by position) e
           on e.position = p.id
        where p.desk = $1 and p.state in ('closed', 'dust') and p.closed_at <= $2
          and r.risk_usdt > 0 and e.filled > 0 and p.pnl_usdt is not null)
     select count(*)::int as trades,
            count(*) filter (where r > 0)::int as wins,
            coalesce(avg(r) filter (where r > 0), 0)::float8 as win_r,
            coalesce(-avg(r) filter (where r <= 0), 0)::float8 as loss_r
       from trade`,
    [desk, new Date(atMs)],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`the trades of desk ${desk} could not be counted`);
  return { trades: row.trades, wins: row.wins, meanWinR: row.win_r, meanLossR: row.loss_r };
}
