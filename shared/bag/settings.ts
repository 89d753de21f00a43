import { z } from 'zod';

/** What a desk puts aside of its profit: the `bag` part of a profile. */
export const BagSettingsSchema = z
  .strictObject({
    sharePct: z
      .number()
      .min(0)
      .max(100)
      .default(20)
      .describe('Share of realised profit that is put aside, percent'),
    every: z
      .enum(['day', 'week'])
      .default('week')
      .describe('At whose end, 00:00 UTC of venue time, the profit of it is reckoned'),
    assets: z
      .record(z.string(), z.number().min(0).max(1))
      .default({ BTC: 0.5, XRP: 0.5 })
      .describe(
        'What it is put aside in, as parts that add to 1; what is not free of one, in USDT',
      ),
  })
  .refine((s) => Math.abs(Object.values(s.assets).reduce((a, b) => a + b, 0) - 1) < 1e-6, {
    path: ['assets'],
    message: 'the parts must add to 1',
  });
export type BagSettings = z.infer<typeof BagSettingsSchema>;
