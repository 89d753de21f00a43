/** How a model is told the form of its answer; with `none` by the prompt alone. */
export type Structured =
  'text-format' | 'output-config' | 'response-format' | 'json-object' | 'ollama-format' | 'none';

/** The wire format of a request. */
export type Api = 'responses' | 'chat' | 'messages' | 'ollama';

/** USD per million tokens from `from` on, until the next price of the same model. */
export interface Price {
  /** First UTC day, ISO date. */
  from: string;
  input: number;
  cachedInput: number;
  /** Input that is written to a prompt cache. */
  cacheWrite: number;
  /** Output, thinking included. */
  output: number;
  /** Instead of the above when the whole prompt is longer than `tokens`. */
  long?: { tokens: number; input: number; cachedInput: number; output: number };
  /** Outside of these UTC hours [from, to) on Monday to Friday the price is multiplied by `factor`. */
  offPeak?: { peakHours: readonly (readonly [number, number])[]; factor: number };
}

export const OUTPUT_LIMITS = ['max_completion_tokens', 'max_tokens'] as const;
export type OutputLimit = (typeof OUTPUT_LIMITS)[number];

export interface ModelFacts {
  id: string;
  vendor: string;
  api: Api;
  structured: Structured;
  /** Values that the model takes for its depth of thought, and the one used when a profile names none. */
  effort: { values: readonly string[]; use: string } | null;
  /** Name of the limit of output tokens in a Chat Completions request. */
  outputLimit: OutputLimit;
  /** Further fields of the request, as they are sent. */
  extra: Readonly<Record<string, unknown>>;
  contextTokens: number;
  /** Most output that a desk asks for; thinking counts. */
  maxOutputTokens: number;
  timeoutSeconds: number;
  /** Oldest first. Empty for a model of one's own, which costs nothing by the token. */
  prices: readonly Price[];
  /** End of the training data as stated, ISO month or date; null when the vendor does not say. */
  knowledgeCutoff: string | null;
  releasedAt: string;
}

export interface Vendor {
  name: string;
  baseUrl: string;
  /** Null for a server that needs none. */
  keyEnv: string | null;
  /** Calls that a desk starts per second (null: no bound), and has open at once. */
  callsPerSecond: number | null;
  callsAtOnce: number;
}
