import type pg from 'pg';
import type { AnswerStore } from '../../activities/deciders/answer-store.ts';
import { createCallStore } from '../../activities/deciders/call-store.ts';
import { createModels, type ModelDeps } from '../../activities/deciders/model-activities.ts';
import { sendRequest } from '../../activities/deciders/send-request.ts';
import { exampleProfile } from '../../activities/ledger/example-desk.fixture.ts';
import type { DeciderAnswer, Decision } from '../../shared/decision.ts';
import type { ModelProvider } from '../../shared/llm/model-decider.ts';
import type { Api } from '../../shared/llm/model-facts.ts';
import { LlmSettingsSchema, type LlmSettings } from '../../shared/llm/settings.ts';
import { ProfileSchema, type Profile } from '../../shared/profile.ts';
import { exampleSnapshot } from '../../shared/prompts/example-snapshot.fixture.ts';
import type { Snapshot } from '../../shared/snapshot.ts';

/** For tests: models of a desk behind loopback servers. */

export const PROVIDER_OF: Record<Api, ModelProvider> = {
  responses: 'openai',
  chat: 'openai-compatible',
  messages: 'anthropic',
  ollama: 'ollama',
};
export const KEY = 'sk-test-5f2c9a7be1d04c3e';
export const SNAPSHOT = 'c0ffee1234567890';

export const decision: Decision = {
  ...{
    evidenceFor: ['adx14 100'],
    evidenceAgainst: ['rsi14 100'],
    action: 'long',
    confidence: 0.62,
  },
  ...{ horizonHours: 24, entry: { type: 'market', price: null }, stopLossPct: 1.5 },
  ...{ takeProfitPct: [4.5], sizePct: null, leverage: null, expectedReturnPct: 1.2 },
  ...{ invalidation: null, reasoning: 'The trend holds.' },
};

/** A decider `model` at `url`: 2 USD in, 10 USD out per million tokens, 2 s a call. */
export function modelAt(api: Api, url: string, id = 'model'): object {
  return {
    ...{ id, provider: PROVIDER_OF[api], model: 'm-1', baseUrl: url, keyEnv: 'TEST_KEY' },
    ...{ price: { input: 2, output: 10 }, maxOutputTokens: 1_000, timeoutSeconds: 2 },
  };
}

export function profileWith(deciders: object[], llm: Partial<LlmSettings> = {}): Profile {
  return ProfileSchema.parse({ ...exampleProfile, deciders, llm: LlmSettingsSchema.parse(llm) });
}

export interface Asking {
  pool: pg.Pool;
  profile: Profile;
  desk?: string;
  snapshot?: Snapshot;
  keyOf?: ModelDeps['keyOf'];
  clock?: () => number;
  answers?: AnswerStore;
}

/** A store that nobody is to ask. */
export const noAnswers: AnswerStore = {
  find: () => Promise.reject(new Error('nobody records')),
  keep: () => Promise.reject(new Error('nobody records')),
};

export function modelsOf(of: Asking): ReturnType<typeof createModels> {
  const { pool, profile, desk = 'llm-desk', clock = Date.now } = of;
  const budget = profile.llm?.budget ?? LlmSettingsSchema.parse({}).budget;
  return createModels({
    profile,
    documents: { get: () => Promise.resolve(of.snapshot ?? exampleSnapshot) },
    calls: createCallStore({ pool, desk, budget, clock }),
    send: sendRequest,
    answers: of.answers ?? noAnswers,
    keyOf: of.keyOf ?? (() => KEY),
    clock,
  });
}

/** Asks as Temporal would: again after each retryable failure, which are told, at once. */
export async function askPatiently(
  models: ReturnType<typeof createModels>,
  of: { cycle: string; decider?: string; deadlineMs?: number; signal?: AbortSignal },
): Promise<{ answer: DeciderAnswer; failures: { message: string; nextRetryDelay?: unknown }[] }> {
  const failures: { message: string; nextRetryDelay?: unknown }[] = [];
  for (;;) {
    try {
      const answer = await models.ask(
        { cycle: of.cycle, decider: of.decider ?? 'model', snapshot: SNAPSHOT },
        {
          signal: of.signal ?? new AbortController().signal,
          deadlineMs: of.deadlineMs ?? Infinity,
        },
      );
      return { answer, failures };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ApplicationFailure') throw error;
      if (failures.length > 5) throw error;
      failures.push(error);
    }
  }
}

/** The calls as they were kept, oldest first. */
export async function callsOf(pool: pg.Pool, cycle: string): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select * from llm_call where cycle = $1 order by n`,
    [cycle],
  );
  return rows;
}
