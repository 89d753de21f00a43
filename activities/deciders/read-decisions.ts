import type { Decision } from '../../shared/decision.ts';
import type { Pair } from '../../shared/pair.ts';
import { isoTime } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';

/** One recorded decision, as a backtest reads it: a line of JSON in an export. */
export interface RecordedDecision {
  decider: string;
  /** The provider's name of the model; null for a strategy and for the desk's consensus. */
  model: string | null;
  /** The build that answered; null where no provider named one. */
  build: string | null;
  promptVersion: string | null;
  pair: Pair;
  /** Open time of the bar, ISO 8601 UTC. */
  bar: string;
  /** What the answer cost, USD; null where nothing was paid for. */
  costUsd: string | null;
  /** Until the answer that counted had come, ms; null where none was asked for over the network. */
  latencyMs: number | null;
  /**
   * Whether the nearest target was reached before the stop within the horizon, which `confidence` is the probability
   * of: `hit`, `missed`, `pending`, or `void` where no event is named or the entry was not reached. Null while the
   * bar after it has not closed, and for the consensus.
   */
  outcome: 'hit' | 'missed' | 'pending' | 'void' | null;
  /** Close of the bar that told the outcome, ISO 8601 UTC. */
  outcomeAt: string | null;
  decision: Decision;
}

/** Name of the desk's own decision among those of its deciders. */
const CONSENSUS = 'consensus';

/**
 * What a desk's deciders have said, bar by bar, oldest first; of one decider alone where it is named. An
 * absence and a consensus to hold are no decision and left out.
 */
export async function readDecisions(
  db: Queryable,
  desk: string,
  decider: string | null,
): Promise<RecordedDecision[]> {
  const { rows } = await db.query<
    Omit<RecordedDecision, 'bar' | 'outcomeAt'> & { bar: Date; outcomeAt: Date | null }
  >(
    `select a.decider, l.model, l.build, l.version as "promptVersion", c.pair, c.bar, a.decision,
            k.usd::text as "costUsd", l.latency as "latencyMs", o.outcome, o.known_at as "outcomeAt"
       from cycle c
       cross join lateral (
         select d.decider, d.answer->'decision' as decision from decision d
          where d.cycle = c.id and d.answer->>'kind' = 'answered'
         union all
         select $3, c.consensus->'decision' where jsonb_typeof(c.consensus->'decision') = 'object'
       ) a
       left join lateral (
         select m.model, m.build, p.version, case when m.source = 'live' then m.latency_ms end as latency from llm_call m join prompt p on p.hash = m.prompt
          where m.cycle = c.id and m.decider = a.decider and m.state = 'answered'
          order by m.n desc limit 1
       ) l on true
       left join prediction o on o.cycle = c.id and o.decider = a.decider
       left join decider_cost k on k.cycle = c.id and k.decider = a.decider
      where c.desk = $1 and ($2::text is null or a.decider = $2)
      order by c.bar, c.pair, a.decider`,
    [desk, decider, CONSENSUS],
  );
  return rows.map(({ bar, outcomeAt, decision, ...row }) => ({
    ...row,
    bar: isoTime(bar.getTime()),
    outcomeAt: outcomeAt === null ? null : isoTime(outcomeAt.getTime()),
    decision,
  }));
}
