import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { Journal } from '../service/journal.ts';
import { textOf } from '../wire/json.ts';
import { isSigned, signature, type KeyPair } from '../wire/keys.ts';
import { envelope, LOOK_UPS, PRIVATE } from './private-calls.ts';
import { LOCKOUT, type PrivateContext } from './private-context.ts';
import { PUBLIC, type Answer, type Params } from './public-calls.ts';

export interface RestOptions extends PrivateContext {
  keys: KeyPair;
  journal: Journal;
}

const BODY_MOST = 1_000_000;

/**
 * Kraken's REST interface. Every answer is HTTP 200 with errors inside, as Kraken does it, except under an
 * injected fault. A private request is carried out in the moment in which its body is complete.
 */
export function createRestServer(options: RestOptions): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_MOST) request.destroy();
      chunks.push(chunk);
    });
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      void handle(options, request, response, body).catch((error: unknown) => {
        process.stderr.write(`simulator: ${request.url} failed: ${String(error)}\n`);
        send(response, { error: 'EGeneral:Internal error' });
      });
    });
  });
}

async function handle(
  options: RestOptions,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, version, access, name = ''] = url.pathname.split('/');
  const known =
    version === '0' &&
    ((access === 'public' && name in PUBLIC) || (access === 'private' && name in PRIVATE));
  if (!known) return send(response, { error: 'EGeneral:Unknown method' });
  const { faults } = options;
  const delay = faults.strike(['delay'], name);
  if (delay !== null) {
    await wait(delay.ms);
    if (request.socket.destroyed) return;
  }
  const refused = faults.strike(['status', 'error'], name);
  if (refused?.kind === 'status') {
    response.writeHead(refused.status, { 'content-type': 'text/html' });
    response.end(`<html><body>${refused.status}</body></html>`);
    return;
  }
  if (refused?.kind === 'error') return send(response, { error: refused.error });
  if (access === 'public') {
    const params = { ...Object.fromEntries(url.searchParams), ...parseBody(body) };
    return send(
      response,
      (PUBLIC[name] as (typeof PUBLIC)[string])(options.service.exchange, params, faults.skewMs()),
    );
  }
  if (faults.isLockedOut()) return send(response, { error: LOCKOUT });
  const params = parseBody(body);
  const refusal = authenticate(options, request, url.pathname, body, params);
  if (refusal !== null) return send(response, refusal);
  const limited = options.service.limits.call(name);
  if (limited !== null) return send(response, { error: limited });
  if (LOOK_UPS.has(name)) await arrivals();
  const answer = (PRIVATE[name] as (typeof PRIVATE)[string])(options, params);
  if ('result' in answer && faults.strike(['lose-reply'], name) !== null) {
    request.socket.destroy();
    return;
  }
  const held = 'result' in answer ? faults.strike(['hold-reply'], name) : null;
  if (held !== null) await wait(held.ms);
  send(response, answer);
}

/**
 * Requests that were sent before a look-up, by a client that has gone meanwhile, are read from their
 * connections first: "none" must be final. Three turns take in a connection, its bytes and its end.
 */
async function arrivals(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.writableEnded) return;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(envelope(answer));
}

function parseBody(body: string): Params {
  if (body === '') return {};
  if (body.trimStart().startsWith('{')) return parseJsonBody(body);
  return Object.fromEntries(new URLSearchParams(body));
}

function parseJsonBody(body: string): Params {
  const params: Record<string, string> = {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body, (_, value: unknown, context?: { source: string }) =>
      // Numbers keep their text: a nonce has more digits than a float holds.
      typeof value === 'number' && context !== undefined ? context.source : value,
    );
  } catch {
    return {};
  }
  for (const [key, value] of Object.entries(parsed as Record<string, unknown>)) {
    if (value === null || value === undefined) continue;
    params[key] = typeof value === 'object' ? JSON.stringify(value) : textOf(value);
  }
  return params;
}

function authenticate(
  { keys, journal }: RestOptions,
  request: IncomingMessage,
  path: string,
  body: string,
  params: Params,
): { error: string } | null {
  if (request.headers['api-key'] !== keys.key) return { error: 'EAPI:Invalid key' };
  const nonce = params['nonce'] ?? '';
  if (!/^\d{1,20}$/.test(nonce)) return { error: 'EAPI:Invalid nonce' };
  const given = String(request.headers['api-sign'] ?? '');
  if (!isSigned(signature(keys.secret, path, nonce, body), given)) {
    return { error: 'EAPI:Invalid signature' };
  }
  if (BigInt(nonce) <= journal.nonceFloor()) return { error: 'EAPI:Invalid nonce' };
  journal.raiseNonce(BigInt(nonce));
  return null;
}
