import { z } from 'zod';
import type { Pair } from '../../shared/pair.ts';
import { TIMEFRAMES, type Timeframe } from '../../shared/timeframe.ts';

const EventSchema = z.object({
  number: z.int(),
  at: z.string(),
  kind: z.enum(['bar', 'orders', 'wake', 'end']),
  bars: z
    .array(
      z.object({
        timeframe: z.enum(TIMEFRAMES),
        open: z.string(),
        pairs: z.array(
          z.object({ pair: z.string(), state: z.enum(['closed', 'empty', 'missing']) }),
        ),
      }),
    )
    .optional(),
  wakes: z.array(z.object({ id: z.string() })).optional(),
});
const StateSchema = z.object({
  now: z.string(),
  attached: z.boolean(),
  ended: z.boolean(),
  event: EventSchema.nullable(),
});
export type SteppedEvent = z.infer<typeof EventSchema>;
export type SteppedState = z.infer<typeof StateSchema>;

/** A price that a workflow waits for; `id` is `<workflow id>#<what for>`. */
export type PriceLevel = { id: string; pair: Pair } & (
  | /** Reached when the pair trades here or higher. */ { above: string }
  | /** Here or lower. */ { below: string }
);

/** The clock of a stepped venue: it stands at each numbered event until that is acknowledged. */
export interface VenueControl {
  /** Waits up to `waitMs` for an open event with a number above `after`. */
  state(after: number, waitMs: number, signal?: AbortSignal): Promise<SteppedState>;
  attach(timeframes: readonly Timeframe[]): Promise<void>;
  acknowledge(event: number): Promise<void>;
  /** Books a wake-up at a venue time or a price; the same id replaces. */
  wake(wake: { id: string; at: string } | PriceLevel): Promise<void>;
  forget(id: string): Promise<void>;
}

/** The clock of the simulator whose control address is `base`; each call throws when it is refused. */
export function createVenueControl(base: string): VenueControl {
  async function call(method: string, path: string, body?: unknown, signal?: AbortSignal) {
    const response = await fetch(`${base}${path}`, {
      method,
      signal: signal ?? AbortSignal.timeout(10_000),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(
        `the venue's clock answered ${response.status} to ${method} ${path}: ${text}`,
      );
    }
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
  return {
    async state(after, waitMs, signal) {
      const limit = AbortSignal.timeout(waitMs + 5_000);
      const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
      return StateSchema.parse(
        await call('GET', `/state?after=${after}&waitMs=${waitMs}`, undefined, both),
      );
    },
    async attach(timeframes) {
      await call('POST', '/attach', { timeframes });
    },
    async acknowledge(event) {
      await call('POST', '/ack', { event });
    },
    async wake(wake) {
      await call('POST', '/wake', wake);
    },
    async forget(id) {
      await call('POST', '/unwake', { id });
    },
  };
}
