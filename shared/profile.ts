import { z } from 'zod';
import { isDecimalText } from './money.ts';
import { EntrySettingsSchema } from './entry.ts';
import { GuardSettingsSchema } from './guard/settings.ts';
import { isPair } from './pair.ts';
import { AnalystSettingsSchema, DEFAULT_ANALYSTS } from './analysts/settings.ts';
import { BagSettingsSchema } from './bag/settings.ts';
import { ConsensusSettingsSchema } from './consensus/settings.ts';
import { deciderId, ModelDeciderSchema, type ModelDecider } from './llm/model-decider.ts';
import { resolveModel } from './llm/resolve-model.ts';
import { MarginSettingsSchema } from './margin.ts';
import { LlmSettingsSchema, type LlmSettings } from './llm/settings.ts';
import type { PromptVersion } from './prompts/versions.ts';
import { ExtraIndicatorSchema } from './indicators/extra-indicators.ts';
import { RebalanceSettingsSchema } from './rebalance/settings.ts';
import { RiskLimitsSchema } from './risk/limits.ts';
import { STRATEGY_NAMES } from './strategies/registry.ts';
import { TIMEFRAMES } from './timeframe.ts';

const pair = z.string().refine(isPair, 'must be a pair like BTC/USDT');
const amount = z.string().refine((t) => isDecimalText(t) && !t.startsWith('-'), {
  message: 'must be an amount in quotes, like "1000"',
});

const StrategyDeciderSchema = z.strictObject({
  id: deciderId,
  provider: z.literal('strategy'),
  strategy: z.enum(STRATEGY_NAMES),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .describe("Stated confidence of the strategy's answers: a setting, not an estimate"),
  votes: z
    .boolean()
    .optional()
    .describe('false: asked and recorded like the others, but without a vote'),
});
const DeciderSchema = z
  .discriminatedUnion('provider', [StrategyDeciderSchema, ModelDeciderSchema])
  .superRefine((decider, context) => {
    if (decider.provider === 'strategy') return;
    try {
      resolveModel(decider);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/**
 * A desk profile (`desks/*.yaml`). Strict: a key that is not known is an error, since a misspelt limit
 * would otherwise be no limit.
 */
export const ProfileSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be lower-case letters, digits and dashes'),
    venue: z.enum(['kraken']),
    pairs: z.array(pair).min(1).max(20),
    timeframe: z.enum(TIMEFRAMES).describe('A cycle runs at each close of this bar'),
    snapshotTimeframes: z.array(z.enum(TIMEFRAMES)).min(1),
    extraIndicators: z
      .array(ExtraIndicatorSchema)
      .default([])
      .describe('Further indicators for the snapshot, from technicalindicators'),
    analysts: z
      .array(AnalystSettingsSchema)
      .default(DEFAULT_ANALYSTS)
      .describe('Whose readings the snapshot has'),
    balances: z.record(z.string(), amount).describe('What the simulated account starts with'),
    deciders: z.array(DeciderSchema).min(1),
    lessons: z
      .array(z.string().min(1).max(300))
      .max(20)
      .default([])
      .describe('What the operator wants models to have in mind: shown as data, never as rules'),
    llm: LlmSettingsSchema.optional().describe('How models are asked'),
    consensus: ConsensusSettingsSchema,
    risk: RiskLimitsSchema,
    entry: EntrySettingsSchema.prefault({}).describe('How the desk enters'),
    margin: MarginSettingsSchema.optional().describe(
      'Shorts on margin; absent: the desk trades on spot alone',
    ),
    guard: GuardSettingsSchema.describe('How it looks after its positions'),
    bag: BagSettingsSchema.optional().describe('What is put aside of profit; absent: nothing'),
    rebalance: RebalanceSettingsSchema.optional().describe(
      'How the core is kept in proportion; absent: it is not',
    ),
    mode: z
      .enum(['paper', 'micro-live', 'live'])
      .optional()
      .describe('How far the desk may go, `npm start -- --live` included; paper unless said'),
    krakenTier: z
      .enum(['starter', 'intermediate', 'pro'])
      .optional()
      .describe(
        'Verification of the Kraken account, which sets its rate limits; starter unless said',
      ),
    reconcileEveryHours: z.number().positive().max(24),
  })
  .refine((p) => new Set(p.pairs).size === p.pairs.length, {
    path: ['pairs'],
    message: 'names a pair twice',
  })
  .refine((p) => new Set(p.analysts.map((a) => a.name)).size === p.analysts.length, {
    path: ['analysts'],
    message: 'names an analyst twice',
  })
  .refine((p) => new Set(p.deciders.map((d) => d.id)).size === p.deciders.length, {
    path: ['deciders'],
    message: 'names an id twice',
  })
  .refine((p) => (p.consensus.quorum ?? 0) <= p.deciders.filter(isVoter).length, {
    path: ['consensus', 'quorum'],
    message: 'is larger than the roster of deciders, so it could never be reached',
  })
  .refine((p) => isNullOrDecider(p.consensus.fallback, p.deciders), {
    path: ['consensus', 'fallback'],
    message: 'names no decider of the profile',
  })
  .refine(
    (p) =>
      p.extraIndicators.every((e) => p.snapshotTimeframes.includes(e.timeframe ?? p.timeframe)),
    { path: ['extraIndicators'], message: 'names a timeframe that the snapshot does not have' },
  )
  .refine((p) => p.snapshotTimeframes.includes(p.timeframe), {
    path: ['snapshotTimeframes'],
    message: 'must contain the timeframe that is decided on',
  })
  // Written out, so that what is stored says which version of the prompt was meant.
  .transform((p) =>
    p.llm === undefined && p.deciders.some((d) => d.provider !== 'strategy')
      ? { ...p, llm: LlmSettingsSchema.parse({}) }
      : p,
  );
export type Profile = z.infer<typeof ProfileSchema>;
export type DeciderProfile = Profile['deciders'][number];
export type StrategyDecider = z.infer<typeof StrategyDeciderSchema>;

/** Ids of the deciders that have a vote, in the profile's order: the roster of a consensus. */
export function rosterOf(profile: Pick<Profile, 'deciders'>): string[] {
  return profile.deciders.filter(isVoter).map((d) => d.id);
}

export function modelDecidersOf(profile: Pick<Profile, 'deciders'>): ModelDecider[] {
  return profile.deciders.filter((d) => d.provider !== 'strategy');
}

export function llmSettingsOf(profile: Pick<Profile, 'llm'>): LlmSettings {
  return profile.llm ?? LlmSettingsSchema.parse({});
}

/** The version of the prompt that a model is asked with. */
export function promptVersionOf(
  { prompt }: Pick<ModelDecider, 'prompt'>,
  profile: Pick<Profile, 'llm'>,
): PromptVersion {
  return prompt ?? llmSettingsOf(profile).prompt;
}

function isVoter({ votes }: { votes?: boolean | undefined }): boolean {
  return votes !== false;
}

function isNullOrDecider(id: string | null, deciders: readonly { id: string }[]): boolean {
  return id === null || deciders.some((d) => d.id === id);
}
