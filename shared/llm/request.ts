import { ANSWER_SCHEMA } from './answer-schema.ts';
import type { ResolvedModel } from './resolve-model.ts';
import { TOKEN_SLACK } from './token-count.ts';

/** What a model is asked: one system text, then the user's and, in a repair, what was said before. */
export interface Conversation {
  system: string;
  turns: readonly { role: 'user' | 'assistant'; text: string }[];
}

const SCHEMA_NAME = 'decision';

/**
 * The body of one request, as it is stored and sent. Everything that differs between models comes from
 * the catalogue. No sampling parameters: most models refuse them beside thinking.
 */
export function requestBody(
  model: ResolvedModel,
  conversation: Conversation,
  promptTokens: number,
): Record<string, unknown> {
  const { facts, effort } = model;
  const messages = conversation.turns.map(({ role, text }) => ({ role, content: text }));
  const system = { role: 'system', content: conversation.system };
  const form = formOf(facts);
  switch (facts.api) {
    case 'responses':
      return {
        model: facts.id,
        instructions: conversation.system,
        input: messages,
        max_output_tokens: facts.maxOutputTokens,
        store: false,
        ...(form === null ? {} : { text: { format: form } }),
        ...(effort === null ? {} : { reasoning: { effort } }),
        ...facts.extra,
      };
    case 'messages':
      return {
        model: facts.id,
        system: conversation.system,
        messages,
        max_tokens: facts.maxOutputTokens,
        output_config: {
          ...(effort === null ? {} : { effort }),
          ...(form === null ? {} : { format: form }),
        },
        ...facts.extra,
      };
    case 'chat':
      return {
        model: facts.id,
        messages: [system, ...messages],
        [facts.outputLimit]: facts.maxOutputTokens,
        ...(form === null ? {} : { response_format: form }),
        ...(effort === null ? {} : { reasoning_effort: effort }),
        ...facts.extra,
      };
    case 'ollama':
      return {
        model: facts.id,
        messages: [system, ...messages],
        stream: false,
        ...(form === null ? {} : { format: form }),
        // A prompt that does not fit is an error, never cut in silence.
        truncate: false,
        shift: false,
        keep_alive: -1,
        options: {
          temperature: 0,
          seed: 1,
          num_ctx: contextSize(model, promptTokens),
          num_predict: facts.maxOutputTokens,
        },
        ...(effort === null ? {} : { think: effort }),
        ...facts.extra,
      };
    default:
      return facts.api satisfies never;
  }
}

/** The form of the answer in the words of each mechanism; null where only the prompt tells it. */
function formOf({ api, structured }: ResolvedModel['facts']): unknown {
  const schema = { strict: true, schema: ANSWER_SCHEMA };
  switch (structured) {
    case 'text-format':
      return { type: 'json_schema', name: SCHEMA_NAME, ...schema };
    case 'response-format':
      return { type: 'json_schema', json_schema: { name: SCHEMA_NAME, ...schema } };
    case 'output-config':
      return { type: 'json_schema', schema: ANSWER_SCHEMA };
    case 'ollama-format':
      return ANSWER_SCHEMA;
    case 'json-object':
      // Messages has no such form.
      return api === 'messages' ? null : api === 'ollama' ? 'json' : { type: 'json_object' };
    case 'none':
      return null;
    default:
      return structured satisfies never;
  }
}

/** Whether prompt and answer fit into the model's context. */
export function fitsContext(model: ResolvedModel, promptTokens: number): boolean {
  return promptTokens * TOKEN_SLACK + model.facts.maxOutputTokens <= model.facts.contextTokens;
}

/** Ollama keeps memory for its whole context: as much as is needed, in steps, so that it loads once. */
function contextSize({ facts }: ResolvedModel, promptTokens: number): number {
  const needed = promptTokens * TOKEN_SLACK + facts.maxOutputTokens;
  return Math.min(facts.contextTokens, Math.ceil(needed / 4096) * 4096);
}
