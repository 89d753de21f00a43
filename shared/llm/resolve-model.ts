import { MODELS, VENDORS } from './catalogue.ts';
import type { Api, ModelFacts, Structured, Vendor } from './model-facts.ts';
import type { ModelDecider, ModelProvider } from './model-decider.ts';

/** A decider's model with everything that a call needs, from profile and catalogue. */
export interface ResolvedModel {
  decider: string;
  /** Names the queue and its rate limit: a vendor of the catalogue, or the host that was named. */
  provider: string;
  protocol: ModelProvider;
  facts: ModelFacts;
  /** False for a model of which the catalogue knows nothing: its price is then the dearest known. */
  isListed: boolean;
  baseUrl: string;
  /** Environment variable of the key; null for a server that needs none. */
  keyEnv: string | null;
  effort: string | null;
  callsPerSecond: number | null;
  callsAtOnce: number;
}

/** What is assumed of a server that the catalogue does not know, by protocol. */
const PROTOCOLS: Record<
  ModelProvider,
  { vendor: string | null; api: Api; structured: Structured; callsAtOnce: number }
> = {
  openai: { vendor: 'openai', api: 'responses', structured: 'text-format', callsAtOnce: 8 },
  anthropic: { vendor: 'anthropic', api: 'messages', structured: 'output-config', callsAtOnce: 8 },
  'openai-compatible': {
    ...{ vendor: null, api: 'chat', structured: 'response-format', callsAtOnce: 8 },
  },
  // On one machine: side by side they only slow each other.
  ollama: { vendor: 'ollama', api: 'ollama', structured: 'ollama-format', callsAtOnce: 1 },
};

const OUTPUT_TOKENS = 8_000;
const UNKNOWN_CONTEXT = 32_768;

/**
 * Joins a decider of a profile with the catalogue. A named server gets no key but the one that its
 * decider names: a vendor's key never goes to another address. Throws on an unknown model without
 * address and on an effort that the model does not take.
 */
export function resolveModel(decider: ModelDecider): ResolvedModel {
  const assumed = PROTOCOLS[decider.provider];
  const listed = MODELS.find((m) => m.id === decider.model && m.api === assumed.api);
  const vendorName = listed?.vendor ?? assumed.vendor;
  const vendor = VENDORS.find((v) => v.name === vendorName);
  const baseUrl = decider.baseUrl ?? vendor?.baseUrl;
  if (baseUrl === undefined) {
    throw new Error(
      `decider ${decider.id}: model ${decider.model} is not in the catalogue, so it needs a baseUrl`,
    );
  }
  const isOwnServer = decider.baseUrl !== undefined && decider.baseUrl !== vendor?.baseUrl;
  const facts = factsOf(decider, listed);
  const effort = decider.effort ?? facts.effort?.use ?? null;
  if (listed?.effort && effort !== null && !listed.effort.values.includes(effort)) {
    throw new Error(
      `decider ${decider.id}: ${decider.model} takes an effort of ` +
        `${listed.effort.values.join(', ')}, not ${effort}`,
    );
  }
  return {
    decider: decider.id,
    provider: isOwnServer || vendor === undefined ? hostName(baseUrl) : vendor.name,
    protocol: decider.provider,
    facts,
    isListed: listed !== undefined,
    baseUrl,
    keyEnv: decider.keyEnv ?? (isOwnServer ? null : (vendor?.keyEnv ?? null)),
    effort,
    ...ratesOf(decider, isOwnServer ? undefined : vendor),
  };
}

function factsOf(decider: ModelDecider, listed: ModelFacts | undefined): ModelFacts {
  const { api, structured } = PROTOCOLS[decider.provider];
  const base: ModelFacts = listed ?? {
    id: decider.model,
    vendor: 'unlisted',
    api,
    structured,
    effort: null,
    outputLimit: 'max_tokens',
    extra: {},
    contextTokens: UNKNOWN_CONTEXT,
    maxOutputTokens: OUTPUT_TOKENS,
    timeoutSeconds: 90,
    prices: decider.provider === 'ollama' ? [] : [dearestPrice()],
    knowledgeCutoff: null,
    releasedAt: '',
  };
  const { price } = decider;
  return {
    ...base,
    structured: structuredOf(decider, base.structured),
    outputLimit: decider.outputLimit ?? base.outputLimit,
    extra: { ...base.extra, ...decider.extra },
    maxOutputTokens: decider.maxOutputTokens ?? base.maxOutputTokens,
    contextTokens: decider.contextTokens ?? base.contextTokens,
    timeoutSeconds: decider.timeoutSeconds ?? base.timeoutSeconds,
    prices:
      price === undefined
        ? base.prices
        : [
            {
              from: '',
              input: price.input,
              cachedInput: price.input,
              cacheWrite: price.input,
              output: price.output,
            },
          ],
  };
}

/** An unknown price is no reason to spend freely: the dearest of the catalogue. */
function dearestPrice(): ModelFacts['prices'][number] {
  const all = MODELS.flatMap((m) => m.prices);
  const most = (of: (p: (typeof all)[number]) => number): number => Math.max(...all.map(of));
  return {
    from: '',
    input: most((p) => p.input),
    cachedInput: most((p) => p.input),
    cacheWrite: most((p) => p.cacheWrite),
    output: most((p) => p.output),
  };
}

function structuredOf(decider: ModelDecider, known: Structured): Structured {
  switch (decider.structured) {
    case undefined:
      return known;
    case 'json-schema':
      return PROTOCOLS[decider.provider].structured;
    default:
      return decider.structured;
  }
}

function ratesOf(
  decider: ModelDecider,
  vendor: Vendor | undefined,
): Pick<Vendor, 'callsPerSecond' | 'callsAtOnce'> {
  const { callsPerMinute, callsAtOnce } = decider;
  return {
    // A server of one's own says itself when it has enough.
    callsPerSecond:
      callsPerMinute === undefined ? (vendor?.callsPerSecond ?? null) : callsPerMinute / 60,
    callsAtOnce: callsAtOnce ?? vendor?.callsAtOnce ?? PROTOCOLS[decider.provider].callsAtOnce,
  };
}

/** `https://llm.example.org:8443/v1` is `llm.example.org-8443`. */
function hostName(baseUrl: string): string {
  return new URL(baseUrl).host.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
}
