import { Decimal, type DecimalText } from '../../shared/money.ts';
import { isoTime } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';

/** How a decider has done its work so far: whether it answered, how fast, and for how much. */
export interface DeciderReport {
  decider: string;
  /** Null for a strategy. */
  model: string | null;
  answered: number;
  absent: number;
  /** The last absence: bar and cause; null when it never was absent. */
  lastAbsence: { bar: string; pair: string; cause: string } | null;
  /** Calls that were made, repairs and repetitions included. */
  calls: number;
  meanLatencyMs: number | null;
  /** USD: what its answers cost in all, and what was spent on it this UTC day of the wall clock. */
  usd: DecimalText;
  spentTodayUsd: DecimalText;
}

/** Every decider that a desk has asked, by name. */
export async function readDeciders(
  db: Queryable,
  desk: string,
  nowMs: number,
): Promise<DeciderReport[]> {
  const today = new Date(nowMs);
  today.setUTCHours(0, 0, 0, 0);
  const { rows } = await db.query<{
    decider: string;
    model: string | null;
    answered: string;
    absent: string;
    last_bar: Date | null;
    last_pair: string | null;
    last_cause: string | null;
    calls: string | null;
    latency: number | null;
    usd: string | null;
    today: string | null;
  }>(
    `select d.decider, l.model, d.answered, d.absent, a.bar as last_bar, a.pair as last_pair,
            a.cause as last_cause, l.calls, l.latency, l.usd, l.today
       from (select d.decider, count(*) filter (where d.answer->>'kind' = 'answered') as answered,
                    count(*) filter (where d.answer->>'kind' = 'absent') as absent
               from decision d join cycle c on c.id = d.cycle where c.desk = $1 group by d.decider) d
       left join (select decider, max(model) as model, count(*) as calls,
                         avg(latency_ms) filter (where source = 'live')::float8 as latency,
                         sum(coalesce(answer_usd, cost_usd, reserved_usd)) as usd,
                         coalesce(sum(coalesce(cost_usd, reserved_usd)) filter (where sent_at >= $2), 0) as today
                    from llm_call where desk = $1 group by decider) l on l.decider = d.decider
       left join lateral (select c.bar, c.pair, x.answer->>'cause' as cause
                            from decision x join cycle c on c.id = x.cycle
                           where c.desk = $1 and x.decider = d.decider and x.answer->>'kind' = 'absent'
                           order by c.bar desc, c.pair limit 1) a on true
      order by d.decider`,
    [desk, today],
  );
  const usd = (text: string | null): string => new Decimal(text ?? 0).toFixed();
  return rows.map((row) => ({
    decider: row.decider,
    model: row.model,
    answered: Number(row.answered),
    absent: Number(row.absent),
    lastAbsence:
      row.last_bar === null
        ? null
        : {
            bar: isoTime(row.last_bar.getTime()),
            pair: row.last_pair ?? '',
            cause: row.last_cause ?? '',
          },
    calls: Number(row.calls ?? 0),
    meanLatencyMs: row.latency === null ? null : Math.round(row.latency),
    usd: usd(row.usd),
    spentTodayUsd: usd(row.today),
  }));
}
