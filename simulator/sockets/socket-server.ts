import { createServer, type Server } from 'node:http';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Service } from '../service/service.ts';
import type { Faults } from '../trouble/faults.ts';
import { toJson } from '../wire/json.ts';
import { systemOf } from '../wire/system-status.ts';
import { createPrivateSession } from './private-session.ts';
import { createPublicSession } from './public-session.ts';
import type { Frame, Link, Session, SocketOptions } from './session.ts';

const HEARTBEAT_MS = 1_000;
const CHANNEL = /^\{"channel":"(\w+)"/;
const SYMBOL = /"symbol":"([^"]+)"/;

/** `write` with the faults that strike messages of a channel; answers to requests pass untouched. */
function troubled(
  faults: Faults,
  write: (text: string) => void,
  cut: () => void,
): (text: string) => void {
  let heldBack: string | null = null;
  let late: string[] | null = null;
  return (text) => {
    const channel = CHANNEL.exec(text)?.[1];
    if (late !== null) return void late.push(text);
    const fault =
      channel === undefined
        ? null
        : faults.strike(
            ['silence', 'cut', 'reorder', 'duplicate', 'lag', ...bookFaults(channel)],
            channel,
            SYMBOL.exec(text)?.[1],
          );
    if (fault?.kind === 'lag') {
      late = [text];
      setTimeout(() => {
        for (const each of late ?? []) write(each);
        late = null;
      }, fault.ms).unref();
      return;
    }
    if (fault?.kind === 'cut') return cut();
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'reorder' && heldBack === null) {
      heldBack = text;
      return;
    }
    write(fault?.kind === 'checksum' ? withWrongChecksum(text) : text);
    if (fault?.kind === 'duplicate') write(text);
    if (heldBack !== null && channel !== undefined) {
      write(heldBack);
      heldBack = null;
    }
  };
}

const withWrongChecksum = (text: string): string =>
  text.replace(/"checksum":(\d+)/, (_, sum: string) => `"checksum":${(Number(sum) ^ 1) >>> 0}`);

const bookFaults = (channel: string): 'checksum'[] => (channel === 'book' ? ['checksum'] : []);

/** Kraken's WebSocket v2 on one port: the public or the private one. */
export function createSocketServer(
  options: SocketOptions,
  access: 'public' | 'private',
): { server: Server; drop(): void; close(): void } {
  const server = createServer((_, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end('a WebSocket lives here: connect to /v2');
  });
  const sockets = new WebSocketServer({
    server,
    verifyClient: (_: unknown, answer: (isWelcome: boolean, status?: number) => void) =>
      answer(!options.faults.isOffline(access), 503),
  });
  // It repeats the server's own errors, which are heard where the server is started.
  sockets.on('error', () => undefined);
  const sessions = new Map<WebSocket, { session: Session; link: Link; sentAt: number }>();
  let connections = 0;

  sockets.on('connection', (socket) => {
    connections += 1;
    const write = (text: string): void => {
      const entry = sessions.get(socket);
      if (entry !== undefined) entry.sentAt = performance.now();
      if (socket.readyState === socket.OPEN) socket.send(text);
    };
    const link: Link = {
      send: troubled(options.faults, write, () => socket.terminate()),
      cut: () => socket.terminate(),
      reply(request, body) {
        const venueMs = options.service.exchange.state.nowMs + options.faults.skewMs();
        const time = new Date(venueMs).toISOString();
        const id = request['req_id'];
        link.send(
          toJson({
            method: request['method'],
            ...(id === undefined ? {} : { req_id: id }),
            ...body,
            time_in: time,
            time_out: time,
          }),
        );
      },
    };
    const session =
      access === 'public'
        ? createPublicSession(options, link)
        : createPrivateSession(options, link);
    sessions.set(socket, { session, link, sentAt: performance.now() });
    socket.on('message', (data) => onMessage(link, session, rawText(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      sessions.delete(socket);
      session.close();
    });
    link.send(statusText(options.service, connections));
  });

  let told = systemOf(options.service.exchange);
  options.service.onNotices((notices) => {
    const system = systemOf(options.service.exchange);
    const isTold = system !== told || notices.some((n) => n.notice === 'system');
    told = system;
    for (const { session, link } of sessions.values()) {
      session.notices(notices);
      if (isTold) link.send(statusText(options.service, 0));
    }
  });
  const heartbeat = setInterval(() => {
    const now = performance.now();
    for (const [socket, { session, sentAt }] of sessions) {
      if (session.isSubscribed() && now - sentAt >= HEARTBEAT_MS) {
        if (socket.readyState === socket.OPEN) socket.send('{"channel":"heartbeat"}');
      }
    }
  }, HEARTBEAT_MS);

  const drop = (): void => {
    for (const socket of sessions.keys()) socket.terminate();
  };
  return {
    server,
    drop,
    close() {
      clearInterval(heartbeat);
      drop();
      sockets.close();
      server.close();
    },
  };
}

/** A message as text; `ws` hands one over in one buffer unless told otherwise. */
function rawText(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : '';
}

function statusText(service: Service, connection: number): string {
  return toJson({
    channel: 'status',
    type: 'update',
    data: [
      {
        system: systemOf(service.exchange),
        api_version: 'v2',
        connection_id: connection,
        version: '2.0.10',
      },
    ],
  });
}

function onMessage(link: Link, session: Session, text: string): void {
  const request = parseFrame(text);
  const method = request?.['method'];
  if (request === null || typeof method !== 'string') {
    link.send(toJson({ error: 'Malformed request', success: false }));
    return;
  }
  if (method === 'ping') {
    link.reply({ ...request, method: 'pong' }, {});
    return;
  }
  const params = request['params'];
  const known = session.request(
    method,
    typeof params === 'object' && params !== null ? (params as Frame) : {},
    request,
  );
  if (!known) link.reply(request, { success: false, error: 'Method not found' });
}

/** A request as an object whose prices and quantities keep their text; null when it is no JSON object. */
function parseFrame(text: string): Frame | null {
  try {
    const value: unknown = JSON.parse(text, (key, item: unknown, context?: { source: string }) =>
      typeof item === 'number' && context !== undefined && DECIMAL_KEYS.has(key)
        ? context.source
        : item,
    );
    return typeof value === 'object' && value !== null ? (value as Frame) : null;
  } catch {
    return null;
  }
}

const DECIMAL_KEYS = new Set([
  'order_qty',
  'cash_order_qty',
  'display_qty',
  'limit_price',
  'trigger_price',
  'price',
  'stop_price',
]);
