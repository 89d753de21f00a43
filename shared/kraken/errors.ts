import type { VenueErrorKind } from '../venue.ts';

/** A call that changes something at the venue may have been executed although its answer says failure. */
export type CallKind = 'read' | 'write';

export interface ClassifiedError {
  kind: VenueErrorKind;
  retryAfterMs?: number;
}

const LOCKOUT_MS = 15 * 60_000;
const MINUTE_MS = 60_000;

/**
 * Beginnings of Kraken's error texts and what to do about each (docs.kraken.com, errors, read 2026-11-21).
 * The longest beginning that fits decides. What is in no row is an answer, except `EService` and
 * `EGeneral:Internal error`: after a write those leave open whether it was executed.
 */
const PERSON = [
  'EAPI:Invalid key',
  'EAPI:Invalid signature',
  'EAuth:',
  'EGeneral:Permission denied',
  'EAccount:Invalid permissions',
  'ETrade:User Locked',
];
const NOT_EXECUTED = [
  'EAPI:Invalid nonce',
  'EAPI:Invalid token',
  'ESession:Invalid session',
  'EAPI:Rate limit exceeded',
  'EGeneral:Too many requests',
  'EOrder:Rate limit exceeded',
  'EOrder:Domain rate limit exceeded',
];
const ANSWER = [
  'EService:Market in cancel_only mode',
  'EService:Market in post_only mode',
  'EService:Market in limit_only mode',
  'EService:Market in reduce_only mode',
  'EService:Deadline elapsed',
];
const OPEN_WHETHER_EXECUTED = ['EService:', 'EGeneral:Internal error', 'EGeneral:Unknown error'];

/** The order arrived earlier under the same client order id: look it up, do not take it for a refusal. */
const DUPLICATE = /duplicate|(cl_ord_id|client order id).*(in use|exists|unique)/i;

const beginsWithOneOf = (text: string, beginnings: readonly string[]): boolean =>
  beginnings.some((beginning) => text.startsWith(beginning));

export function isDuplicateOrder(error: string): boolean {
  return DUPLICATE.test(error);
}

/** Whether the order named is already over or was never there. */
export function isOrderGone(error: string): boolean {
  return /^EOrder:(Unknown order|Invalid order|Order not found)/.test(error);
}

/** An amend that asks for what the order already is: what was wanted holds. */
export function isNoChange(error: string): boolean {
  return /^EOrder:.*(no change|not changed|unchanged)/i.test(error);
}

export function isNonceError(error: string): boolean {
  return error.startsWith('EAPI:Invalid nonce');
}

/**
 * What to do about one error text of REST or WebSocket; `nowMs` is the wall clock, against which a
 * throttled call's time of release is reckoned.
 */
export function classifyError(error: string, call: CallKind, nowMs: number): ClassifiedError {
  if (error.startsWith('EGeneral:Temporary lockout')) {
    return { kind: 'person', retryAfterMs: LOCKOUT_MS };
  }
  if (beginsWithOneOf(error, PERSON)) return { kind: 'person' };
  const throttled = /^EService:Throttled:?\s*(\d+)?/.exec(error);
  if (throttled !== null) {
    const release = throttled[1] === undefined ? nowMs + 1000 : Number(throttled[1]) * 1000;
    return { kind: 'retry', retryAfterMs: Math.min(Math.max(release - nowMs, 0), MINUTE_MS) };
  }
  if (beginsWithOneOf(error, NOT_EXECUTED)) return { kind: 'retry' };
  if (beginsWithOneOf(error, ANSWER)) return { kind: 'answer' };
  if (beginsWithOneOf(error, OPEN_WHETHER_EXECUTED) || error.endsWith(':Internal error')) {
    return { kind: call === 'write' ? 'ambiguous' : 'retry' };
  }
  if (call === 'write' && isDuplicateOrder(error)) return { kind: 'ambiguous' };
  return { kind: 'answer' };
}

/** What to do about an HTTP status outside 200..299 whose body is not Kraken's. */
export function classifyStatus(status: number, call: CallKind): ClassifiedError {
  if (status === 429) return { kind: 'retry' };
  if (status === 401 || status === 403) return { kind: 'person' };
  if (status >= 500) return { kind: call === 'write' ? 'ambiguous' : 'retry' };
  return { kind: 'answer' };
}
