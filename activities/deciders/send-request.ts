import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Api } from '../../shared/llm/model-facts.ts';

export interface OutgoingRequest {
  api: Api;
  baseUrl: string;
  /** Null for a server that needs none. */
  key: string | null;
  body: Record<string, unknown>;
  /** Limit of the whole exchange, last byte of the body included, ms. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** What came back. Neither headers nor text hold the key. */
export interface IncomingResponse {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export type Exchange =
  | { kind: 'response'; response: IncomingResponse }
  /** No whole response; `partial` is what had come until then. */
  | { kind: 'none'; cause: string; partial: IncomingResponse | null };

export type SendRequest = (request: OutgoingRequest) => Promise<Exchange>;

const MOST_BYTES = 4_000_000;
const STORED_HEADERS =
  /^(x-request-id|request-id|retry-after(-ms)?|x-should-retry|(x|anthropic)-ratelimit-.*|openai-(version|processing-ms)|date|content-type)$/;

/**
 * One request, one try, through the vendor's SDK, which neither retries nor parses: the caller gets the
 * raw text whatever it is. A time-out and a broken connection are results; only `signal` makes it throw,
 * with the signal's reason.
 */
export async function sendRequest(request: OutgoingRequest): Promise<Exchange> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), request.timeoutMs);
  const wire = recordingFetch(request.key);
  let thrown: unknown = null;
  try {
    await post(request, wire.fetch, AbortSignal.any([request.signal, limit.signal]));
  } catch (error) {
    // A status other than 200 throws too; then the response is there.
    thrown = error;
  } finally {
    clearTimeout(timer);
  }
  request.signal.throwIfAborted();
  const { response, isWhole, isTooLong } = wire.seen();
  if (response !== null && isWhole) return { kind: 'response', response };
  const cause = limit.signal.aborted
    ? `no answer within ${Math.round(request.timeoutMs / 100) / 10} s`
    : isTooLong
      ? `the response is longer than ${MOST_BYTES} bytes`
      : `the connection failed (${nameOf(thrown)})`;
  return { kind: 'none', cause, partial: response };
}

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

async function post(request: OutgoingRequest, fetch: Fetch, signal: AbortSignal): Promise<void> {
  const { api, baseUrl, body } = request;
  // The SDK insists on a key; without one its header is not sent (`recordingFetch`).
  const key = request.key ?? 'none';
  // The deadline is `signal`'s; the SDK's own only must not come before it.
  const options = { maxRetries: 0, timeout: request.timeoutMs + 60_000, logLevel: 'off' } as const;
  switch (api) {
    case 'responses':
    case 'chat': {
      const client = new OpenAI({
        ...options,
        apiKey: key,
        baseURL: baseUrl,
        fetch,
        organization: null,
        project: null,
      });
      // The body is made from the catalogue, which knows fields that the SDK's types do not.
      await client
        .post(api === 'responses' ? '/responses' : '/chat/completions', { body, signal })
        .asResponse();
      return;
    }
    case 'messages': {
      const client = new Anthropic({
        ...options,
        apiKey: key,
        baseURL: baseUrl,
        fetch,
        openTelemetry: false,
      });
      await client.post('/v1/messages', { body, signal }).asResponse();
      return;
    }
    case 'ollama':
      await fetch(`${baseUrl.replace(/\/$/, '')}/api/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      });
      return;
    default:
      api satisfies never;
  }
}

interface Seen {
  response: IncomingResponse | null;
  isWhole: boolean;
  isTooLong: boolean;
}

/**
 * What a request may tell of itself. The SDKs send along whatever headers the environment names
 * (`OPENAI_CUSTOM_HEADERS`, `OPENAI_ORG_ID`, ...), to whatever server this is: none of those is meant for it.
 */
const SENT_HEADERS = ['accept', 'content-type', 'user-agent', 'anthropic-version'];

function sentHeaders(given: RequestInit['headers'], key: string | null): Headers {
  const all = new Headers(given);
  const sent = new Headers();
  for (const name of SENT_HEADERS) {
    const value = all.get(name);
    if (value !== null) sent.set(name, value);
  }
  if (key !== null) sent.set('authorization', `Bearer ${key}`);
  return sent;
}

/** A `fetch` that reads the whole body itself, so that what has come is known however it ends. */
function recordingFetch(key: string | null): { fetch: Fetch; seen: () => Seen } {
  const seen: Seen = { response: null, isWhole: false, isTooLong: false };
  const clean = (text: string): string => (key === null ? text : text.replaceAll(key, '[key]'));
  return {
    seen: () => seen,
    async fetch(url, init) {
      // A redirect would carry prompt and key to where nobody sent them.
      const headers = sentHeaders(init?.headers, key);
      const response = await fetch(url, { ...init, headers, redirect: 'error' });
      const told = [...response.headers].filter(([name]) => STORED_HEADERS.test(name));
      const kept: IncomingResponse = {
        status: response.status,
        headers: Object.fromEntries(told.map(([name, value]) => [name, clean(value)])),
        text: '',
      };
      seen.response = kept;
      const decoder = new TextDecoder();
      let text = '';
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        bytes += chunk.byteLength;
        if (bytes > MOST_BYTES) {
          seen.isTooLong = true;
          throw new Error('the response is too long');
        }
        text += decoder.decode(chunk, { stream: true });
        kept.text = clean(text);
      }
      seen.isWhole = true;
      return new Response(text, { status: response.status, headers: response.headers });
    },
  };
}

/** Class and system code of an error: its message may quote what was sent. */
function nameOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z_0-9]+$/.test(code)) return code;
  }
  return error instanceof Error ? error.constructor.name : 'nothing was sent';
}
