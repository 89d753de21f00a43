import { createHash } from 'node:crypto';
import type pg from 'pg';
import { CATALOGUE_DATE } from '../../shared/llm/catalogue.ts';
import type { LlmBudget } from '../../shared/llm/settings.ts';
import type { TokenUsage } from '../../shared/llm/usage.ts';
import type { Decimal } from '../../shared/money.ts';
import { promptIdentity, type Prompt } from '../../shared/prompts/build-prompt.ts';
import {
  createReservations,
  type CallToReserve,
  type Purpose,
  type Reserved,
} from './reserve-calls.ts';
import type { IncomingResponse } from './send-request.ts';

/** A call as it is kept: what was asked for, and what came of it. */
export interface StoredCall {
  id: string;
  purpose: Purpose;
  state: 'sent' | 'answered' | 'failed' | 'lost';
  response: IncomingResponse | null;
  failure: string | null;
}

export interface CallEnd {
  response: IncomingResponse | null;
  latencyMs: number;
  build: string | null;
  usage: TokenUsage | null;
  /** Null while it is not known what was billed: then the reservation goes on counting. */
  costUsd: Decimal | null;
  /** Null for a response with status 200. */
  failure: string | null;
}

/** Calls to models, written down before and after; what they may spend is taken before they are sent. */
export interface CallStore {
  keepPrompt(prompt: Prompt, snapshot: string): Promise<string>;
  /**
   * The calls of a decider in a cycle, oldest first. One that is still open belonged to an attempt that
   * is gone: it is marked as lost, and its reservation stays, since it may have been billed.
   */
  takeOver(cycle: string, decider: string): Promise<StoredCall[]>;
  reserve(call: CallToReserve): Promise<Reserved>;
  end(id: string, of: CallEnd): Promise<void>;
  /** A call that was not made, because an earlier run has its answer. Costs nothing now. */
  keepRecorded(
    call: Omit<CallToReserve, 'mostUsd'>,
    answer: {
      text: string;
      build: string | null;
      usage: TokenUsage | null;
      costUsd: string | null;
    },
  ): Promise<void>;
  /** Nobody waits for it any more. Its reservation stays. */
  lose(id: string): Promise<void>;
}

export function createCallStore(deps: {
  pool: pg.Pool;
  desk: string;
  budget: LlmBudget;
  /** The wall clock, Unix ms: budgets are of its UTC days. */
  clock: () => number;
}): CallStore {
  const { pool, desk, clock } = deps;
  const reserve = createReservations(deps);
  const lose = async (id: string): Promise<void> => {
    await pool.query(
      `update llm_call set state = 'lost', ended_at = $2 where id = $1 and state = 'sent'`,
      [id, new Date(clock())],
    );
  };
  return {
    async keepPrompt(prompt, snapshot) {
      const hash = createHash('sha256').update(promptIdentity(prompt)).digest('hex');
      await pool.query(
        `insert into prompt (hash, version, snapshot, system_text, user_text, tokens)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        [hash, prompt.version, snapshot, prompt.system, prompt.user, prompt.tokens],
      );
      return hash;
    },

    async takeOver(cycle, decider) {
      const { rows } = await pool.query<{
        id: string;
        purpose: Purpose;
        state: StoredCall['state'];
        status: number | null;
        headers: Record<string, string> | null;
        response: string | null;
        failure: string | null;
      }>(
        `select id, purpose, state, status, headers, response, failure
           from llm_call where cycle = $1 and decider = $2 order by n`,
        [cycle, decider],
      );
      const open = rows.filter((row) => row.state === 'sent');
      for (const row of open) {
        await lose(row.id);
        row.state = 'lost';
      }
      return rows.map(({ id, purpose, state, status, headers, response, failure }) => ({
        ...{ id, purpose, state, failure },
        response: status === null ? null : { status, headers: headers ?? {}, text: response ?? '' },
      }));
    },

    reserve,

    async end(id, of) {
      await pool.query(
        `update llm_call
            set state = $2, ended_at = $3, latency_ms = $4, status = $5, headers = $6, response = $7,
                build = $8, usage = $9, cost_usd = $10, failure = $11
          where id = $1`,
        [
          ...[id, of.failure === null ? 'answered' : 'failed', new Date(clock())],
          ...[Math.round(of.latencyMs), of.response?.status ?? null],
          of.response === null ? null : JSON.stringify(of.response.headers),
          // PostgreSQL keeps no NUL in a text.
          of.response?.text.replaceAll('\u0000', '\uFFFD') ?? null,
          of.build,
          of.usage === null ? null : JSON.stringify(of.usage),
          ...[of.costUsd?.toFixed(8) ?? null, of.failure],
        ],
      );
    },

    async keepRecorded(call, answer) {
      await pool.query(
        `insert into llm_call (desk, cycle, decider, n, purpose, provider, model, catalogue, prompt, request,
                               venue_at, sent_at, ended_at, state, source, status, headers, response, latency_ms,
                               reserved_usd, cost_usd, api, build, usage, answer_usd)
         select $1, $2, $3, coalesce(max(n), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $11, 'answered',
                'recorded', 200, '{}', $12, 0, 0, 0, $13, $14, $15, $16
           from llm_call where cycle = $2 and decider = $3`,
        [
          ...[desk, call.cycle, call.decider, call.purpose, call.model.provider],
          ...[call.model.facts.id, CATALOGUE_DATE, call.prompt, JSON.stringify(call.request)],
          ...[new Date(call.venueAtMs), new Date(clock()), answer.text, call.model.facts.api],
          ...[answer.build, answer.usage === null ? null : JSON.stringify(answer.usage)],
          answer.costUsd,
        ],
      );
    },

    lose,
  };
}
