import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from '../../shared/llm/model-facts.ts';

/** What a loopback provider does with one request. */
export type Reply =
  /** The model's text in a response of the wire format. */
  | { kind: 'text'; text: string }
  /** The same, made of what was asked. */
  | { kind: 'says'; text: (request: Record<string, unknown>) => string }
  /** The same, its headers only after a while. */
  | { kind: 'slow'; text: string; ms: number }
  /** A response of the wire format that ends in another way than a text. */
  | { kind: 'refusal' | 'cut' | 'empty' }
  | { kind: 'raw'; status: number; body: string; headers?: Record<string, string> }
  /** Never a header. */
  | { kind: 'silent' }
  /** Header at once, then a byte now and then, for ever. */
  | { kind: 'trickle' }
  /** Half a body, then the connection is cut. */
  | { kind: 'broken' }
  /** The connection is cut before any header. */
  | { kind: 'reset' };

export interface SeenRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
  /** Resolves when the client has gone before it was answered. */
  gone: Promise<void>;
  /** Resolves when its connection has no more to say, answered or not. */
  ended: Promise<void>;
}

export interface LlmServer {
  url: string;
  seen: SeenRequest[];
  /** What the next requests get, in order; the last one goes on. */
  replies: Reply[];
  close(): Promise<void>;
}

/** The path that each API is asked under. */
export const PATHS: Record<Api, string> = {
  responses: '/responses',
  chat: '/chat/completions',
  messages: '/v1/messages',
  ollama: '/api/chat',
};

/** A server on a port of its own that speaks one provider's wire format. */
export async function startLlmServer(api: Api, replies: Reply[] = []): Promise<LlmServer> {
  const seen: SeenRequest[] = [];
  const server: LlmServer = { url: '', seen, replies, close: () => Promise.resolve() };
  const http = createServer((request, response) => {
    void readBody(request).then((text) => {
      const body = JSON.parse(text) as Record<string, unknown>;
      const gone = new Promise<void>((resolve) => {
        response.once('close', () => {
          if (!response.writableFinished) resolve();
        });
      });
      const ended = new Promise<void>((resolve) => response.once('close', resolve));
      seen.push({ path: request.url ?? '', headers: request.headers, body, gone, ended });
      const reply = server.replies.length > 1 ? server.replies.shift() : server.replies[0];
      if (reply !== undefined) answer(api, reply, body, response);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  server.close = async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return server;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(
  api: Api,
  reply: Reply,
  request: Record<string, unknown>,
  response: ServerResponse,
): void {
  const model = String(request['model']);
  const json = { 'content-type': 'application/json', 'x-request-id': 'req_1' };
  switch (reply.kind) {
    case 'text':
    case 'refusal':
    case 'cut':
    case 'empty':
      response.writeHead(200, json);
      response.end(JSON.stringify(bodyOf(api, reply, model)));
      return;
    case 'says':
      answer(api, { kind: 'text', text: reply.text(request) }, request, response);
      return;
    case 'slow': {
      const later = (): void => {
        if (!response.destroyed) answer(api, { kind: 'text', text: reply.text }, request, response);
      };
      setTimeout(later, reply.ms);
      return;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'raw':
      response.writeHead(reply.status, {
        ...json,
        'set-cookie': 'session=secret',
        ...reply.headers,
      });
      response.end(reply.body);
      return;
    case 'silent':
      return;
    case 'trickle': {
      response.writeHead(200, json);
      const timer = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(timer));
      return;
    }
    case 'broken':
      response.writeHead(200, { ...json, 'content-length': '1000' });
      response.write('{"model":"half of it', () => response.socket?.destroy());
      return;
    default:
      reply satisfies never;
  }
}

type Spoken = Extract<Reply, { kind: 'text' | 'refusal' | 'cut' | 'empty' }>;

/** 1,000 tokens in and 200 out, 50 of them thinking, whatever is said. */
function bodyOf(api: Api, reply: Spoken, model: string): unknown {
  const text =
    reply.kind === 'text' ? reply.text : reply.kind === 'cut' ? '{"evidenceFor":["a' : '';
  const build = `${model}-2026-11`;
  switch (api) {
    case 'responses':
      return {
        ...{ id: 'resp_1', object: 'response', created_at: 1, model: build, error: null },
        status: reply.kind === 'cut' ? 'incomplete' : 'completed',
        incomplete_details: reply.kind === 'cut' ? { reason: 'max_output_tokens' } : null,
        output: [
          { id: 'rs_1', type: 'reasoning', summary: [] },
          {
            ...{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' },
            content: [
              reply.kind === 'refusal'
                ? { type: 'refusal', refusal: 'I cannot help with that.' }
                : { type: 'output_text', text, annotations: [] },
            ],
          },
        ],
        usage: {
          ...{
            input_tokens: 1_000,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 200,
          },
          ...{ output_tokens_details: { reasoning_tokens: 50 }, total_tokens: 1_200 },
        },
      };
    case 'chat':
      return {
        ...{ id: 'chatcmpl_1', object: 'chat.completion', created: 1, model: build },
        choices: [
          {
            ...{
              index: 0,
              finish_reason: reply.kind === 'cut' ? 'length' : 'stop',
              logprobs: null,
            },
            message: {
              ...{ role: 'assistant', content: reply.kind === 'refusal' ? null : text },
              refusal: reply.kind === 'refusal' ? 'I cannot help with that.' : null,
            },
          },
        ],
        usage: { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 },
      };
    case 'messages':
      return {
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model: build, stop_sequence: null },
        content: [
          { type: 'thinking', thinking: 'long', signature: 's' },
          ...(reply.kind === 'refusal' ? [] : [{ type: 'text', text, citations: null }]),
        ],
        stop_reason:
          reply.kind === 'cut' ? 'max_tokens' : reply.kind === 'refusal' ? 'refusal' : 'end_turn',
        usage: {
          ...{ input_tokens: 1_000, output_tokens: 200 },
          ...{ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
        },
      };
    case 'ollama':
      return {
        ...{ model: build, created_at: '2026-01-01T00:00:00Z', done: true },
        message: { role: 'assistant', content: text },
        done_reason: reply.kind === 'cut' ? 'length' : 'stop',
        ...{ prompt_eval_count: 1_000, eval_count: 200, total_duration: 1 },
      };
    default:
      return api satisfies never;
  }
}
