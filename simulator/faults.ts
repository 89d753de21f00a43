import { z } from 'zod';

/**
 * Trouble that a test or a scenario orders. Each strikes `count` times (once unless told); with `chance` it
 * strikes that share of the occasions, drawn from `seed`, and without `count` it goes on until `clear`.
 */
const often = {
  count: z.int().min(1).optional(),
  chance: z.number().gt(0).lte(1).optional(),
  seed: z.int().optional(),
};
/** Name of a REST call (`AddOrder`), or `*`. */
const path = z.string().min(1);
/** Name of a WebSocket channel (`executions`), or `*`. */
const channel = z.string().min(1);

export const FaultSchema = z.discriminatedUnion('kind', [
  /** The request is carried out and journaled, its answer is not sent: the connection breaks. */
  z.object({ kind: z.literal('lose-reply'), path, ...often }),
  /** The request is carried out and journaled, its answer waits. */
  z.object({ kind: z.literal('hold-reply'), path, ms: z.int().min(1).max(120_000), ...often }),
  /** The process dies by SIGKILL after journaling an order, before anybody hears of it. */
  z.object({ kind: z.literal('crash-after-journal'), ...often }),
  /** The request is refused by a status and a page of HTML; nothing is carried out. */
  z.object({ kind: z.literal('status'), path, status: z.int().min(400).max(599), ...often }),
  /** The request is refused by an error text, e.g. `EGeneral:Temporary lockout`. */
  z.object({ kind: z.literal('error'), path, error: z.string().min(1), ...often }),
  /** The request waits; when its connection closes meanwhile it is dropped. */
  z.object({ kind: z.literal('delay'), path, ms: z.int().min(1).max(120_000), ...often }),
  /** A message comes twice. */
  z.object({ kind: z.literal('duplicate'), channel, ...often }),
  /** A message comes after the one that follows it on its socket. */
  z.object({ kind: z.literal('reorder'), channel, ...often }),
  /** A message gets lost. */
  z.object({ kind: z.literal('silence'), channel, ...often }),
  /** A book message carries a wrong checksum. */
  z.object({ kind: z.literal('checksum'), ...often }),
  /** The connection breaks in place of a message. */
  z.object({ kind: z.literal('cut'), channel, ...often }),
]);
export type Fault = z.infer<typeof FaultSchema>;
type Kind = Fault['kind'];

export interface Faults {
  order(fault: Fault): void;
  /** Takes back all that was ordered. */
  clear(): void;
  /** The fault of one of these kinds that strikes now at a call, a channel or the process, or null. */
  strike<K extends Kind>(kinds: readonly K[], where?: string): Extract<Fault, { kind: K }> | null;
}

interface Ordered {
  fault: Fault;
  left: number;
  random: () => number;
}

export function createFaults(): Faults {
  let ordered: Ordered[] = [];
  return {
    order(fault) {
      const left = fault.count ?? (fault.chance === undefined ? 1 : Infinity);
      ordered.push({ fault, left, random: generator(fault.seed ?? 1) });
    },
    clear() {
      ordered = [];
    },
    strike<K extends Kind>(kinds: readonly K[], where?: string) {
      for (const entry of ordered) {
        const { fault } = entry;
        if (!(kinds as readonly Kind[]).includes(fault.kind)) continue;
        const at = 'path' in fault ? fault.path : 'channel' in fault ? fault.channel : undefined;
        if (at !== undefined && at !== '*' && at !== where) continue;
        if (fault.chance !== undefined && entry.random() >= fault.chance) continue;
        entry.left -= 1;
        if (entry.left <= 0) ordered = ordered.filter((other) => other !== entry);
        return fault as Extract<Fault, { kind: K }>;
      }
      return null;
    },
  };
}

/** Numbers in [0, 1) from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
