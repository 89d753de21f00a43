import { z } from 'zod';
import { word } from './read-answer.ts';

/** Why a call brought no response with status 200, and whether another try may help. */
export interface CallFailure {
  /** A plain sentence without anything secret and without the prompt. */
  cause: string;
  /** Calls in all after which it is given up; 1 when trying again cannot help. */
  mostCalls: number;
  /** How long the provider asks to wait, ms; null when it does not say. */
  retryAfterMs: number | null;
  /** Whether the provider may have billed it all the same. */
  mayBeBilled: boolean;
}

const RETRIED_ONCE = 2;
const RETRIED = 3;

/** Codes with which "too many requests" means "no money": waiting does not help. */
const SPENT = new Set([
  'insufficient_quota',
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'ramp_limit_exceeded',
  'organization_on_hold',
]);

const MEANING: Readonly<Record<number, string>> = {
  400: 'the request was refused',
  401: 'the key was refused',
  402: 'the account has no balance',
  403: 'the account may not use this',
  404: 'there is no such model',
  413: 'the request is too large',
  422: 'a parameter was refused',
  429: 'too many requests',
  529: 'the provider is overloaded',
};

/** A response with another status than 200. `nowMs` is the wall clock, for dates in `Retry-After`. */
export function statusFailure(
  status: number,
  headers: Readonly<Record<string, string>>,
  bodyText: string,
  nowMs: number,
): CallFailure {
  const code = codeOf(bodyText);
  const meaning = MEANING[status] ?? (status >= 500 ? 'the provider failed' : 'an unusual answer');
  return {
    cause: `${status}: ${meaning}${code === '' ? '' : ` (${code})`}`,
    mostCalls: SPENT.has(code) ? 1 : triesFor(status),
    retryAfterMs: retryAfterMs(headers, bodyText, nowMs),
    mayBeBilled: status >= 500 || status === 408 || status === 499,
  };
}

/** No response at all, or not the whole of it. */
export function connectionFailure(cause: string): CallFailure {
  return { cause, mostCalls: RETRIED_ONCE, retryAfterMs: null, mayBeBilled: true };
}

function triesFor(status: number): number {
  if (status === 408 || status === 409 || status === 499) return RETRIED_ONCE;
  return status === 429 || status >= 500 ? RETRIED : 1;
}

const ErrorBody = z.object({
  error: z.object({
    code: z.unknown().optional(),
    type: z.unknown().optional(),
    details: z.unknown().optional(),
  }),
});
const Details = z.array(z.object({ retryDelay: z.string().optional() }));
const NestedCode = z.object({ error_code: z.string() });

function errorOf(bodyText: string): z.infer<typeof ErrorBody>['error'] | null {
  try {
    const body: unknown = JSON.parse(bodyText);
    // Google wraps its error into a list.
    return ErrorBody.safeParse(Array.isArray(body) ? body[0] : body).data?.error ?? null;
  } catch {
    return null;
  }
}

function codeOf(bodyText: string): string {
  const error = errorOf(bodyText);
  const nested = NestedCode.safeParse(error?.details).data?.error_code;
  return word(nested ?? (typeof error?.code === 'string' ? error.code : error?.type));
}

function retryAfterMs(
  headers: Readonly<Record<string, string>>,
  bodyText: string,
  nowMs: number,
): number | null {
  const exact = Number(headers['retry-after-ms'] ?? NaN);
  if (exact >= 0) return exact;
  const after = headers['retry-after'];
  if (after !== undefined) {
    const seconds = Number(after);
    if (seconds >= 0) return seconds * 1000;
    const at = Date.parse(after);
    if (Number.isFinite(at)) return Math.max(0, at - nowMs);
  }
  const delays = Details.safeParse(errorOf(bodyText)?.details).data ?? [];
  const delay = delays.map((d) => /^(\d+(?:\.\d+)?)s$/.exec(d.retryDelay ?? '')).find((m) => m);
  return delay?.[1] === undefined ? null : Number(delay[1]) * 1000;
}
