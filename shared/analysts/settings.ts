import { z } from 'zod';

export const ANALYSTS = ['technical', 'regime'] as const;
export type AnalystName = (typeof ANALYSTS)[number];

/** The analysts of a desk, in the order of their readings in the snapshot. */
export const AnalystSettingsSchema = z.strictObject({
  name: z.enum(ANALYSTS),
  weight: z.number().min(0).max(1).default(1).describe('How much its reading is trusted'),
  deadlineSeconds: z
    .number()
    .positive()
    .max(60)
    .default(5)
    .describe('Wall clock: one that has not read by then is missing'),
});
export type AnalystSettings = z.infer<typeof AnalystSettingsSchema>;

export const DEFAULT_ANALYSTS: AnalystSettings[] = ANALYSTS.map((name) =>
  AnalystSettingsSchema.parse({ name }),
);
