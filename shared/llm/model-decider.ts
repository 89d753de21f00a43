import { z } from 'zod';
import { PROMPT_VERSIONS } from '../prompts/versions.ts';
import { OUTPUT_LIMITS } from './model-facts.ts';

const DECIDER_ID = /^[a-z0-9-]+$/;

/** Id of a decider within its desk, strategy or model. */
export const deciderId = z
  .string()
  .regex(DECIDER_ID, 'must be lower-case letters, digits and dashes');

export const MODEL_PROVIDERS = ['openai', 'anthropic', 'openai-compatible', 'ollama'] as const;
/** The protocol a server speaks: Responses, Messages, Chat Completions, or Ollama's own. */
export type ModelProvider = (typeof MODEL_PROVIDERS)[number];

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** What a server can be told of the form of an answer. */
export const STRUCTURED_WAYS = ['json-schema', 'json-object', 'none'] as const;

/** Fields of a request that are the desk's own. */
const OWN_FIELDS = ['model', 'messages', 'input', 'instructions', 'system', 'stream', 'n', 'tools'];

/**
 * A model as a decider of a profile. Only `id`, `provider` and `model` are needed for a model of the
 * catalogue; any other server that speaks one of the protocols is named by `baseUrl` and `keyEnv`.
 */
export const ModelDeciderSchema = z
  .strictObject({
    id: deciderId,
    provider: z.enum(MODEL_PROVIDERS),
    model: z.string().min(1).max(200),
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .refine((address) => !hasCredentials(address), {
        message: 'must hold no user or password: keys come from the environment (keyEnv)',
      })
      .optional(),
    keyEnv: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, 'must name an environment variable, like XAI_API_KEY')
      .optional(),
    effort: z.string().min(1).optional().describe("Depth of thought, in the model's own words"),
    maxOutputTokens: z.int().min(256).max(200_000).optional(),
    contextTokens: z.int().min(1024).max(4_000_000).optional(),
    timeoutSeconds: z.number().positive().max(290).optional().describe('Limit of one call'),
    price: z
      .strictObject({ input: z.number().min(0), output: z.number().min(0) })
      .optional()
      .describe('USD per million tokens, for a model that the catalogue does not know'),
    structured: z
      .enum(STRUCTURED_WAYS)
      .optional()
      .describe(
        'How the server is told the form of the answer; json-schema unless known otherwise',
      ),
    outputLimit: z
      .enum(OUTPUT_LIMITS)
      .optional()
      .describe('Name of the limit of output tokens in Chat Completions'),
    extra: z
      .record(z.string(), z.json())
      .refine((fields) => !OWN_FIELDS.some((name) => name in fields), {
        message: `must not hold ${OWN_FIELDS.join(', ')}: those are the desk's own`,
      })
      .optional()
      .describe('Further fields of the request, as they are sent'),
    callsPerMinute: z
      .number()
      .positive()
      .max(100_000)
      .optional()
      .describe('Most calls that are started a minute at its provider'),
    callsAtOnce: z.int().min(1).max(64).optional().describe('Most that are open there at once'),
    prompt: z
      .enum(PROMPT_VERSIONS)
      .optional()
      .describe("Version of the prompt, instead of the desk's: two versions side by side"),
    votes: z
      .boolean()
      .optional()
      .describe('false: asked and recorded like the others, but without a vote'),
  })
  .refine((d) => d.keyEnv === undefined || d.baseUrl === undefined || isPrivate(d.baseUrl), {
    path: ['baseUrl'],
    message: 'must be https (or on this machine): a key would cross the network in the open',
  });
export type ModelDecider = z.infer<typeof ModelDeciderSchema>;

function hasCredentials(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username !== '' || password !== '';
}

function isPrivate(address: string): boolean {
  // What is no address at all has been said already.
  if (!URL.canParse(address)) return true;
  const url = new URL(address);
  return url.protocol === 'https:' || LOOPBACK.test(url.hostname);
}
