import { z } from 'zod';

const hours = z
  .number()
  .positive()
  .max(24 * 365);

/** How a desk looks after its positions: a profile's `guard`. What is null is not done. */
export const GuardSettingsSchema = z.strictObject({
  targetSlippagePct: z
    .number()
    .min(0)
    .max(5)
    .describe('How far below its price a target may be sold, percent'),
  unprotectedSeconds: z
    .number()
    .positive()
    .max(60)
    .default(5)
    .describe('How long a fill may be without a stop before it is sold at the market, seconds'),
  breakEven: z
    .strictObject({
      afterRung: z.int().min(1).max(4).nullable().default(null),
      afterR: z.number().positive().max(50).nullable().default(null),
      offsetPct: z.number().min(0).max(5).default(0).describe('Above the entry, for its costs'),
    })
    .refine((b) => b.afterRung !== null || b.afterR !== null, {
      message: 'needs afterRung or afterR, or it would never happen',
    })
    .nullable()
    .default(null)
    .describe('Stop to the entry after a rung is sold, or once a high of so many R was seen'),
  trailing: z
    .strictObject({
      atr: z.number().positive().max(20).describe('Distance from the highest high, ATR 14'),
      afterR: z.number().min(0).max(50).default(0).describe('Only once such a high was seen, R'),
    })
    .nullable()
    .default(null)
    .describe('Chandelier stop: highest high since entry less so many ATR; it only rises'),
  timeStopHours: z
    .union([z.literal('horizon'), hours])
    .nullable()
    .default(null)
    .describe('Age at which a position is closed; horizon: as long as its decision looked ahead'),
  invalidation: z
    .boolean()
    .default(true)
    .describe('Close when what the decision named as its invalidation comes true'),
  reviewEveryHours: hours
    .nullable()
    .default(null)
    .describe('How often deciders are asked about an open position; null: at every bar'),
});
export type GuardSettings = z.infer<typeof GuardSettingsSchema>;
