import { z } from 'zod';

const percent = (most: number) => z.number().min(0).max(most);

/**
 * The limits of a desk, TripleGain's values as defaults: `RiskLimitsSchema.parse({})` are those. A profile
 * names what differs. Percentages are of the desk's equity outside of its bags where nothing else is said.
 * Where a value is reached exactly: a limit on size, distance or count still passes, a loss limit is reached.
 */
export const RiskLimitsSchema = z
  .strictObject({
    confidence: z.number().min(0).max(1).default(0.6).describe('Least confidence, probability'),
    freshnessSeconds: z
      .number()
      .positive()
      .max(86_400)
      .default(120)
      .describe('Greatest lateness of a required input, seconds'),
    entryDistancePct: percent(20)
      .default(2)
      .describe('Greatest distance of a limit entry from mid price, percent of mid'),
    stopPct: z
      .number()
      .positive()
      .max(50)
      .default(2)
      .describe('Greatest stop distance, percent of entry'),
    stopMinAtr: z
      .number()
      .min(0)
      .max(10)
      .default(1)
      .describe('Least stop distance, ATR 14 of the desk timeframe; a nearer stop is noise'),
    rewardRisk: z
      .number()
      .min(0)
      .max(20)
      .default(2)
      .describe('Least reward over risk after round-trip costs, ratio'),
    slippageBps: z
      .number()
      .min(0)
      .max(500)
      .default(5)
      .describe('Slippage assumed for each market fill, basis points of price'),
    leverage: z.number().min(1).max(10).default(3).describe('Greatest leverage, times'),
    marginLevelPct: z
      .number()
      .min(100)
      .max(10_000)
      .default(200)
      .describe('Least margin level after a short, equity over margin used, percent'),
    liquidationStops: z
      .number()
      .min(1)
      .max(1000)
      .default(5)
      .describe('Least distance of the margin call from the entry of a short, in stop distances'),
    riskPerTradePct: z
      .number()
      .positive()
      .max(10)
      .default(1)
      .describe('Risk unit: loss at the stop after costs, percent of equity'),
    volatilityTargetPct: z
      .number()
      .positive()
      .max(1000)
      .nullable()
      .default(25)
      .describe(
        'Volatility that one position may bring, percent of equity per year; null for no bound',
      ),
    kellyFraction: z
      .number()
      .positive()
      .max(1)
      .nullable()
      .default(null)
      .describe(
        'Part of the Kelly size on a lower confidence bound that may be risked; null for no such bound',
      ),
    kellyMinTrades: z
      .int()
      .min(30)
      .default(100)
      .describe('Closed trades from which the Kelly bound holds'),
    kellyFloorPct: percent(10)
      .default(0.1)
      .describe('Risk that the Kelly bound leaves while no edge is shown, percent of equity'),
    positionCapPct: percent(1000)
      .default(40)
      .describe('Greatest value of one position, percent of equity'),
    capitalUsdt: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('Greatest value of all positions together, USDT; null for no bound'),
    exposurePerAssetPct: percent(1000)
      .default(70)
      .describe('Greatest value held and ordered of one asset, percent of equity'),
    maxOpenPositions: z
      .int()
      .min(0)
      .max(1000)
      .default(3)
      .describe('Greatest number of positions, entries on the way included'),
    heatPct: percent(100).default(6).describe('Greatest sum of open risk, percent of equity'),
    clusterHeatPct: percent(100)
      .default(4)
      .describe('Greatest open risk in assets that move together, percent of equity'),
    clusters: z
      .array(z.array(z.string()).min(2))
      .default([['BTC', 'XRP']])
      .describe('Assets that move together, as lists'),
    depthSharePct: z
      .number()
      .positive()
      .max(100)
      .default(20)
      .describe('Greatest share of the visible depth, percent'),
    spreadBps: z
      .number()
      .positive()
      .max(1000)
      .default(30)
      .describe('Widest bid-ask spread, basis points of mid'),
    volatilityHalve: z
      .number()
      .positive()
      .default(2)
      .describe('Volatility from which size is halved, multiple of its usual value'),
    volatilityVeto: z
      .number()
      .positive()
      .default(3)
      .describe('Volatility from which nothing is opened, multiple of its usual value'),
    fundingPctPerDay: z
      .number()
      .min(0)
      .default(0.1)
      .describe('Greatest funding cost of a perpetual, percent of value per day'),
    cooldownMinutes: z
      .number()
      .min(0)
      .max(100_000)
      .default(30)
      .describe('Rest of a pair after a trade, minutes'),
    tradesPerDay: z.int().min(0).default(12).describe('Greatest number of entries per venue day'),
    lossStreak: z
      .int()
      .min(1)
      .default(5)
      .describe('Losing trades in a row from which size is halved'),
    llmSpendPerDayUsd: z
      .number()
      .min(0)
      .default(20)
      .describe('Spend on models per venue day from which nothing is opened, USD'),
    dailyLossPct: percent(100)
      .default(5)
      .describe('Loss since 00:00 UTC that ends the day, percent of equity then'),
    weeklyLossPct: percent(100)
      .default(10)
      .describe('Loss since Monday 00:00 UTC that ends the week, percent of equity then'),
    monthlyLossPct: percent(100)
      .default(20)
      .describe('Loss since the first of the month that ends it, percent of equity then'),
    drawdownPausePct: percent(100)
      .default(10)
      .describe('Drawdown from the high-water mark that pauses the desk, percent'),
    drawdownPauseHours: z
      .number()
      .positive()
      .max(10_000)
      .default(24)
      .describe('Length of the drawdown pause, hours'),
    drawdownReducePct: percent(100)
      .default(15)
      .describe('Drawdown that halves size from then on, percent'),
    drawdownHaltPct: percent(100)
      .default(20)
      .describe('Drawdown that halts the desk and flattens it, percent'),
  })
  .refine(
    (l) => l.drawdownPausePct <= l.drawdownReducePct && l.drawdownReducePct <= l.drawdownHaltPct,
    {
      path: ['drawdownPausePct'],
      message: 'drawdown bands must rise: pause <= reduce <= halt',
    },
  )
  .refine((l) => l.volatilityHalve <= l.volatilityVeto, {
    path: ['volatilityHalve'],
    message: 'volatilityHalve must not exceed volatilityVeto',
  });
