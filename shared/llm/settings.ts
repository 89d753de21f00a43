import { z } from 'zod';
import { PROMPT_VERSIONS } from '../prompts/versions.ts';

const usd = z.number().min(0).max(100_000);

export const CALL_MODES = ['live', 'record', 'replay-only'] as const;
export type CallMode = (typeof CALL_MODES)[number];

/** How a desk asks its models: the `llm` part of a profile. `LlmSettingsSchema.parse({})` are the defaults. */
export const LlmSettingsSchema = z.strictObject({
  prompt: z.enum(PROMPT_VERSIONS).default('triplegain-3').describe('Version of the prompt'),
  calls: z
    .enum(CALL_MODES)
    .default('live')
    .describe(
      'live: every question is asked; record: answers are kept, and one that is there is used; ' +
        'replay-only: nothing is asked, what is not there is an absence',
    ),
  decisionDeadlineSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(120)
    .describe('Real time only: a decider that has not answered by then is absent'),
  maxPromptTokens: z
    .int()
    .min(500)
    .default(16_000)
    .describe('Prompts that measure more are not sent'),
  budget: z
    .strictObject({
      callUsd: usd.default(0.5).describe('Most that one call may cost'),
      cycleUsd: usd.default(1.5).describe('Most that all calls of one cycle may cost'),
      dayUsd: usd.default(20).describe('Most that a desk spends per UTC day of the wall clock'),
      modelDayUsd: usd.default(10).describe('Most that one decider spends per such day'),
    })
    .prefault({}),
});
export type LlmSettings = z.infer<typeof LlmSettingsSchema>;
export type LlmBudget = LlmSettings['budget'];
