import { z } from 'zod';

export const ACTIONS = ['long', 'short', 'hold', 'close'] as const;
export type Action = (typeof ACTIONS)[number];

const percent = (most: number) => z.number().min(0).max(most);

/**
 * Decision v1: what a decider answers to a snapshot. Evidence comes before the action so that a model
 * reasons before it commits. Every field is required; what does not apply is null. Size and leverage are
 * wishes: they can only shrink what the risk engine computes.
 */
export const DecisionSchema = z.strictObject({
  evidenceFor: z
    .array(z.string().max(500))
    .max(8)
    .describe('Facts of the snapshot that speak for it'),
  evidenceAgainst: z.array(z.string().max(500)).max(8).describe('Facts that speak against it'),
  action: z.enum(ACTIONS),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .describe('Probability, 0 to 1, that the target is reached before the stop within the horizon'),
  horizonHours: z
    .number()
    .positive()
    .max(24 * 90),
  entry: z.strictObject({
    type: z.enum(['market', 'limit']),
    price: z.number().positive().nullable().describe('Quote per base; null for a market entry'),
  }),
  stopLossPct: percent(50).nullable().describe('Distance of the stop from entry, percent of entry'),
  takeProfitPct: z
    .array(percent(500))
    .max(4)
    .describe('Distances of the targets from entry, percent of entry, nearest first'),
  sizePct: percent(100).nullable().describe('Wished share of equity, percent'),
  leverage: z.number().min(1).max(10).nullable(),
  expectedReturnPct: z.number().min(-100).max(500).nullable(),
  invalidation: z
    .strictObject({
      series: z.enum(['close', 'ema21', 'ema50', 'rsi14', 'adx14']),
      comparator: z.enum(['above', 'below']),
      level: z.number(),
      timeframe: z.enum(['15m', '1h', '4h', '1d']),
    })
    .nullable(),
  reasoning: z.string().max(2000),
});
export type Decision = z.infer<typeof DecisionSchema>;

/** A decider's answer, or why there is none: a late or failed decider is absent, never a hold. */
export type DeciderAnswer =
  | { kind: 'answered'; decider: string; decision: Decision }
  | { kind: 'absent'; decider: string; cause: string };
