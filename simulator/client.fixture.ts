import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Simulator } from './start-simulator.ts';
import { signature } from './wire/keys.ts';

type Json = Record<string, unknown>;

/** A Kraken client of a few lines, for tests. */
export interface TestClient {
  public(path: string): Promise<Json>;
  /** A signed call; rejects when the connection breaks. */
  private(
    name: string,
    fields?: Record<string, string>,
    nonce?: string,
    signal?: AbortSignal,
  ): Promise<Json>;
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
  socket(url: string): Promise<TestSocket>;
}

export interface TestSocket {
  send(frame: Json): void;
  /** The next message that is no heartbeat, as text and parsed. */
  next(): Promise<Json>;
  /** All messages up to the answer to a ping sent now. */
  untilPong(): Promise<Json[]>;
  texts: string[];
  close(): void;
}

let nonces = 1_700_000_000_000n;

export function testClient(simulator: Simulator): TestClient {
  return {
    async public(path) {
      const response = await fetch(`${simulator.rest}/0/public/${path}`);
      return (await response.json()) as Json;
    },
    async private(name, fields = {}, nonce = String((nonces += 1n)), signal) {
      const path = `/0/private/${name}`;
      const body = new URLSearchParams({ nonce, ...fields }).toString();
      const response = await fetch(`${simulator.rest}${path}`, {
        method: 'POST',
        body,
        ...(signal === undefined ? {} : { signal }),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'API-Key': simulator.key,
          'API-Sign': signature(simulator.secret, path, nonce, body),
        },
      });
      return (await response.json()) as Json;
    },
    async control(method, path, body) {
      const response = await fetch(`${simulator.control}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Json };
    },
    async socket(url) {
      const ws = new WebSocket(url);
      const texts: string[] = [];
      const unread: Json[] = [];
      let wanted: (() => void) | null = null;
      ws.on('message', (data) => {
        const text = Buffer.isBuffer(data) ? data.toString('utf8') : '';
        if (text.includes('"heartbeat"')) return;
        texts.push(text);
        unread.push(JSON.parse(text) as Json);
        wanted?.();
      });
      const next = async (): Promise<Json> => {
        while (unread.length === 0) await new Promise<void>((resolve) => (wanted = resolve));
        return unread.shift() as Json;
      };
      await once(ws, 'open');
      return {
        texts,
        send: (frame) => ws.send(JSON.stringify(frame)),
        next,
        async untilPong() {
          ws.send('{"method":"ping","req_id":4711}');
          const seen: Json[] = [];
          for (;;) {
            const message = await next();
            if (message['method'] === 'pong' && message['req_id'] === 4711) return seen;
            seen.push(message);
          }
        },
        close: () => ws.close(),
      };
    },
  };
}
