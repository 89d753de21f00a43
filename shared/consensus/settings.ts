import { z } from 'zod';

export const CONSENSUS_KINDS = ['quorum', 'single', 'champion', 'weighted'] as const;
export type ConsensusKind = (typeof CONSENSUS_KINDS)[number];

/** How a desk's deciders become one decision: the `consensus` part of a profile. */
export const ConsensusSettingsSchema = z.strictObject({
  kind: z.enum(CONSENSUS_KINDS).default('quorum'),
  quorum: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Votes of the enabled roster that an action needs; null for more than half'),
  closeQuorum: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Votes that a close needs; null for the same as an entry'),
  mostAgainst: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('Most votes for other actions than hold beside it; null for no bound'),
  leastAnswers: z
    .int()
    .min(0)
    .default(0)
    .describe('Answers of the roster below which nothing is done'),
  decider: z
    .string()
    .nullable()
    .default(null)
    .describe('The one that is followed by `single`; null for the first of the roster'),
  champion: z
    .string()
    .nullable()
    .default(null)
    .describe('The one that is followed by `champion`; null for the first of the roster'),
  fallback: z
    .string()
    .nullable()
    .default(null)
    .describe('Decider that is followed when the whole roster is absent; null to hold'),
  threshold: z
    .number()
    .min(0.5)
    .max(1)
    .default(0.6)
    .describe('Pooled probability from which `weighted` acts'),
  sharpness: z
    .number()
    .positive()
    .max(3)
    .default(1)
    .describe('Factor on the pooled log-odds of `weighted`: below 1 for models that err together'),
  mostSpread: z
    .number()
    .positive()
    .max(0.5)
    .nullable()
    .default(null)
    .describe(
      'Greatest standard deviation of the recalibrated probabilities on which `weighted` acts; null for no bound',
    ),
  valueGate: z
    .strictObject({
      costPct: z
        .number()
        .min(0)
        .nullable()
        .default(null)
        .describe("Round-trip cost, percent of price; null for what the cycle's snapshot says"),
      shortRatePct: z
        .strictObject({ open: z.number().min(0), rollover: z.number().min(0) })
        .optional()
        .describe(
          "Interest of a short, percent of its value at the open and every 4 hours; absent for what the cycle's snapshot says",
        ),
      margin: z.number().default(0).describe('Least expected value, in units of risk'),
    })
    .nullable()
    .default(null)
    .describe('Expected value after costs that an entry must have; null for no such gate'),
});
export type ConsensusSettings = z.infer<typeof ConsensusSettingsSchema>;

/** What is known of a decider's past, for `weighted`; a decider without a record counts as unproven. */
export interface DeciderRecord {
  /** Predictions whose outcome is known. */
  resolved: number;
  /** Those of them that did not overlap in time with another one of the same pair. */
  independent: number;
  /** Sum of their Brier scores. */
  brierSum: number;
  /** Fitted recalibration: log-odds become `alpha + beta * log-odds`. */
  alpha: number;
  beta: number;
}
