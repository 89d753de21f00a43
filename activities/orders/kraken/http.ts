import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';

export interface HttpAnswer {
  status: number;
  retryAfterSeconds: number | undefined;
  body: string;
}

/** No answer came. `sent` is false only when not a byte of the request can have left. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly sent: boolean;
  /** A kept connection turned out to be closed: another try takes a new one. */
  readonly stale: boolean;
  constructor(message: string, sent: boolean, stale: boolean, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
    this.stale = stale;
  }
}

export interface HttpClient {
  send(request: {
    method: 'GET' | 'POST';
    path: string;
    headers?: Record<string, string>;
    body?: string;
    timeoutMs: number;
  }): Promise<HttpAnswer>;
  close(): void;
}

/**
 * HTTP to one origin over kept-alive connections. `node:http` and not fetch: it says whether a failed
 * request had already been sent, which decides between "try again" and "look it up".
 */
export function createHttpClient(origin: string): HttpClient {
  const base = new URL(origin);
  const secure = base.protocol === 'https:';
  const options = { keepAlive: true, maxSockets: 8, scheduling: 'lifo' as const };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  const start = secure ? httpsRequest : httpRequest;
  return {
    send: ({ method, path, headers, body, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const url = new URL(path, base);
        const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
        const request = start(url, { method, agent, headers: { ...headers, ...length } });
        const wasSent = watchSent(request, secure);
        const fail = (why: string, cause?: unknown): void => {
          const stale = request.reusedSocket && codeOf(cause) === 'ECONNRESET';
          reject(new HttpFailure(`${method} ${url.pathname}: ${why}`, wasSent(), stale, { cause }));
        };
        const timer = setTimeout(() => {
          fail(`no answer within ${timeoutMs} ms`);
          request.destroy();
        }, timeoutMs);
        request.on('error', (error) => {
          clearTimeout(timer);
          fail(error.message, error);
        });
        request.on('response', (response) => {
          readBody(response).then(
            (text) => {
              clearTimeout(timer);
              const retryAfter = Number(response.headers['retry-after']);
              resolve({
                status: response.statusCode ?? 0,
                retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined,
                body: text,
              });
            },
            (error: unknown) => {
              clearTimeout(timer);
              fail('the answer broke off', error);
            },
          );
        });
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function watchSent(request: ClientRequest, secure: boolean): () => boolean {
  let connected = false;
  request.on('socket', (socket) => {
    if (!socket.connecting) connected = true;
    else socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true));
  });
  return () => connected;
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      if (response.complete) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(new Error('the connection closed before the end'));
    });
    response.on('error', reject);
  });
}
