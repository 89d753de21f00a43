import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

export interface FakeCall {
  /** Last part of the path, e.g. `AddOrder`. */
  name: string;
  fields: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What a call is answered with: a result, Kraken's error texts, or anything a server can do to a reply. */
export type FakeAnswer =
  | { result: unknown }
  | { errors: string[] }
  | { raw: string; status?: number; headers?: Record<string, string> }
  | 'hang'
  | 'cut';

export interface FakeKraken {
  rest: string;
  ws: string;
  /** Calls in the order of their arrival. */
  calls: FakeCall[];
  /** Answers of one call, the last one repeated. */
  answer(name: string, ...answers: FakeAnswer[]): void;
  /** What to do with a request on a socket; default: acknowledge and pong. */
  onRequest(handler: (socket: WebSocket, request: FakeRequest) => void): void;
  sockets: Set<WebSocket>;
  close(): Promise<void>;
}

export interface FakeRequest {
  method: string;
  req_id?: number;
  params?: Record<string, unknown> & { channel?: string; symbol?: string[] };
}

/** A server on loopback that says what a test tells it to say, over HTTP and WebSocket. */
export async function startFakeKraken(): Promise<FakeKraken> {
  const answers = new Map<string, FakeAnswer[]>();
  const calls: FakeCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? '/', 'http://fake');
      const name = url.pathname.split('/').at(-1) ?? '';
      const fields = request.method === 'GET' ? url.searchParams : new URLSearchParams(body);
      calls.push({ name, fields, headers: request.headers, body });
      const queue = answers.get(name) ?? [];
      const answer = queue.length > 1 ? queue.shift() : queue[0];
      reply(answer ?? { errors: ['EGeneral:Unknown method'] }, response);
    });
  });
  const sockets = new Set<WebSocket>();
  let onRequest: (socket: WebSocket, request: FakeRequest) => void = acknowledge;
  const socketServer = new WebSocketServer({ server });
  socketServer.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data: Buffer) => {
      onRequest(socket, JSON.parse(data.toString()) as FakeRequest);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    rest: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}/v2`,
    calls,
    answer: (name, ...given) => void answers.set(name, given),
    onRequest: (handler) => (onRequest = handler),
    sockets,
    close: async () => {
      for (const socket of sockets) socket.terminate();
      socketServer.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(answer: FakeAnswer, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'cut') {
    response.socket?.destroy();
    return;
  }
  if ('raw' in answer) {
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.raw);
    return;
  }
  const body = 'result' in answer ? { error: [], ...answer } : { error: answer.errors };
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Acknowledges a subscription once per symbol and answers a ping, as Kraken does. */
export function acknowledge(socket: WebSocket, request: FakeRequest): void {
  const { method, req_id, params } = request;
  const say = (message: object): void => socket.send(JSON.stringify(message));
  if (method === 'ping') return say({ method: 'pong', req_id });
  for (const symbol of params?.symbol ?? [undefined]) {
    say({ method, req_id, success: true, result: { channel: params?.channel, symbol } });
  }
}
