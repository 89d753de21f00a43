import { toJson } from './json.ts';
import { ACCOUNT_CALLS } from './rest-private-account.ts';
import { ORDER_CALLS } from './rest-private-orders.ts';
import type { Handler } from './rest-context.ts';
import type { Answer } from './rest-public.ts';

/** Answers of `/0/private/*`, by name; authentication is done before. */
export const PRIVATE: Readonly<Record<string, Handler>> = { ...ORDER_CALLS, ...ACCOUNT_CALLS };

/** Calls whose answer says whether something exists: what is under way must have arrived before them. */
export const LOOK_UPS = new Set(['QueryOrders', 'OpenOrders', 'ClosedOrders', 'TradesHistory']);

/** The body of a REST answer. */
export function envelope(answer: Answer): string {
  return 'error' in answer
    ? toJson({ error: [answer.error] })
    : toJson({ error: [], result: answer.result });
}
