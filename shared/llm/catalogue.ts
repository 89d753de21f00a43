import type { ModelFacts, Price, Vendor } from './model-facts.ts';

/** The day on which ids, prices and limits below were read from the vendors' pages. */
export const CATALOGUE_DATE = '2026-11-21';

export const VENDORS: readonly Vendor[] = [
  {
    name: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    keyEnv: 'OPENAI_API_KEY',
    callsPerSecond: 10,
    callsAtOnce: 12,
  },
  {
    name: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    keyEnv: 'ANTHROPIC_API_KEY',
    callsPerSecond: 5,
    callsAtOnce: 8,
  },
  {
    name: 'xai',
    baseUrl: 'https://api.x.ai/v1',
    keyEnv: 'XAI_API_KEY',
    callsPerSecond: 10,
    callsAtOnce: 12,
  },
  {
    name: 'deepseek',
    baseUrl: 'https://api.deepseek.com',
    keyEnv: 'DEEPSEEK_API_KEY',
    callsPerSecond: 20,
    callsAtOnce: 12,
  },
  {
    name: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai/',
    keyEnv: 'GEMINI_API_KEY',
    callsPerSecond: 5,
    callsAtOnce: 8,
  },
  {
    name: 'ollama',
    baseUrl: 'http://127.0.0.1:11434',
    keyEnv: null,
    callsPerSecond: null,
    // One model on one machine: side by side they only slow each other.
    callsAtOnce: 1,
  },
];

const gpt = {
  vendor: 'openai',
  api: 'responses',
  structured: 'text-format',
  outputLimit: 'max_completion_tokens',
  extra: {},
  contextTokens: 1_050_000,
  maxOutputTokens: 8_000,
  timeoutSeconds: 90,
  knowledgeCutoff: null,
} as const;

/** Cached input 0.1 and cache writes 1.25 times the input where the vendor names nothing else. */
const gptPrice = (from: string, input: number, output: number, cached = input * 0.1): Price => ({
  from,
  input,
  cachedInput: cached,
  cacheWrite: input * 1.25,
  output,
});

const claude = {
  vendor: 'anthropic',
  api: 'messages',
  structured: 'output-config',
  outputLimit: 'max_tokens',
  extra: {},
  effort: { values: ['low', 'medium', 'high', 'xhigh', 'max'], use: 'medium' },
  contextTokens: 1_000_000,
  maxOutputTokens: 8_000,
  timeoutSeconds: 90,
  knowledgeCutoff: '2026-06',
} as const;

const claudePrice = (from: string, input: number, output: number, cached = input * 0.1): Price => ({
  from,
  input,
  cachedInput: cached,
  cacheWrite: input * 1.25,
  output,
});

const grok = {
  vendor: 'xai',
  api: 'chat',
  structured: 'response-format',
  outputLimit: 'max_completion_tokens',
  extra: {},
  maxOutputTokens: 8_000,
  timeoutSeconds: 90,
} as const;

/** A prompt of 200,000 tokens or more doubles the price of the whole request. */
const grokPrice = (from: string, input: number, cachedInput: number, output: number): Price => ({
  ...{ from, input, cachedInput, cacheWrite: input, output },
  long: { tokens: 199_999, input: 2 * input, cachedInput: 2 * cachedInput, output: 2 * output },
});

const deepseek = {
  vendor: 'deepseek',
  api: 'chat',
  structured: 'json-object',
  effort: { values: ['low', 'high', 'max'], use: 'low' },
  outputLimit: 'max_tokens',
  extra: { thinking: { type: 'enabled' } },
  contextTokens: 1_000_000,
  maxOutputTokens: 8_000,
  timeoutSeconds: 90,
} as const;

/** Peak prices; the rest of the week costs half. */
const deepseekPrice = (input: number, cachedInput: number, output: number): Price => ({
  from: '2026-09-01',
  input,
  cachedInput,
  cacheWrite: input,
  output,
  offPeak: {
    peakHours: [
      [1, 4],
      [6, 10],
    ],
    factor: 0.5,
  },
});

