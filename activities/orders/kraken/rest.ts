import type { z } from 'zod';
import { classifyError, classifyStatus, isNonceError } from '../../../shared/kraken/errors.ts';
import type { CallKind, ClassifiedError } from '../../../shared/kraken/errors.ts';
import { parseJson } from '../../../shared/kraken/json.ts';
import type { EngineUse } from '../../../shared/kraken/rate-limits.ts';
import { Envelope } from '../../../shared/kraken/rest-messages.ts';
import { formBody, signingText } from '../../../shared/kraken/signing.ts';
import { VenueError } from '../../../shared/venue.ts';
import type { HttpAnswer, HttpClient } from './http.ts';
import { HttpFailure } from './http.ts';
import type { NonceSource } from './nonces.ts';
import { apiSign } from './sign.ts';

type Fields = Readonly<Record<string, string | undefined>>;

export interface PrivateCall<T> {
  name: string;
  /** Fields of a form; undefined ones are left out. */
  fields?: Fields;
  /** Sent as JSON instead, with the nonce put in. */
  json?: Readonly<Record<string, unknown>>;
  result: z.ZodType<T>;
  /** Whether it changes something at the venue: decides what a missing answer means. */
  call: CallKind;
  /** What it is about, for messages, e.g. `BTC/USDT, clientOrderId ...`. */
  about?: string;
  /** Goes before calls that wait. */
  urgent?: boolean;
  /** What it costs at the matching engine. */
  engine?: EngineUse;
}

export interface KrakenRest {
  public<T>(name: string, fields: Fields, result: z.ZodType<T>): Promise<T>;
  private<T>(call: PrivateCall<T>): Promise<T>;
  close(): void;
}

export interface RestOptions {
  http: HttpClient;
  key: string;
  secret: string;
  nonces: NonceSource;
  timeoutMs: number;
  wallMs: () => number;
}

/** Kraken's error texts of an answer, beside what to do about them. */
export class KrakenError extends VenueError {
  readonly errors: readonly string[];
  constructor(classified: ClassifiedError, message: string, errors: readonly string[]) {
    super(classified.kind, message, { ...retryAfter(classified.retryAfterMs) });
    this.errors = errors;
  }
}

const retryAfter = (ms: number | undefined): { retryAfterMs?: number } =>
  ms === undefined ? {} : { retryAfterMs: ms };

/** How grave, worst first: one answer may carry several errors. */
const GRAVITY = ['person', 'ambiguous', 'retry', 'answer'] as const;

/**
 * Kraken's REST protocol: signs, sends, reads the envelope. Everything thrown is a `VenueError`; a write
 * whose outcome is open is of kind `ambiguous` and never sent again from here.
 */
export function createKrakenRest(options: RestOptions): KrakenRest {
  const { http, key, secret, nonces, timeoutMs, wallMs } = options;

  const explain = (what: string, kind: VenueError['kind'], found: string): string =>
    `kraken ${what}: ${found}` +
    (kind === 'ambiguous' ? '; it may have been executed: look it up before anything else' : '');

  const throwStatus = (what: string, call: CallKind, answer: HttpAnswer): never => {
    const classified = classifyStatus(answer.status, call);
    const found = `HTTP ${answer.status} ${answer.body.slice(0, 80).replace(/\s+/g, ' ')}`;
    const seconds = answer.retryAfterSeconds;
    throw new VenueError(classified.kind, explain(what, classified.kind, found), {
      ...retryAfter(seconds === undefined ? undefined : seconds * 1000),
    });
  };

  const read = <T>(what: string, call: CallKind, answer: HttpAnswer, schema: z.ZodType<T>): T => {
    const json = jsonOr(answer.body);
    const envelope = Envelope.safeParse(json);
    if (!envelope.success) {
      if (answer.status < 200 || answer.status > 299) throwStatus(what, call, answer);
      const kind = call === 'write' ? 'ambiguous' : 'retry';
      throw new VenueError(kind, explain(what, kind, 'the answer is not one of Kraken'));
    }
    // Texts that begin with W are warnings beside a result.
    const errors = envelope.data.error.filter((error) => !error.startsWith('W'));
    if (errors.length > 0) {
      const all = errors.map((error) => classifyError(error, call, wallMs()));
      const worst = all.sort((a, b) => GRAVITY.indexOf(a.kind) - GRAVITY.indexOf(b.kind))[0];
      const classified = worst ?? { kind: 'answer' };
      throw new KrakenError(classified, explain(what, classified.kind, errors.join(', ')), errors);
    }
    if (answer.status < 200 || answer.status > 299) throwStatus(what, call, answer);
    const result = schema.safeParse(envelope.data.result);
    if (result.success) return result.data;
    const kind = call === 'write' ? 'ambiguous' : 'answer';
    const issue = result.error.issues[0];
    const found = `unexpected result at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? '?'}`;
    throw new VenueError(kind, explain(what, kind, found), { cause: result.error });
  };

  const send = async (
    what: string,
    call: CallKind,
    request: Parameters<HttpClient['send']>[0],
  ): Promise<HttpAnswer> => {
    try {
      return await http.send(request);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const kind = call === 'write' && error.sent ? 'ambiguous' : 'retry';
      throw new VenueError(kind, explain(what, kind, error.message), { cause: error });
    }
  };

  const signed = async <T>(call: PrivateCall<T>, nonce: string): Promise<T> => {
    const what = call.about === undefined ? call.name : `${call.name} (${call.about})`;
    const path = `/0/private/${call.name}`;
    const isJson = call.json !== undefined;
    const body = isJson
      ? JSON.stringify({ nonce, ...call.json })
      : formBody(nonce, call.fields ?? {});
    const answer = await send(what, call.call, {
      method: 'POST',
      path,
      body,
      timeoutMs,
      headers: {
        'API-Key': key,
        'API-Sign': apiSign(secret, signingText(path, nonce, body)),
        'Content-Type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
      },
    });
    return read(what, call.call, answer, call.result);
  };

  return {
    public: async (name, fields, result) => {
      const query = new URLSearchParams();
      for (const [field, value] of Object.entries(fields)) {
        if (value !== undefined) query.set(field, value);
      }
      const path = `/0/public/${name}${query.size > 0 ? `?${query.toString()}` : ''}`;
      const attempt = () => send(name, 'read', { method: 'GET', path, timeoutMs });
      const answer = await attempt().catch((error: unknown) => {
        if (isStale(error)) return attempt();
        throw error;
      });
      return read(name, 'read', answer, result);
    },
    private: async (call) => {
      const attempt = () => nonces.use((nonce) => signed(call, nonce), call.urgent);
      try {
        return await attempt();
      } catch (error) {
        // A write goes out once: what became of it on a broken connection is for a look-up to say.
        const repeatable = isNonceRefusal(error) || (call.call === 'read' && isStale(error));
        if (!repeatable) throw error;
      }
      try {
        return await attempt();
      } catch (error) {
        if (!isNonceRefusal(error)) throw error;
        const why =
          `kraken ${call.name}: the key's nonce is refused twice; ` +
          'another program uses this key, or its clock runs ahead: give each program a key of its own';
        throw new VenueError('person', why, { cause: error });
      }
    },
    close: () => http.close(),
  };
}

function isStale(error: unknown): boolean {
  return error instanceof VenueError && error.cause instanceof HttpFailure && error.cause.stale;
}

function isNonceRefusal(error: unknown): boolean {
  return error instanceof KrakenError && error.errors.some(isNonceError);
}

function jsonOr(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
