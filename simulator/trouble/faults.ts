import { z } from 'zod';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';

/**
 * Trouble that a test or a scenario orders. Each strikes `count` times (once unless told), or at every occasion
 * for `forMs` of wall time; with `chance` it strikes that share of the occasions, drawn from `seed`, and
 * without `count` and `forMs` it goes on until `clear`.
 */
const often = {
  count: z.int().min(1).optional(),
  forMs: z.int().min(1).optional(),
  chance: z.number().gt(0).lte(1).optional(),
  seed: z.int().optional(),
};
/** Name of a REST call (`AddOrder`) or of a method of the private socket (`add_order`), or `*`. */
const path = z.string().min(1);
/** Messages of a WebSocket channel (`executions`, or `*`), of one pair only if `symbol` is given. */
const channel = { channel: z.string().min(1), symbol: z.string().optional() };
const ms = z.int().min(1).max(120_000);

export const FaultSchema = z.discriminatedUnion('kind', [
  /** The request is carried out and journaled, its answer is not sent: the connection breaks. */
  z.object({ kind: z.literal('lose-reply'), path, ...often }),
  /** The request is carried out and journaled, its answer waits. */
  z.object({ kind: z.literal('hold-reply'), path, ms, ...often }),
  /** The process dies by SIGKILL after journaling an order, before anybody hears of it. */
  z.object({ kind: z.literal('crash-after-journal'), ...often }),
  /** The REST request is refused by a status and a page of HTML; nothing is carried out. */
  z.object({ kind: z.literal('status'), path, status: z.int().min(400).max(599), ...often }),
  /** The request is refused by an error text, e.g. `EService:Unavailable`. */
  z.object({ kind: z.literal('error'), path, error: z.string().min(1), ...often }),
  /** The request waits; when its connection closes meanwhile it is dropped. */
  z.object({ kind: z.literal('delay'), path, ms, ...often }),
  /** A message comes twice. */
  z.object({ kind: z.literal('duplicate'), ...channel, ...often }),
  /** A message comes after the one that follows it on its socket. */
  z.object({ kind: z.literal('reorder'), ...channel, ...often }),
  /** A message gets lost: with `forMs` a subscription is silent on a healthy socket. */
  z.object({ kind: z.literal('silence'), ...channel, ...often }),
  /** A message comes late, and all that follow on its socket behind it. */
  z.object({ kind: z.literal('lag'), ...channel, ms, ...often }),
  /** A book message carries a wrong checksum. */
  z.object({ kind: z.literal('checksum'), ...often }),
  /** The connection breaks in place of a message. */
  z.object({ kind: z.literal('cut'), ...channel, ...often }),
  /** Sockets are cut and refused with HTTP 503, for so long or until `clear`: what happens meanwhile is missed. */
  z.object({
    kind: z.literal('offline'),
    socket: z.enum(['public', 'private', 'both']),
    ms: ms.optional(),
  }),
  /** All private calls and orders are answered `EGeneral:Temporary lockout`, for so long or until `clear`. */
  z.object({ kind: z.literal('lockout'), ms: ms.optional() }),
  /** From now on the venue tells a time that is so much off, and holds deadlines against it. */
  z.object({ kind: z.literal('clock-jump'), ms: z.int().min(-86_400_000).max(86_400_000) }),
]);
export type Fault = z.infer<typeof FaultSchema>;
type Lasting = Extract<Fault, { kind: 'offline' | 'lockout' | 'clock-jump' }>;
type Striking = Exclude<Fault, Lasting>;
type Kind = Striking['kind'];

export interface Faults {
  order(fault: Fault): void;
  /** Takes back all that was ordered. */
  clear(): void;
  /** How often each kind has struck since the process started. */
  struck(): Partial<Record<Kind, number>>;
  /** The fault of one of these kinds that strikes now at a call, a channel or the process, or null. */
  strike<K extends Kind>(
    kinds: readonly K[],
    where?: string,
    symbol?: string,
  ): Extract<Striking, { kind: K }> | null;
  isOffline(socket: 'public' | 'private'): boolean;
  isLockedOut(): boolean;
  /** What the venue's clock tells beyond its time, in milliseconds. */
  skewMs(): number;
  /** Called when a socket goes offline. */
  onOffline(listener: () => void): void;
}

interface Ordered {
  fault: Striking;
  left: number;
  untilMs: number;
  random: () => number;
}

export function createFaults(nowMs: () => number = () => performance.now()): Faults {
  let ordered: Ordered[] = [];
  const struck: Partial<Record<Kind, number>> = {};
  let offline: { socket: 'public' | 'private' | 'both'; untilMs: number }[] = [];
  let lockedUntilMs = -Infinity;
  let skewMs = 0;
  const listeners: (() => void)[] = [];
  const until = (spanMs: number | undefined): number =>
    spanMs === undefined ? Infinity : nowMs() + spanMs;

  return {
    order(fault) {
      switch (fault.kind) {
        case 'offline':
          offline.push({ socket: fault.socket, untilMs: until(fault.ms) });
          for (const listener of listeners) listener();
          return;
        case 'lockout':
          lockedUntilMs = until(fault.ms);
          return;
        case 'clock-jump':
          skewMs += fault.ms;
          return;
        default: {
          const isOnce = fault.chance === undefined && fault.forMs === undefined;
          ordered.push({
            fault,
            left: fault.count ?? (isOnce ? 1 : Infinity),
            untilMs: until(fault.forMs),
            random: seededRandom(fault.seed ?? 1),
          });
        }
      }
    },
    clear() {
      ordered = [];
      offline = [];
      lockedUntilMs = -Infinity;
      skewMs = 0;
    },
    struck: () => ({ ...struck }),
    strike<K extends Kind>(kinds: readonly K[], where?: string, symbol?: string) {
      for (const entry of ordered) {
        const { fault } = entry;
        if (!(kinds as readonly Kind[]).includes(fault.kind) || entry.untilMs < nowMs()) continue;
        const at = 'path' in fault ? fault.path : 'channel' in fault ? fault.channel : undefined;
        if (at !== undefined && at !== '*' && at !== where) continue;
        if ('symbol' in fault && fault.symbol !== undefined && fault.symbol !== symbol) continue;
        if (fault.chance !== undefined && entry.random() >= fault.chance) continue;
        entry.left -= 1;
        struck[fault.kind] = (struck[fault.kind] ?? 0) + 1;
        if (entry.left <= 0) ordered = ordered.filter((other) => other !== entry);
        return fault as Extract<Striking, { kind: K }>;
      }
      return null;
    },
    isOffline: (socket) =>
      offline.some((o) => (o.socket === socket || o.socket === 'both') && o.untilMs > nowMs()),
    isLockedOut: () => lockedUntilMs > nowMs(),
    skewMs: () => skewMs,
    onOffline: (listener) => void listeners.push(listener),
  };
}
