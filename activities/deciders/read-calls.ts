import type { TokenUsage } from '../../shared/llm/usage.ts';
import type { DecimalText } from '../../shared/money.ts';
import { isoTime } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';

/** One call to a model as it was kept. Times are of the wall clock, ISO 8601 UTC. */
export interface CallStory {
  cycle: string;
  decider: string;
  /** Counts the calls of this decider in this cycle, from 1. */
  n: number;
  purpose: 'decision' | 'repair';
  provider: string;
  model: string;
  /** The build that answered, in the provider's words. */
  build: string | null;
  promptVersion: string;
  prompt: string;
  sentAt: string;
  state: 'sent' | 'answered' | 'failed' | 'lost';
  /** `recorded`: an earlier run had asked the same, and its answer was used. */
  source: 'live' | 'recorded';
  latencyMs: number | null;
  /** Status of the HTTP response; null when none came. */
  status: number | null;
  usage: TokenUsage | null;
  /** What was taken from the budget before it was sent. */
  reservedUsd: DecimalText;
  /** What it cost; null while that is not known, and the reservation counts. */
  costUsd: DecimalText | null;
  /** What a recorded answer cost when it was given. */
  answerUsd: DecimalText | null;
  failure: string | null;
}

/** The same as it went over the wire. */
export interface RawCall extends CallStory {
  request: unknown;
  headers: unknown;
  response: string | null;
}

export interface CallsWanted {
  /** Of this cycle alone. */
  cycle?: string | undefined;
  decider?: string | undefined;
  limit: number;
}

/** Calls of a desk, newest first; those of one cycle from the first to the last. */
export async function readCalls(
  db: Queryable,
  desk: string,
  wanted: CallsWanted,
): Promise<RawCall[]> {
  const { rows } = await db.query<Omit<RawCall, 'sentAt'> & { sentAt: Date }>(
    `select l.cycle, l.decider, l.n, l.purpose, l.provider, l.model, l.build, p.version as "promptVersion",
            l.prompt, l.sent_at as "sentAt", l.state, l.source, l.latency_ms as "latencyMs", l.status, l.usage,
            l.reserved_usd::text as "reservedUsd", l.cost_usd::text as "costUsd",
            l.answer_usd::text as "answerUsd", l.failure, l.request, l.headers, l.response
       from llm_call l join prompt p on p.hash = l.prompt
      where l.desk = $1 and ($2::text is null or l.cycle = $2) and ($3::text is null or l.decider = $3)
      order by l.id desc limit $4`,
    [desk, wanted.cycle ?? null, wanted.decider ?? null, wanted.limit],
  );
  const calls = rows.map((row) => ({ ...row, sentAt: isoTime(row.sentAt.getTime()) }));
  return wanted.cycle === undefined ? calls : calls.reverse();
}

/** A prompt as models were sent it in a cycle. */
export interface SentPrompt {
  version: string;
  hash: string;
  /** As the desk measures it. */
  tokens: number;
  /** Who was sent it. */
  deciders: string[];
  system: string;
  user: string;
}

/** Every prompt of a cycle, byte for byte; none where no model was asked. */
export async function readPrompts(db: Queryable, cycle: string): Promise<SentPrompt[]> {
  const { rows } = await db.query<SentPrompt>(
    `select p.version, p.hash, p.tokens, array_agg(distinct l.decider order by l.decider) as deciders,
            p.system_text as system, p.user_text as "user"
       from llm_call l join prompt p on p.hash = l.prompt
      where l.cycle = $1 group by p.hash order by min(l.id)`,
    [cycle],
  );
  return rows;
}
