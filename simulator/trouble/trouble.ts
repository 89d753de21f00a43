import { z } from 'zod';
import { TIERS } from '../service/rate-limits.ts';
import type { Service } from '../service/service.ts';
import { SYSTEM_MODES } from '../state/state.ts';
import { FaultSchema, type Faults } from './faults.ts';

export const System = z.object({ status: z.enum(SYSTEM_MODES) });
export const PartialFills = z.object({
  share: z.number().gt(0).lt(1),
  count: z.int().min(1).default(1),
});
export const Limits = z.object({ tier: z.enum(TIERS).nullable() });
export const Cut = z.object({ socket: z.enum(['public', 'private', 'both']) });
export const Index = z.object({
  pair: z.string(),
  ratio: z.union([z.number().gt(0), z.literal('out')]),
});

/** Trouble that a scenario makes at a moment; the same as the control address takes. */
export const TroubleSchema = z.union([
  z.strictObject({ fault: FaultSchema }),
  z.strictObject({ clear: z.literal(true) }),
  z.strictObject({ cut: Cut.shape.socket }),
  z.strictObject({ system: System.shape.status }),
  z.strictObject({ partialFills: PartialFills }),
  z.strictObject({ limits: Limits.shape.tier }),
  z.strictObject({ index: Index }),
]);
export type Trouble = z.infer<typeof TroubleSchema>;

export interface Troublemaker {
  /** Throws for a pair that the market does not have. */
  make(trouble: Trouble): void;
  /** How often each kind of fault has struck since the process started. */
  struck(): ReturnType<Faults['struck']>;
}

export function createTroublemaker(parts: {
  service: Service;
  faults: Faults;
  /** Breaks the connections of one socket or both. */
  drop(socket: 'public' | 'private' | 'both'): void;
}): Troublemaker {
  const { service, faults } = parts;
  const { state } = service.exchange;
  return {
    struck: () => faults.struck(),
    make(trouble) {
      const at = state.nowMs;
      if ('fault' in trouble) faults.order(trouble.fault);
      else if ('clear' in trouble) faults.clear();
      else if ('cut' in trouble) parts.drop(trouble.cut);
      else if ('limits' in trouble) service.limits.setTier(trouble.limits);
      else if ('system' in trouble) {
        const { system } = trouble;
        service.command({ do: 'system', at, system }, (e) => e.setSystem(system));
      } else if ('partialFills' in trouble) {
        const { share, count } = trouble.partialFills;
        service.command({ do: 'partial-fills', at, share, count }, (e) =>
          e.fillPartially(share, count),
        );
      } else {
        const { pair, ratio } = trouble.index;
        if (!service.exchange.instruments.has(pair)) throw new Error(`unknown pair ${pair}`);
        service.command({ do: 'index', at, pair, ratio }, (e) => e.setIndex(pair, ratio));
      }
    },
  };
}
