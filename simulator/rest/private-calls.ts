import { toJson } from '../wire/json.ts';
import { ACCOUNT_CALLS } from './account-calls.ts';
import { ORDER_CALLS } from './order-calls.ts';
import type { Handler } from './private-context.ts';
import type { Answer } from './public-calls.ts';

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
