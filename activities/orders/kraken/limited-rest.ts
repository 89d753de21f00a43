import { setTimeout as sleep } from 'node:timers/promises';
import { rateLimits, type Tier } from '../../../shared/kraken/rate-limits.ts';
import { VenueError } from '../../../shared/venue.ts';
import type { KrakenRest, PrivateCall } from './rest.ts';
import { KrakenError } from './rest.ts';

/** Longest wait for room before the call is handed back unsent: a late order is another order. */
const MOST_WAIT_MS = { read: 30_000, write: 2_000 };

/** The same calls, held back until Kraken's counters have room for them. */
export function limitedRest(rest: KrakenRest, tier: Tier, wallMs: () => number): KrakenRest {
  const limits = rateLimits(tier);

  const waitFor = async (
    take: (nowMs: number) => number,
    what: string,
    mostMs: number,
  ): Promise<void> => {
    const startMs = wallMs();
    for (;;) {
      const nowMs = wallMs();
      const waitMs = take(nowMs);
      if (waitMs === 0) return;
      if (nowMs + waitMs - startMs > mostMs) {
        throw new VenueError('retry', `kraken ${what}: not sent, the rate limit has no room yet`, {
          retryAfterMs: waitMs,
        });
      }
      await sleep(waitMs);
    }
  };

  const learn = (error: unknown, call: PrivateCall<unknown>): void => {
    if (!(error instanceof KrakenError)) return;
    const says = (beginning: string): boolean =>
      error.errors.some((each) => each.startsWith(beginning));
    if (says('EAPI:Rate limit exceeded')) limits.refused({ kind: 'rest' }, wallMs());
    if (says('EOrder:Rate limit exceeded') && call.engine !== undefined) {
      limits.refused({ kind: 'engine', pair: call.engine.pair }, wallMs());
    }
  };

  return {
    public: async (name, fields, result) => {
      const pair = fields['pair'] ?? '';
      await waitFor((nowMs) => limits.takePublic(name, pair, nowMs), name, MOST_WAIT_MS.read);
      return rest.public(name, fields, result);
    },
    private: async (call) => {
      const { name, engine } = call;
      const mostMs = MOST_WAIT_MS[call.call];
      await waitFor((nowMs) => limits.takePrivate(name, nowMs), name, mostMs);
      if (engine !== undefined) {
        await waitFor((nowMs) => limits.takeEngine(engine, nowMs), name, mostMs);
      }
      try {
        return await rest.private(call);
      } catch (error) {
        learn(error, call);
        throw error;
      }
    },
    close: () => rest.close(),
  };
}