const gemini = {
  vendor: 'google',
  api: 'chat',
  structured: 'response-format',
  outputLimit: 'max_completion_tokens',
  extra: {},
  effort: { values: ['low', 'medium', 'high'], use: 'low' },
  contextTokens: 1_050_000,
  maxOutputTokens: 8_000,
  timeoutSeconds: 90,
} as const;

export const MODELS: readonly ModelFacts[] = [
  {
    ...gpt,
    id: 'gpt-6-astra',
    effort: { values: ['low', 'medium', 'high', 'xhigh', 'max'], use: 'low' },
    prices: [gptPrice('2026-09-03', 10, 50)],
    releasedAt: '2026-09-03',
  },
  {
    ...gpt,
    id: 'gpt-6.1-sol',
    effort: { values: ['low', 'medium', 'high', 'xhigh', 'max'], use: 'low' },
    prices: [
      {
        ...gptPrice('2026-09-29', 2, 10, 0.1),
        long: { tokens: 272_000, input: 4, cachedInput: 0.2, output: 15 },
      },
    ],
    releasedAt: '2026-09-29',
  },
  {
    ...gpt,
    id: 'gpt-6.1-terra',
    effort: { values: ['low', 'medium', 'high', 'xhigh', 'max'], use: 'low' },
    prices: [gptPrice('2026-10-26', 1, 5)],
    releasedAt: '2026-10-26',
  },
  {
    ...gpt,
    id: 'gpt-6-sol',
    effort: { values: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'], use: 'low' },
    prices: [gptPrice('2026-09-22', 2, 10)],
    releasedAt: '2026-09-22',
  },
  {
    ...gpt,
    id: 'gpt-6-luna',
    effort: { values: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'], use: 'low' },
    prices: [gptPrice('2026-09-22', 0.1, 0.5)],
    releasedAt: '2026-09-22',
  },
  {
    ...gpt,
    id: 'gpt-5.6-sol',
    effort: { values: ['low', 'medium', 'high'], use: 'low' },
    // A promotion that may end any day: the list price.
    prices: [gptPrice('2026-07-09', 5, 30)],
    knowledgeCutoff: '2026-02-16',
    releasedAt: '2026-07-09',
  },
  {
    ...gpt,
    id: 'gpt-5.6-terra',
    effort: { values: ['low', 'medium', 'high'], use: 'low' },
    prices: [gptPrice('2026-07-09', 2.5, 15)],
    knowledgeCutoff: '2026-02',
    releasedAt: '2026-07-09',
  },
  {
    ...gpt,
    id: 'gpt-5.5',
    effort: { values: ['low', 'medium', 'high'], use: 'low' },
    prices: [gptPrice('2026-04-23', 5, 30)],
    knowledgeCutoff: '2025-12-01',
    releasedAt: '2026-04-23',
  },
  {
    ...gpt,
    id: 'gpt-5.4-mini',
    effort: { values: ['low', 'medium', 'high'], use: 'low' },
    contextTokens: 400_000,
    prices: [gptPrice('2026-03-17', 0.75, 4.5)],
    knowledgeCutoff: '2025-08-31',
    releasedAt: '2026-03-17',
  },
  {
    ...claude,
    id: 'claude-opus-5-5',
    prices: [claudePrice('2026-09-22', 4, 20, 0.2)],
    releasedAt: '2026-09-22',
  },
  {
    ...claude,
    id: 'claude-sonnet-5-5',
    prices: [claudePrice('2026-09-28', 2, 10)],
    releasedAt: '2026-09-28',
  },
  {
    ...claude,
    id: 'claude-haiku-5-5',
    prices: [claudePrice('2026-10-07', 0.1, 0.5)],
    releasedAt: '2026-10-07',
  },
  {
    ...claude,
    id: 'claude-fable-5-1',
    prices: [claudePrice('2026-06-01', 10, 50)],
    releasedAt: '2026-06-01',
  },
  {
    ...claude,
    id: 'claude-opus-5',
    prices: [claudePrice('2026-07-24', 5, 25)],
    knowledgeCutoff: '2026-05',
    releasedAt: '2026-07-24',
  },
  {
    ...claude,
    id: 'claude-sonnet-5',
    prices: [claudePrice('2026-06-30', 2, 10)],
    knowledgeCutoff: '2026-01',
    releasedAt: '2026-06-30',
  },
  {
    ...grok,
    id: 'grok-4.6',
    effort: { values: ['low', 'medium', 'high'], use: 'low' },
    contextTokens: 500_000,
    // Sources differ on cached input, 0.30 to 0.50: the dearer one.
    prices: [grokPrice('2026-08-07', 2, 0.5, 6)],
    knowledgeCutoff: null,
    releasedAt: '2026-08-07',
  },
  {
    ...grok,
    id: 'grok-4.5',
    effort: { values: ['low', 'medium', 'high'], use: 'low' },
    contextTokens: 500_000,
    prices: [grokPrice('2026-07-08', 2, 0.5, 6)],
    knowledgeCutoff: '2026-02',
    releasedAt: '2026-07-08',
  },
  {
    ...grok,
    id: 'grok-4.3',
    effort: { values: ['none', 'low', 'medium', 'high'], use: 'low' },
    contextTokens: 1_000_000,
    prices: [grokPrice('2026-04-17', 1.25, 0.2, 2.5)],
    knowledgeCutoff: null,
    releasedAt: '2026-04-17',
  },
  ...(['grok-4.20-0309-reasoning', 'grok-4.20-0309-non-reasoning'] as const).map((id) => ({
    ...{ ...grok, id, effort: null, contextTokens: 1_000_000, knowledgeCutoff: null },
    prices: [grokPrice('2026-03-09', 1.25, 0.2, 2.5)],
    releasedAt: '2026-03-09',
  })),
  {
    ...deepseek,
    id: 'deepseek-flash',
    prices: [deepseekPrice(0.3, 0.006, 1.2)],
    knowledgeCutoff: null,
    // A rolling name: the day of the build that it stood for (V4.1-Flash-1017).
    releasedAt: '2026-10-17',
  },
  {
    ...deepseek,
    id: 'deepseek-v4-pro',
    prices: [deepseekPrice(1.32, 0.044, 3.96)],
    knowledgeCutoff: '2025-05',
    releasedAt: '2026-08-13',
  },
  {
    ...gemini,
    id: 'gemini-3.8-flash',
    prices: [
      { from: '2026-09-02', input: 0.75, cachedInput: 0.075, cacheWrite: 0.75, output: 3.75 },
      { from: '2027-01-01', input: 1.5, cachedInput: 0.15, cacheWrite: 1.5, output: 7.5 },
    ],
    knowledgeCutoff: null,
    releasedAt: '2026-09-02',
  },
  {
    ...gemini,
    id: 'gemini-3.5-flash',
    prices: [{ from: '2026-05-19', input: 1.5, cachedInput: 0.15, cacheWrite: 1.5, output: 9 }],
    knowledgeCutoff: '2025-01',
    releasedAt: '2026-05-19',
  },
  {
    ...gemini,
    id: 'gemini-3.1-pro-preview',
    prices: [
      {
        ...{ from: '2026-02-19', input: 2, cachedInput: 0.2, cacheWrite: 2, output: 12 },
        long: { tokens: 200_000, input: 4, cachedInput: 0.4, output: 18 },
      },
    ],
    knowledgeCutoff: '2025-01',
    releasedAt: '2026-02-19',
  },
  {
    id: 'qwen2.5:7b-instruct',
    vendor: 'ollama',
    api: 'ollama',
    structured: 'ollama-format',
    effort: null,
    outputLimit: 'max_tokens',
    extra: {},
    contextTokens: 32_768,
    maxOutputTokens: 2_000,
    // Without a graphics card a prompt of 5,000 tokens takes minutes.
    timeoutSeconds: 290,
    prices: [],
    knowledgeCutoff: null,
    releasedAt: '2024-09-19',
  },
];

/** The model that a person means who names its family alone. */
export const SHORT_NAMES: Readonly<Record<string, string>> = {
  gpt: 'gpt-6.1-sol',
  claude: 'claude-opus-5-5',
  grok: 'grok-4.6',
  deepseek: 'deepseek-v4-pro',
  gemini: 'gemini-3.8-flash',
  qwen: 'qwen2.5:7b-instruct',
};
