import type { z } from 'zod';
import { GuardSettingsSchema } from '../guard/settings.ts';

/** The rules of a profile's `guard` that a backtest can go by. What is null is not done. */
export const ExitSettingsSchema = GuardSettingsSchema.pick({
  breakEven: true,
  trailing: true,
  timeStopHours: true,
  invalidation: true,
  reviewEveryHours: true,
});
export type ExitSettings = z.infer<typeof ExitSettingsSchema>;
