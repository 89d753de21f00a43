import type { Pair } from '../../../shared/pair.ts';
import type { DeskMode } from '../../../shared/risk/desk-mode.ts';
import type { ReviewedDesk } from '../../../shared/risk/entry-input.ts';
import type { RiskLimits } from '../../../shared/risk/limits.ts';
import type { Queryable } from '../../ledger/database.ts';

const DAY_MS = 86_400_000;

/** What the review needs to know of the desk itself, read from its tables at a venue time. */
export async function reviewedDesk(
  db: Queryable,
  desk: string,
  limits: RiskLimits,
  at: { pair: Pair; atMs: number },
): Promise<ReviewedDesk> {
  const known = db.query<{
    mode: DeskMode;
    reconciled: boolean;
    last_closed: Date | null;
    trades_today: string;
    llm_spend: string;
  }>(
    `select d.state->>'kind' as mode,
            not exists (select 1 from reconciliation r
                         where r.desk = d.desk and jsonb_array_length(r.differences) > 0
                           and r.at = (select max(at) from reconciliation l where l.desk = d.desk)
                       ) as reconciled,
            (select max(closed_at) from position p
              where p.desk = d.desk and p.pair = $2 and p.state in ('closed', 'dust')) as last_closed,
            (select count(*) from position p
              where p.desk = d.desk and p.state <> 'unfilled' and p.opened_at >= $3) as trades_today,
            (select coalesce(sum(coalesce(c.answer_usd, c.cost_usd, c.reserved_usd)), 0) from llm_call c
              where c.desk = d.desk and c.venue_at >= $3) as llm_spend
       from desk d where d.desk = $1`,
    [desk, at.pair, new Date(Math.floor(at.atMs / DAY_MS) * DAY_MS)],
  );
  const closed = db.query<{ pnl: string }>(
    `select pnl_usdt as pnl from position
      where desk = $1 and state in ('closed', 'dust') order by closed_at desc, id desc limit 50`,
    [desk],
  );
  const [{ rows }, losses] = await Promise.all([known, closed]);
  const row = rows[0];
  if (row === undefined) throw new Error(`desk ${desk} is not in the database`);
  const streak = losses.rows.findIndex((r) => Number(r.pnl) >= 0);
  return {
    state: row.mode,
    cooldownUntil:
      row.last_closed === null ? null : row.last_closed.getTime() + limits.cooldownMinutes * 60_000,
    reconciled: row.reconciled,
    lossStreak: streak < 0 ? losses.rows.length : streak,
    tradesToday: Number(row.trades_today),
    llmSpendTodayUsd: Number(row.llm_spend),
  };
}
