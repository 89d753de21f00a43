import { LlmSettingsSchema } from '../../shared/llm/settings.ts';
import { Decimal, type DecimalText } from '../../shared/money.ts';
import { isoTime } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';

/** How a desk stands with its models just now. */
export interface ModelsNow {
  /** This UTC day of the wall clock, USD; calls of which it is not known what they cost count with their reservation. */
  spentTodayUsd: DecimalText;
  /** The day's cap, USD. */
  dayUsd: number;
  /** Deciders that did not answer at the bar that was decided on last, in one of its cycles or more. */
  absent: { decider: string; bar: string; pairs: string[]; cause: string }[];
}

/** Null for a desk without models. */
export async function readModelsNow(
  db: Queryable,
  desk: string,
  nowMs: number,
): Promise<ModelsNow | null> {
  const today = new Date(nowMs);
  today.setUTCHours(0, 0, 0, 0);
  const { rows } = await db.query<{ llm: unknown; models: boolean; usd: string | null }>(
    `select profile->'llm' as llm,
            jsonb_path_exists(profile, '$.deciders[*] ? (@.provider != "strategy")') as models,
            (select sum(coalesce(cost_usd, reserved_usd))::text from llm_call
              where llm_call.desk = $1 and sent_at >= $2) as usd
       from desk where desk = $1`,
    [desk, today],
  );
  const [row] = rows;
  if (row === undefined || !row.models) return null;
  const absences = await db.query<{
    decider: string;
    bar: Date;
    pairs: string[];
    cause: string;
  }>(
    `select d.decider, c.bar, array_agg(c.pair order by c.pair) as pairs,
            (array_agg(d.answer->>'cause' order by c.pair))[1] as cause
       from decision d join cycle c on c.id = d.cycle
      where c.desk = $1 and d.answer->>'kind' = 'absent'
        and c.bar = (select max(bar) from cycle where desk = $1)
      group by d.decider, c.bar order by d.decider`,
    [desk],
  );
  return {
    spentTodayUsd: new Decimal(row.usd ?? 0).toFixed(),
    dayUsd: LlmSettingsSchema.parse(row.llm ?? {}).budget.dayUsd,
    absent: absences.rows.map((of) => ({ ...of, bar: isoTime(of.bar.getTime()) })),
  };
}
