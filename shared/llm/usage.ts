import { z } from 'zod';
import type { Api } from './model-facts.ts';

/** Tokens of one call as they are billed; the three inputs do not overlap, output includes thinking. */
export interface TokenUsage {
  input: number;
  cachedInput: number;
  cacheWrite: number;
  output: number;
}

const count = z.number().min(0).nullish().catch(null);

const ResponsesUsage = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish(),
});
const MessagesUsage = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
const ChatUsage = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: count,
  prompt_cache_hit_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
});
const OllamaUsage = z.object({ prompt_eval_count: count, eval_count: z.number() });

/** The usage that a response's body tells, or null when it tells none. */
export function usageOf(api: Api, body: unknown): TokenUsage | null {
  const usage = (body as { usage?: unknown } | null)?.usage;
  switch (api) {
    case 'responses': {
      const u = ResponsesUsage.safeParse(usage).data;
      if (u === undefined) return null;
      const cached = u.input_tokens_details?.cached_tokens ?? 0;
      const written = u.input_tokens_details?.cache_write_tokens ?? 0;
      return {
        input: Math.max(0, u.input_tokens - cached - written),
        cachedInput: cached,
        cacheWrite: written,
        output: u.output_tokens,
      };
    }
    case 'messages': {
      // Input tokens are told without those that went through the cache.
      const u = MessagesUsage.safeParse(usage).data;
      if (u === undefined) return null;
      return {
        input: u.input_tokens,
        cachedInput: u.cache_read_input_tokens ?? 0,
        cacheWrite: u.cache_creation_input_tokens ?? 0,
        output: u.output_tokens,
      };
    }
    case 'chat': {
      const u = ChatUsage.safeParse(usage).data;
      if (u === undefined) return null;
      const cached = u.prompt_tokens_details?.cached_tokens ?? u.prompt_cache_hit_tokens ?? 0;
      // Some servers leave thinking out of the completion, though it is billed: the total tells.
      const thinking =
        (u.total_tokens ?? 0) > u.prompt_tokens + u.completion_tokens
          ? (u.completion_tokens_details?.reasoning_tokens ?? 0)
          : 0;
      return {
        input: Math.max(0, u.prompt_tokens - cached),
        cachedInput: cached,
        cacheWrite: 0,
        output: u.completion_tokens + thinking,
      };
    }
    case 'ollama': {
      const u = OllamaUsage.safeParse(body).data;
      if (u === undefined) return null;
      return {
        input: u.prompt_eval_count ?? 0,
        cachedInput: 0,
        cacheWrite: 0,
        output: u.eval_count,
      };
    }
    default:
      return api satisfies never;
  }
}
