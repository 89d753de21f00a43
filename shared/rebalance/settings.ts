import { z } from 'zod';

/** How a desk keeps its core in proportion: the `rebalance` part of a profile. */
export const RebalanceSettingsSchema = z
  .strictObject({
    targets: z
      .record(z.string(), z.number().min(0).max(1))
      .default({ BTC: 1 / 3, XRP: 1 / 3, USDT: 1 / 3 })
      .describe('Wished share of each asset of the core; together 1'),
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the day like 12:00')
      .default('12:00')
      .describe('Venue time, UTC, from which on the first bar close of a day starts a pass'),
    bandPct: z
      .number()
      .positive()
      .max(50)
      .default(5)
      .describe('Distance of a share from its target that is left alone, points of percent'),
    to: z
      .enum(['edge', 'half-way'])
      .default('edge')
      .describe('Where a share outside of its band is brought: its nearer edge, or half-way in'),
    leastUsdt: z.number().min(0).default(10).describe('Smallest leg that is worth its order, USDT'),
    leastHours: z.number().min(0).default(24).describe('Time between two passes, hours'),
    slippageBps: z.number().min(0).max(500).default(5).describe('Slippage assumed for a leg'),
  })
  .refine((s) => Math.abs(Object.values(s.targets).reduce((a, b) => a + b, 0) - 1) < 1e-6, {
    path: ['targets'],
    message: 'the targets must add to 1',
  });
export type RebalanceSettings = z.infer<typeof RebalanceSettingsSchema>;

/** The time of the day at which passes start, ms after 00:00 UTC. */
export function rebalanceAtMs({ at }: RebalanceSettings): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}
