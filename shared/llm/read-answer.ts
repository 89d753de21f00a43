import { z } from 'zod';
import type { Api } from './model-facts.ts';
import { storableText } from './storable-text.ts';
import { usageOf, type TokenUsage } from './usage.ts';

/** What a response with status 200 says: the model's text, or why there is none. */
export type ModelAnswer = {
  /** The model and build that answered, as the provider names it. */
  build: string | null;
  usage: TokenUsage | null;
} & ({ kind: 'text'; text: string } | { kind: 'none'; cause: string });

type Said = { kind: 'text'; text: string } | { kind: 'none'; cause: string };

const none = (cause: string): Said => ({ kind: 'none', cause });
const REFUSED = 'the model refused to answer';
const CUT = 'the answer was cut at its length limit';
const EMPTY = 'the answer was empty';

const text = z.string().nullish().catch(null);

const ResponsesBody = z.object({
  status: text,
  incomplete_details: z.object({ reason: text }).nullish().catch(null),
  error: z.object({ code: text }).nullish().catch(null),
  output: z.array(
    z.object({
      type: z.string(),
      content: z.array(z.object({ type: z.string(), text })).nullish(),
    }),
  ),
});
const MessagesBody = z.object({
  stop_reason: text,
  content: z.array(z.object({ type: z.string(), text })),
});
const ChatBody = z.object({
  choices: z
    .array(z.object({ finish_reason: text, message: z.object({ content: text, refusal: text }) }))
    .min(1),
});
const OllamaBody = z.object({ message: z.object({ content: text }), done_reason: text });
const OllamaRequest = z.object({ options: z.object({ num_ctx: z.number() }) });

/**
 * Reads the body of a response to a request; pure, so that a stored response gives the same answer again. Of the
 * request only what the wire format needs is looked at; null for one that is not known.
 */
export function readAnswer(
  api: Api,
  bodyText: string,
  request: Readonly<Record<string, unknown>> | null,
): ModelAnswer {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
  } catch {
    return { ...none('the response is not JSON'), build: null, usage: null };
  }
  const model = z.object({ model: z.string() }).safeParse(body).data?.model ?? null;
  const build = model === null ? null : storableText(model).slice(0, 200);
  const usage = usageOf(api, body);
  return { ...sayingOf(api, body, usage, request), build, usage };
}

function sayingOf(
  api: Api,
  body: unknown,
  usage: TokenUsage | null,
  request: Readonly<Record<string, unknown>> | null,
): Said {
  switch (api) {
    case 'responses':
      return ofResponses(body);
    case 'messages':
      return ofMessages(body);
    case 'chat':
      return ofChat(body);
    case 'ollama': {
      const parsed = OllamaBody.safeParse(body).data;
      if (parsed === undefined) return none('the response has not the form of Ollama');
      if (parsed.done_reason === 'length') return none(CUT);
      // A server that knows no `truncate: false` cuts a prompt to its context without a word; then it is full.
      const context = OllamaRequest.safeParse(request).data?.options.num_ctx ?? Infinity;
      const used = usage === null ? 0 : usage.input + usage.output;
      if (used >= context) {
        return none(`the context of ${context} tokens was full: the prompt may have been cut`);
      }
      return spoken(parsed.message.content);
    }
    default:
      return api satisfies never;
  }
}

function ofResponses(body: unknown): Said {
  const parsed = ResponsesBody.safeParse(body).data;
  if (parsed === undefined) return none('the response has not the form of Responses');
  const parts = parsed.output
    .filter((item) => item.type === 'message')
    .flatMap((item) => item.content ?? []);
  if (parts.some((part) => part.type === 'refusal')) return none(REFUSED);
  if (parsed.status === 'incomplete') {
    const reason = parsed.incomplete_details?.reason;
    return none(reason === 'max_output_tokens' ? CUT : `incomplete: ${word(reason)}`);
  }
  if (parsed.status !== 'completed') {
    return none(`the response ended as ${word(parsed.status)} ${word(parsed.error?.code)}`.trim());
  }
  return spoken(joined(parts.filter((part) => part.type === 'output_text')));
}

function ofMessages(body: unknown): Said {
  const parsed = MessagesBody.safeParse(body).data;
  if (parsed === undefined) return none('the response has not the form of Messages');
  switch (parsed.stop_reason) {
    case 'refusal':
      return none(REFUSED);
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return none(CUT);
    case 'end_turn':
    case 'stop_sequence':
      // Thinking comes first, in blocks of its own.
      return spoken(joined(parsed.content.filter((block) => block.type === 'text')));
    default:
      return none(`the model stopped for ${word(parsed.stop_reason)}`);
  }
}

function ofChat(body: unknown): Said {
  const choice = ChatBody.safeParse(body).data?.choices[0];
  if (choice === undefined) return none('the response has not the form of Chat Completions');
  if (choice.message.refusal) return none(REFUSED);
  switch (choice.finish_reason) {
    case 'stop':
      return spoken(choice.message.content);
    case 'length':
    case 'MAX_TOKENS':
      return none(CUT);
    case 'content_filter':
    case 'SAFETY':
    case 'RECITATION':
      return none(`the provider's filter held the answer back`);
    default:
      return none(`the model stopped for ${word(choice.finish_reason)}`);
  }
}

function spoken(content: string | null | undefined): Said {
  return content == null || content.trim() === ''
    ? none(EMPTY)
    : { kind: 'text', text: storableText(content) };
}

function joined(parts: readonly { text?: string | null | undefined }[]): string {
  return parts.map((part) => part.text ?? '').join('');
}

/** A provider's code as a word: nothing longer or stranger comes into a cause. */
export function word(code: unknown): string {
  return typeof code === 'string' ? code.replaceAll(/[^\w.-]+/g, ' ').slice(0, 60) : '';
}