export type RiskLimits = z.infer<typeof RiskLimitsSchema>;

/** The limits of which a greater value is the stricter one; of all other numbers a smaller one is. */
const STRICTER_WHEN_GREATER: ReadonlySet<string> = new Set([
  'confidence',
  'stopMinAtr',
  'rewardRisk',
  'marginLevelPct',
  'liquidationStops',
  'slippageBps',
  'cooldownMinutes',
  'drawdownPauseHours',
]);

export type TightenAnswer =
  { kind: 'tightened'; limits: RiskLimits } | { kind: 'refused'; limit: string; reason: string };

/**
 * `change` applied to `limits` if every value in it is at least as strict as the present one; otherwise
 * nothing is changed and the first offender is named. Lists (`clusters`) cannot be changed in a running desk.
 */
export function tightenLimits(limits: RiskLimits, change: Partial<RiskLimits>): TightenAnswer {
  for (const [name, wanted] of Object.entries(change)) {
    const present: unknown = limits[name as keyof RiskLimits];
    if (present === undefined) {
      return { kind: 'refused', limit: name, reason: `there is no limit "${name}"` };
    }
    if (Array.isArray(present)) {
      return { kind: 'refused', limit: name, reason: `${name} can only be changed in the profile` };
    }
    const from = strictness(name, present);
    const to = strictness(name, wanted);
    if (!(to >= from)) {
      const reason = `${name} may only be tightened: ${shown(present)} stands, ${shown(wanted)} was asked`;
      return { kind: 'refused', limit: name, reason };
    }
  }
  const parsed = RiskLimitsSchema.safeParse({ ...limits, ...change });
  if (parsed.success) return { kind: 'tightened', limits: parsed.data };
  const issue = parsed.error.issues[0];
  return {
    kind: 'refused',
    limit: String(issue?.path[0] ?? ''),
    reason: issue?.message ?? 'not a set of limits',
  };
}

/** Grows with strictness; NaN for what is no limit's value. No bound (null) is the least strict. */
function strictness(name: string, value: unknown): number {
  if (value === null) return -Infinity;
  if (typeof value !== 'number') return NaN;
  return STRICTER_WHEN_GREATER.has(name) ? value : -value;
}

function shown(value: unknown): string {
  return value === null ? 'no bound' : JSON.stringify(value);
}
